"""Published runs, maps, areas and plans as frames: what exports and reports show whole."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import geopandas as gpd
import pandas as pd

from app.errors import RefusedError
from app.i18n import Language
from app.store import published
from app.store.logins import Login
from app.store.session import Store
from app.store.tables.agg import PublishedMap, PublishedRun

Plan = Mapping[str, object]
HEADLINE_KINDS = ("need", "index", "topic", "group", "indicator", "reach")
DISTRICT_MARK = "@"
PART_MARK = "|"  # in the key of a map of one sex, group or channel
DISTRICT, NEIGHBOURHOOD = "district", "neighbourhood"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRun:
    """A published risk map of the whole city."""

    run_id: int
    title: str
    year: int
    boundary_id: int
    published_at: dt.datetime
    approved_by: str
    is_current: bool
    is_simulation: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskMap:
    """One map of a run and what it means.

    Attributes
    ----------
    kind : topic, group, indicator, need, index or reach
    inner_breaks : at most four ascending numbers between the classes, in `unit`
    counts_by_class : areas in each class of five, 5 = worst
    clusters : areas and steps of p of each cluster, most likely first; None where none were looked for
    change : of what and since when a change is told, or `why_not`; empty in maps of before it was told
    words : numerator, denominator, source, method as the run stated them
    """

    key: str
    kind: str
    year: int
    topic: str = ""
    indicator: str = ""
    group: str = ""
    sex: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    unit: str = ""
    level: str = NEIGHBOURHOOD
    higher_is_worse: bool = True
    inner_breaks: tuple[float, ...] = ()
    counts_by_class: tuple[int, ...] = (0, 0, 0, 0, 0)
    reliability_counts: Mapping[str, int] = field(default_factory=dict)
    clusters: tuple[Mapping[str, object], ...] | None = None
    change: Mapping[str, object] = field(default_factory=dict)
    words: Mapping[str, object] = field(default_factory=dict)

    def title(self, language: Language) -> str:
        """The map's name; the key if the run gave none."""
        return self.titles.get(language) or self.titles.get("tr") or self.key

    def word(self, name: str, language: Language) -> str:
        """One of `words` as text: by language where given so, pairs joined otherwise."""
        given = self.words.get(name, "")
        if not isinstance(given, Mapping):
            return str(given)
        if language in given:
            return str(given[language])
        return "; ".join(f"{key} {value}" for key, value in given.items())


def holds(store: Store) -> str:
    """What the store holds: `nothing`, `demonstration` or `real`."""
    with store.session(Login.PLANNER) as session:
        return published.holds(session)


def runs(store: Store) -> list[MapRun]:
    """All published runs, the newest first."""
    with store.session(Login.PLANNER) as session:
        return [_run(row) for row in published.runs(session)]


def current_run(store: Store) -> MapRun:
    """The run in force.

    Raises
    ------
    RefusedError
        If none was published yet; says what to run.
    """
    found = next((run for run in runs(store) if run.is_current), None)
    if found is None:
        raise RefusedError("views.no_run")
    return found


def previous_run(store: Store, run: MapRun) -> MapRun | None:
    """The run published last before `run`; None for the first."""
    return next((other for other in runs(store) if other.published_at < run.published_at), None)


def maps(store: Store, run: MapRun) -> list[RiskMap]:
    """Maps of a run by key."""
    with store.session(Login.PLANNER) as session:
        return [_map(row) for row in published.maps(session, run.run_id)]


def classes(store: Store, run: MapRun, key: str) -> pd.DataFrame:
    """One map: code, district, neighbourhood, risk_class, reliability, shown, base; a row an area.

    After them in steps: exceedance 1..5, rank_low and rank_high in tenths, cluster, rose 1..5.

    District maps have an empty neighbourhood and codes that begin with @.
    """
    with store.session(Login.PLANNER) as session:
        found = published.classes(session, run.run_id, key=key)
        return _named(found, published.area_names(session, run.boundary_id))


def all_classes(store: Store, run: MapRun) -> pd.DataFrame:
    """Every map of a run as `classes` gives one, with a leading column `key`."""
    with store.session(Login.PLANNER) as session:
        found = published.classes(session, run.run_id)
        return _named(found, published.area_names(session, run.boundary_id))


