"""What a run is made of, read once: areas, people by age and sex, answers and cases, and their digest."""

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from app.errors import RefusedError
from app.store import evidence, places
from app.store.evidence import CaseRow, HouseholdRow
from app.store.places import PeopleCell
from app.store.session import Session
from geo.areas import representative_points_m
from geo.neighbours import Neighbours, connect_components, queen
from survey.expressions import Columns, Node, evaluate, names_used
from survey.form import Form

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
OLDEST = 999
YOUNG_BELOW, OLD_FROM = 18, 65
TOLD = 0.98  # share of an area's people whose age must be told


@dataclass(frozen=True)
class CityInputs:
    """Areas in order of code; arrays are aligned to them."""

    boundary_id: int
    constructed: bool
    frame: gpd.GeoDataFrame  # metric CRS
    people: Sequence[PeopleCell]
    year: int

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """Area codes."""
        return tuple(self.frame["code"])

    @cached_property
    def place(self) -> Mapping[str, int]:
        """Position of each code."""
        return {code: number for number, code in enumerate(self.codes)}

    @property
    def size(self) -> int:
        """Number of areas."""
        return len(self.codes)

    @cached_property
    def districts(self) -> tuple[str, ...]:
        """District names in order."""
        return tuple(sorted(set(self.frame["district"])))

    @cached_property
    def district(self) -> Ints:
        """(n,) position of each area's district in `districts`."""
        number = {name: place for place, name in enumerate(self.districts)}
        return np.array([number[name] for name in self.frame["district"]], dtype=np.int64)

    @cached_property
    def points_m(self) -> Floats:
        """(n, 2) a point inside each area, metres."""
        return np.asarray(representative_points_m(self.frame), dtype=np.float64)

    @cached_property
    def neighbours(self) -> Neighbours:
        """Who borders whom; pieces of the map joined by their nearest areas."""
        return connect_components(queen(self.frame), self.points_m)

    @cached_property
    def population(self) -> Floats:
        """(n,) persons of all ages and both sexes; nobody counts twice where totals and parts are told."""
        total = np.zeros(self.size)
        of_area: dict[str, list[PeopleCell]] = {}
        for cell in self.people:
            of_area.setdefault(cell.code, []).append(cell)
        for code, cells in of_area.items():
            if code in self.place:
                total[self.place[code]] = sum(cell.persons for cell in apart(cells, coarse=True))
        return total

    @cached_property
    def covariates(self) -> Floats:
        """(n, k) known of every area before any interview: log of population, shares of young and old."""
        size = np.log(np.maximum(self.population, 1.0))
        shares = [self._share(0, YOUNG_BELOW - 1), self._share(OLD_FROM, OLDEST)]
        return np.column_stack([size, *(share for share in shares if share is not None)])

    def _share(self, low: int, high: int) -> Floats | None:
        """(n,) share of people of these ages; None if the population does not tell it everywhere."""
        inside, told = np.zeros(self.size), np.zeros(self.size)
        for cell in self.people:
            place = self.place.get(cell.code)
            whole = cell.age_from == 0 and cell.age_to >= OLDEST
            if place is None or whole or self._by_sex != (cell.sex != "all"):
                continue
            told[place] += cell.persons
            inside[place] += cell.persons * (low <= cell.age_from and cell.age_to <= high)
        lived = self.population > 0
        if (told[lived] < TOLD * self.population[lived]).any():
            return None
        return np.where(lived, inside / np.maximum(told, 1.0), inside.sum() / max(told.sum(), 1.0))

    @cached_property
    def _by_sex(self) -> bool:
        """Whether ages are told by sex; they are then not also counted for both together."""
        return any(cell.sex != "all" and cell.age_to < OLDEST for cell in self.people)


def apart(cells: Iterable[PeopleCell], *, coarse: bool) -> list[PeopleCell]:
    """Cells of one area that share nobody: the widest first, or the narrowest."""
    given = list(cells)
    if _is_plain(given):
        return given
    sign = -1 if coarse else 1
    ordered = sorted(
        given, key=lambda cell: sign * (cell.age_to - cell.age_from + OLDEST * (cell.sex == "all"))
    )
    taken: list[PeopleCell] = []
    for cell in ordered:
        if not any(_share_people(cell, other) for other in taken):
            taken.append(cell)
    return taken


def _is_plain(cells: Sequence[PeopleCell]) -> bool:
    """Whether nothing overlaps, told in one pass: single years of age make two hundred cells an area."""
    ordered = sorted(cells, key=lambda cell: (cell.sex, cell.age_from))
    beside = all(a.sex != b.sex or a.age_to < b.age_from for a, b in pairwise(ordered))
    return beside and len({cell.sex == "all" for cell in cells}) <= 1


def _share_people(one: PeopleCell, other: PeopleCell) -> bool:
    ages = one.age_from <= other.age_to and other.age_from <= one.age_to
    return ages and (one.sex == other.sex or "all" in (one.sex, other.sex))


def read_city(session: Session, *, layer: str = "registered") -> CityInputs:
    """Read the current boundary version and the newest population."""
    boundary = places.current_boundary(session)
    year = places.latest_population_year(session, layer=layer)
    frame = places.areas(session, boundary.id).to_crs(boundary.metric_epsg)
    people = places.population(session, year=year, layer=layer)
    city = CityInputs(boundary.id, boundary.constructed, frame, people, year)
    missing = int((city.population <= 0).sum())
    if missing == city.size:
        raise RefusedError("refresh.population_elsewhere", year=year)
    return city


