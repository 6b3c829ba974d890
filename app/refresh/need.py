"""Persons in need, the unit of everything: population times the probability of need, by age and sex."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.errors import RefusedError
from app.refresh.inputs import OLDEST, CityInputs, Floats, Ints, apart
from app.refresh.results import PER_1000_UNIT, MapResult, map_key, registered
from app.refresh.survey_maps import METHOD, SEXES, Evidence, estimate, source
from app.store.places import PeopleCell
from models.estimates import direct_estimates, persons_in_need, posterior_draws
from models.results import NeedEstimates
from survey.indicators import PopulationSlice, TargetGroup

EVERYBODY = "all"
CENTURY = 120  # an upper age at or above this is open
ROUNDING = 1e-9


@dataclass(frozen=True)
class Cells:
    """Age-sex cells of the model: sex by sex, band by band; one cell is legal."""

    bands: tuple[tuple[int, int], ...]
    sexes: tuple[str, ...] = SEXES

    @property
    def parts(self) -> list[tuple[str, int, int]]:
        """(sex, first year, last year) of each cell, in order."""
        return [(sex, low, high) for sex in self.sexes for low, high in self.bands]

    @property
    def names(self) -> list[str]:
        """`female 0-17` ..., in order of the cells."""
        return [f"{sex} {low}+" if high >= OLDEST else f"{sex} {low}-{high}" for sex, low, high in self.parts]

    def of_people(self, age: Floats | None, female: Floats | None, count: int) -> Ints:
        """(count,) cell of each person; -1 where an age or sex that is asked for is unknown."""
        cell, known = np.zeros(count, dtype=np.int64), np.ones(count, dtype=bool)
        if age is not None:
            band = np.searchsorted([low for low, _ in self.bands], age, side="right") - 1
            cell, known = cell + band, known & ~np.isnan(age) & (band >= 0)
        if female is not None:
            cell, known = cell + np.where(female == 1, 0, len(self.bands)), known & ~np.isnan(female)
        return np.where(known, cell, -1)

    def inside(self, part: PopulationSlice) -> npt.NDArray[np.bool_] | None:
        """(n_cells,) the cells that make up a part of the population; None if it cuts through a cell."""
        chosen = []
        for sex, low, high in self.parts:
            apart = part.age_to < low or part.age_from > high or (sex in SEXES and part.sex not in ("", sex))
            ages = part.age_from <= low and (
                part.age_to >= high or (high >= OLDEST and part.age_to >= CENTURY)
            )
            if not apart and not (ages and part.sex in ("", sex)):
                return None
            chosen.append(not apart)
        return np.array(chosen, dtype=bool)


@dataclass(frozen=True)
class Need:
    """Persons in need of every area, by cell and by group, with how the population was told apart."""

    cells: Cells
    population: Floats  # (n, G)
    theta: Floats  # (n, G, draws)
    by_group: Mapping[str, tuple[Floats, NeedEstimates]]  # group -> (population, need)
    chosen: Mapping[str, npt.NDArray[np.bool_]]  # group -> (G,) the cells it is made of
    structure: Mapping[str, int]  # areas by whose age structure they have

    @property
    def everybody(self) -> NeedEstimates:
        """Persons in need among all residents."""
        return self.by_group[EVERYBODY][1]

    def draws(self, group: str = EVERYBODY) -> Floats:
        """(n, draws) persons in need of a group, joint over areas and groups."""
        inside = self.chosen[group]
        found: Floats = np.einsum("ng,ngr->nr", self.population[:, inside], self.theta[:, inside])
        return found


def estimate_need(evidence: Evidence, *, draws: int, seed: int) -> tuple[Need, MapResult]:
    """Model need by age and sex together, then count persons.

    Raises
    ------
    RefusedError
        If no topic says who is in need, or nobody answered: without it a count would be of nothing.
    """
    if np.isnan(evidence.need_any).all():
        raise RefusedError("refresh.no_need")
    roster = evidence.indicators.roster
    age = evidence.number(roster.age_tree) if roster.age_tree else None
    female = evidence.survey.truth(roster.female_tree, evidence.persons) if roster.female_tree else None
    cells = Cells(roster.spans(OLDEST), SEXES if female is not None else ("all",))
    cell = cells.of_people(age, female, len(evidence.survey.members))
    value = np.where(cell < 0, np.nan, evidence.need_any)
    group = np.maximum(cell, 0)
    _, fit = estimate(evidence, value, persons=True, group=group, n_groups=len(cells.names))
    population, structure = people_by_cell(
        evidence.city, cells, _roster_shares(evidence, cell, len(cells.names))
    )
    theta = posterior_draws(fit, draws=draws, seed=seed)
    made_of = dict(_groups(evidence, cells))
    by_group = {
        name: (population[:, chosen].sum(axis=1), persons_in_need(population[:, chosen], theta[:, chosen]))
        for name, chosen in made_of.items()
    }
    need = Need(cells, population, theta, by_group, made_of, structure)
    return need, _map(evidence, need, value)


def _groups(evidence: Evidence, cells: Cells) -> Iterator[tuple[str, npt.NDArray[np.bool_]]]:
    """Everybody, each cell, and each target group made of whole cells."""
    everybody = np.ones(len(cells.names), dtype=bool)
    yield EVERYBODY, everybody
    for place, name in enumerate(cells.names):
        yield name, np.arange(len(everybody)) == place
    for group in evidence.indicators.groups:
        chosen = cells.inside(group.population)
        if chosen is not None and chosen.any() and not _is_untold(group):
            yield group.key, chosen


def _is_untold(group: TargetGroup) -> bool:
    """Whether the file names no part of the population for a group, so its size is not known."""
    return group.population == PopulationSlice()


def _roster_shares(evidence: Evidence, cell: Ints, count: int) -> Floats:
    """(G,) the city's structure as the survey saw it, for cities that publish none."""
    weight = evidence.person_weight
    known = cell >= 0
    total = np.bincount(cell[known], weight[known], minlength=count) + 1e-9
    return np.asarray(total / total.sum(), dtype=np.float64)