def zones(store: Store, run: MapRun) -> pd.DataFrame:
    """Contiguous risk zones of a run: code, zone."""
    with store.session(Login.PLANNER) as session:
        return published.zones(session, run.run_id)


def areas(store: Store, run: MapRun) -> gpd.GeoDataFrame:
    """Shapes of a run's areas in EPSG:3857: code, name, district, population, constructed."""
    with store.session(Login.PLANNER) as session:
        return published.areas(session, run.boundary_id)


def points(store: Store) -> gpd.GeoDataFrame:
    """Centres and candidate sites in EPSG:3857: kind, key, name, detail."""
    with store.session(Login.PLANNER) as session:
        return published.points(session)


def plan(store: Store, run: MapRun) -> Plan | None:
    """The newest published plan of a run; None if there is none."""
    with store.session(Login.PLANNER) as session:
        return next((cast(Plan, row.result) for row in published.plans(session, run.run_id)), None)


@dataclass(frozen=True)
class Contents:
    """A published run in frames: everything an export or a report shows."""

    run: MapRun
    maps: Sequence[RiskMap]
    classes: pd.DataFrame
    areas: gpd.GeoDataFrame
    zones: pd.DataFrame
    points: gpd.GeoDataFrame
    plan: Plan | None

    @property
    def headline(self) -> RiskMap:
        """The map that stands for the run: persons in need, else the widest there is."""
        return min(self.maps, key=lambda about: (HEADLINE_KINDS.index(about.kind), len(about.key)))

    def of(self, key: str) -> pd.DataFrame:
        """Rows of one map."""
        return self.classes[self.classes["key"] == key]

    def of_kind(self, kind: str) -> list[RiskMap]:
        """Maps of a kind for everybody: not of one sex."""
        return [about for about in self.maps if about.kind == kind and not about.sex]

    @property
    def opened(self) -> tuple[str, ...]:
        """Keys of the sites the plan opens, in its order."""
        new = cast(Sequence[Mapping[str, object]], (self.plan or {}).get("new", ()))
        return tuple(str(site["key"]) for site in new)


def read_contents(store: Store) -> Contents:
    """The run in force.

    Raises
    ------
    RefusedError
        If no run is published, or it has no map.
    """
    run = current_run(store)
    found = maps(store, run)
    if not found:
        raise RefusedError("views.no_run")
    return Contents(
        run=run,
        maps=found,
        classes=all_classes(store, run),
        areas=areas(store, run),
        zones=zones(store, run),
        points=points(store),
        plan=plan(store, run),
    )


def _run(row: PublishedRun) -> MapRun:
    return MapRun(**{name: getattr(row, name) for name in MapRun.__dataclass_fields__})


def _map(row: PublishedMap) -> RiskMap:
    given = dict(row.definition)
    clusters = cast(list[Mapping[str, object]] | None, given.pop("clusters", None))
    return RiskMap(
        key=row.key,
        kind=row.kind,
        year=row.year,
        topic=row.topic,
        indicator=row.indicator,
        group=row.grp,
        sex=row.sex,
        titles=cast(Mapping[str, str], given.pop("title", {})),
        unit=str(given.pop("unit", "")),
        level=DISTRICT if given.pop("level", "") == DISTRICT else NEIGHBOURHOOD,
        higher_is_worse=bool(given.pop("higher_is_worse", True)),
        inner_breaks=tuple(cast(list[float], given.pop("inner_breaks", []))),
        counts_by_class=tuple(cast(list[int], given.pop("counts_by_class", [0] * 5))),
        reliability_counts=cast(Mapping[str, int], given.pop("reliability_counts", {})),
        clusters=None if clusters is None else tuple(clusters),
        change=cast(Mapping[str, object], given.pop("change", {})),
        words=given,
    )


def _named(found: pd.DataFrame, names: pd.DataFrame) -> pd.DataFrame:
    """Put names beside codes."""
    by_code = names.set_index("code")
    bare = found["code"].str.removeprefix(DISTRICT_MARK)
    is_district = found["code"].str.startswith(DISTRICT_MARK)
    district = found["code"].map(by_code["district"]).where(~is_district, bare)
    place = found.columns.get_loc("code")
    assert isinstance(place, int)
    found.insert(place + 1, "district", district.fillna(""))
    found.insert(place + 2, "neighbourhood", found["code"].map(by_code["name"]).fillna(""))
    return found