# ------------------------------------------------------------------- survey
@dataclass(frozen=True)
class SurveyInputs:
    """Completed households and their members, as columns; `areas` are positions in the city."""

    campaign: str
    kind: str
    year: int
    form: Form
    rows: Sequence[HouseholdRow]
    area: Ints
    last_day: dt.date

    @cached_property
    def weight(self) -> Floats:
        """(n_households,) design weight."""
        return np.array([row.weight for row in self.rows], dtype=np.float64)

    @cached_property
    def block(self) -> Ints:
        """(n_households,) code of the primary unit; a household without a block is its own."""
        names = [row.block or f"\0{place}" for place, row in enumerate(self.rows)]
        return np.asarray(pd.factorize(np.array(names, dtype=object))[0], dtype=np.int64)

    @property
    def has_roster(self) -> bool:
        """Whether the form asks about each member; otherwise a household stands for all its people."""
        return bool(self.form.repeats)

    @cached_property
    def member_of(self) -> Ints:
        """(n_persons,) household of each person."""
        sizes = [len(row.roster) if self.has_roster else 1 for row in self.rows]
        return np.repeat(np.arange(len(self.rows)), sizes)

    @cached_property
    def members(self) -> list[Mapping[str, object]]:
        """All persons, household by household."""
        if not self.has_roster:
            return [{} for _ in self.rows]
        return [member for row in self.rows for member in row.roster]

    def columns(self, trees: Iterable[Node], *, persons: bool) -> Columns:
        """The columns that some expressions ask for, of households or of persons."""
        names = sorted({name for tree in trees for name in names_used(tree)})
        arrays: dict[str, npt.NDArray[np.generic]] = {}
        for name in names:
            question = self.form.by_name.get(name)
            if persons and question is not None and question.repeat:
                arrays[name] = np.array([member.get(name) for member in self.members], dtype=object)
            else:
                households = np.array([row.answers.get(name) for row in self.rows], dtype=object)
                arrays[name] = households[self.member_of] if persons else households
        if not arrays:
            arrays["_"] = np.zeros(len(self.members) if persons else len(self.rows))
        return Columns(arrays)

    def truth(self, tree: Node, columns: Columns) -> Floats:
        """(n,) 1 true, 0 false, NaN unknown."""
        value = evaluate(tree, columns, today=self.last_day)
        if value.dtype.kind == "O":
            raise RefusedError("refresh.not_a_condition", expression=str(tree))
        number = np.asarray(value, dtype=np.float64)
        return np.where(np.isnan(number), np.nan, (number != 0).astype(np.float64))

    def households_by_area(self, known: npt.NDArray[np.bool_], household: Ints, size: int) -> Ints:
        """(size,) households with at least one known answer."""
        seen = np.unique(household[known])
        return np.bincount(self.area[seen], minlength=size).astype(np.int64)


def read_survey(session: Session, city: CityInputs, *, campaign: str | None = None) -> SurveyInputs | None:
    """The newest sample or complete round (or the named one), on today's areas; None if there is none."""
    found = evidence.campaign(session, campaign)
    if found is None:
        return None
    rows = evidence.households(session, found.id)
    current = evidence.current_codes(session, {row.area_code for row in rows}, set(city.codes))
    kept = [row for row in rows if current.get(row.area_code) in city.place]
    if not kept:
        raise RefusedError("refresh.no_households", campaign=found.key)
    days = [row.day for row in kept if row.day]
    return SurveyInputs(
        campaign=found.key,
        kind=found.kind,
        year=found.year,
        form=evidence.form(session, found.form_id),
        rows=kept,
        area=np.array([city.place[current[row.area_code]] for row in kept], dtype=np.int64),
        last_day=max(days) if days else dt.date(found.year, 12, 31),
    )


# -------------------------------------------------------------------- cases
@dataclass(frozen=True)
class CaseInputs:
    """A year of cases on today's areas."""

    rows: Sequence[CaseRow]
    area: Ints
    first_day: dt.date
    last_day: dt.date

    @cached_property
    def years(self) -> float:
        """Length of the window in years."""
        return ((self.last_day - self.first_day).days + 1) / 365.25

    def first_of_person(self) -> npt.NDArray[np.bool_]:
        """(n,) False for further cases of a person already counted; cases without a person count."""
        seen: set[object] = set()
        keep = np.ones(len(self.rows), dtype=bool)
        for place, row in enumerate(self.rows):
            if row.person_id is not None:
                keep[place] = row.person_id not in seen
                seen.add(row.person_id)
        return keep


def read_cases(session: Session, city: CityInputs) -> CaseInputs | None:
    """Cases of the last twelve months up to the newest one; None if there are none."""
    last = evidence.newest_case_day(session)
    return cases_between(session, city, last - dt.timedelta(days=364), last) if last else None


def cases_between(session: Session, city: CityInputs, first: dt.date, last: dt.date) -> CaseInputs:
    """Cases of a window, both days in it, on today's areas."""
    rows = evidence.cases(session, first, last)
    current = evidence.current_codes(session, {row.area_code for row in rows}, set(city.codes))
    kept = [row for row in rows if current.get(row.area_code) in city.place]
    area = np.array([city.place[current[row.area_code]] for row in kept], dtype=np.int64)
    return CaseInputs(kept, area, first, last)


def digest(session: Session, city: CityInputs, indicators: str, parameters: Mapping[str, object]) -> str:
    """One digest of everything that decides a run's tables."""
    parts = [
        evidence.fingerprint(session),
        [[c.code, c.sex, c.age_from, c.age_to, c.persons] for c in city.people],
        indicators,
        dict(parameters),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()