def people_by_cell(city: CityInputs, cells: Cells, survey_shares: Floats) -> tuple[Floats, dict[str, int]]:
    """(n, G) persons, and the number of areas by whose structure they have.

    What an area publishes only as a total is spread by its district's structure, else the city's, else the
    survey's; every area keeps its total.
    """
    told: dict[tuple[int, int], list[PeopleCell]] = {}
    for person in city.people:
        place, column = city.place.get(person.code), _column(person, cells)
        if place is not None and column is not None:
            told.setdefault((place, column), []).append(person)
    known = np.zeros((city.size, len(cells.names)))
    for at, people_told in told.items():
        known[at] = sum(cell.persons for cell in apart(people_told, coarse=False))
    rest = np.maximum(city.population - known.sum(axis=1), 0.0)
    district = np.zeros((len(city.districts), known.shape[1]))
    np.add.at(district, city.district, known)
    people, counts = known.copy(), dict.fromkeys(("own", "district", "city", "survey"), 0)
    for place in range(city.size):
        source = "own"
        if rest[place] > ROUNDING * max(city.population[place], 1):
            source, shape = _shape(district[city.district[place]], known.sum(axis=0), survey_shares)
            people[place] += rest[place] * shape / shape.sum()
        counts[source] += 1
    return people, counts


def _shape(district: Floats, city: Floats, survey: Floats) -> tuple[str, Floats]:
    if district.sum() > 0:
        return "district", district
    return ("city", city) if city.sum() > 0 else ("survey", survey)


def _column(person: PeopleCell, cells: Cells) -> int | None:
    """The model's cell that a published cell lies in; None if it spans several."""
    for place, (sex, low, high) in enumerate(cells.parts):
        if low <= person.age_from and person.age_to <= high and sex in ("all", person.sex):
            return place
    return None


def visits(evidence: Evidence, need: Need) -> Floats:
    """(n,) visits a year: each topic's persons in need times the visits one of them makes."""
    total = np.zeros(evidence.city.size)
    people = need.population.sum(axis=1)
    for topic in evidence.indicators.topics:
        if topic.key in evidence.fits:
            total += people * evidence.fits[topic.key].estimate[:, 0] * topic.visits
    return total


def _map(evidence: Evidence, need: Need, value: Floats) -> MapResult:
    estimates, people = need.everybody, need.by_group[EVERYBODY][0]
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.where(people > 0, 1000 / people, np.nan)
        cv = estimates.sd / estimates.persons
    survey = evidence.survey
    topics = [topic for topic in evidence.indicators.topics if topic.in_need_any]
    return MapResult(
        key=map_key("need"),
        kind="need",
        codes=evidence.city.codes,
        value=estimates.persons * scale,
        lower=estimates.lower * scale,
        upper=estimates.upper * scale,
        cv=cv,
        direct=_direct(evidence, value),
        base=survey.households_by_area(~np.isnan(value), survey.member_of, evidence.city.size),
        draws=need.draws() * scale[:, None],
        people=people,
        unit=PER_1000_UNIT,
        year=survey.year,
        definition={
            "title": {"tr": "1.000 kişide ihtiyaç sahibi", "en": "Persons in need per 1,000"},
            "numerator": {
                "tr": "şu konulardan en az birinde ihtiyaç: " + ", ".join(t.titles["tr"] for t in topics),
                "en": "need in at least one of: " + ", ".join(t.titles["en"] for t in topics),
            },
            "denominator": registered(evidence.city.year),
            "source": source(survey),
            "method": METHOD,
            "structure": dict(need.structure),
        },
    )


def _direct(evidence: Evidence, value: Floats) -> Floats:
    """(n,) the area's own share, per 1,000."""
    survey = evidence.survey
    of = survey.member_of
    direct = direct_estimates(
        value,
        evidence.person_weight,
        area=survey.area[of],
        block=survey.block[of],
        n_areas=evidence.city.size,
    )
    return direct.mean[:, 0] * 1000
