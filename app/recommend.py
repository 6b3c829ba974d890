"""Use case: persons in need, candidate sites and existing centres -> a plan with its proof."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from app.errors import RefusedError
from app.settings import Settings
from app.store import audit, places, plans, runs
from app.store.logins import Login
from app.store.places import Place
from app.store.session import Session, Store
from app.store.tables.plan import Run
from geo.areas import locate, radius_m, representative_points_m
from geo.travel import StraightLine, TravelMatrix
from models.results import Assignment, SitePlan
from models.siting import InfeasibleRequest, SiteRequest, assign, p_median

Floats = npt.NDArray[np.float64]
EVERYBODY = "all"
OWN = "own"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendOptions:
    """What a unit manager asks for; all of it is stored with the plan."""

    new: int
    group: str = EVERYBODY
    at_least: Mapping[str, int] = field(default_factory=dict)
    priority: Mapping[str, float] = field(default_factory=dict)
    run_id: int | None = None
    by_visits: bool = False  # visits a year instead of persons in need
    step_free_only: bool = False
    ownership: Sequence[str] = ()
    time_limit_seconds: float = 60.0
    seed: int = 0


@dataclass(frozen=True)
class Ground:
    """Everything a plan stands on; demand rows are areas, columns are centres and then sites."""

    frame: gpd.GeoDataFrame
    points_m: Floats
    need: Mapping[str, tuple[Floats, Floats]]  # group -> (population, persons in need)
    visits: Floats  # a year, everybody
    existing: Sequence[Place]
    sites: Sequence[Place]
    site_district: Sequence[str]
    groups: Mapping[str, str]  # district -> group of districts
    travel: TravelMatrix
    radius_m: Floats
    minutes_per_m: float

    @property
    def places(self) -> list[Place]:
        """Columns of the minutes."""
        return [*self.existing, *self.sites]


def recommend(store: Store, options: RecommendOptions, *, actor: str, now: dt.datetime) -> dict[str, object]:
    """Recommend `options.new` centres beside the existing ones, store the plan, return its document.

    Raises
    ------
    RefusedError
        If there is no run, no site, no such group, or the request cannot be met; says the least change.
    """
    with store.session(Login.SERVICE) as session:
        run = runs.get(session, options.run_id) if options.run_id else _run(session)
        ground = _ground(session, run.id, run.boundary_id, store.settings)
        weights = _weights(ground, options)
        request = _request(ground, options)
        try:
            found = p_median(
                ground.travel.minutes,
                weights,
                request,
                seed=options.seed,
                time_limit_seconds=options.time_limit_seconds,
            )
        except InfeasibleRequest as refusal:
            raise RefusedError(refusal.code, **refusal.details) from None
        document = {"run": run.id, "title": run.title, **_document(ground, found, weights, options)}
        plan_id = plans.save(session, run.id, document, _options(options), actor=actor, at=now)
        audit.record(session, actor=actor, action="recommend", detail={"plan": plan_id, "run": run.id})
    return {"plan": plan_id, **document}


def _run(session: Session) -> Run:
    """The published run, else the newest draft."""
    try:
        return runs.get(session, state="published")
    except RefusedError:
        return runs.get(session)


# -------------------------------------------------------------------- ground
def _ground(session: Session, run_id: int, boundary_id: int, settings: Settings) -> Ground:
    frame = places.areas(session, boundary_id)
    metric = frame.to_crs(places.boundary(session, boundary_id).metric_epsg)
    existing = [centre for centre in places.centres(session) if centre.kind == OWN]
    sites = places.sites(session)
    if not sites:
        raise RefusedError("recommend.no_sites")
    points_m = np.asarray(representative_points_m(metric), dtype=np.float64)
    columns = gpd.GeoSeries.from_xy(
        [p.lon for p in (*existing, *sites)], [p.lat for p in (*existing, *sites)], crs=4326
    ).to_crs(metric.crs)
    travel = StraightLine(detour=settings.travel_detour, km_per_hour=settings.travel_km_per_hour)
    inside = locate(shapely.points([site.lon for site in sites], [site.lat for site in sites]), frame)
    codes = list(frame["code"])
    return Ground(
        frame=frame,
        points_m=points_m,
        need=_by_group(session, run_id, codes),
        visits=_aligned(runs.visits(session, run_id), codes)[:, 0],
        existing=existing,
        sites=sites,
        site_district=[str(frame["district"].iloc[row]) if row >= 0 else "" for row in inside],
        groups=places.district_groups(session),
        travel=travel.between(points_m, np.column_stack([columns.x, columns.y])),
        radius_m=np.asarray(radius_m(metric, points_m).largest_m, dtype=np.float64),
        minutes_per_m=travel.minutes_per_m,
    )


def _aligned(found: Mapping[str, tuple[float, ...]], codes: Sequence[str]) -> Floats:
    """(n, k) numbers in order of `codes`, zero where there are none."""
    width = len(next(iter(found.values()), (0.0,)))
    return np.array([found.get(code, (0.0,) * width) for code in codes], dtype=np.float64)


def _by_group(session: Session, run_id: int, codes: Sequence[str]) -> dict[str, tuple[Floats, Floats]]:
    rows = {
        group: _aligned(runs.need(session, run_id, group), codes)
        for group in runs.need_groups(session, run_id)
    }
    return {group: (found[:, 0], found[:, 1]) for group, found in rows.items()}


def _weights(ground: Ground, options: RecommendOptions) -> Floats:
    """Persons in need of the group, times stated priorities on a ratio scale; the total is kept."""
    for name in (options.group, *options.priority):
        if name not in ground.need:
            raise RefusedError("runs.no_group", group=name, groups=", ".join(sorted(ground.need)))
    weights = (ground.visits if options.by_visits else ground.need[options.group][1]).copy()
    total = weights.sum()
    for name, factor in options.priority.items():
        if factor <= 0:
            raise RefusedError("recommend.priority", group=name, factor=factor)
        weights += (factor - 1) * np.minimum(ground.need[name][1], weights)
    weights = np.maximum(weights, 0.0)
    return np.asarray(weights * (total / weights.sum()) if weights.sum() > 0 else weights, dtype=np.float64)


def _request(ground: Ground, options: RecommendOptions) -> SiteRequest:
    """Columns that may be opened, and which group of districts each site stands in."""
    first = len(ground.existing)
    excluded = [
        first + place
        for place, site in enumerate(ground.sites)
        if (options.step_free_only and not site.detail["step_free"])
        or (options.ownership and site.kind not in options.ownership)
    ]
    members: dict[str, list[int]] = {name: [] for name in ground.groups.values()}
    for place, district in enumerate(ground.site_district):
        if district in ground.groups:
            members[ground.groups[district]].append(first + place)
    unknown = sorted(set(options.at_least) - set(members))
    if unknown:
        raise RefusedError(
            "recommend.no_district_group", group=", ".join(unknown), groups=", ".join(sorted(members))
        )
    allowed = {name: [c for c in columns if c not in excluded] for name, columns in members.items()}
    return SiteRequest(
        new=options.new,
        existing=range(first),
        excluded=excluded,
        groups=allowed,
        group_minimum=dict(options.at_least),
    )


# ------------------------------------------------------------------ document
def _document(
    ground: Ground, found: SitePlan, weights: Floats, options: RecommendOptions
) -> dict[str, object]:
    existing = list(range(len(ground.existing)))
    opened = np.array([*existing, *found.new.tolist()], dtype=np.int64)
    after = assign(ground.travel.minutes, opened)
    unserved = np.full(len(weights), np.nan)
    before = assign(ground.travel.minutes, opened[: len(existing)]).minutes if existing else unserved
    codes, columns = list(ground.frame["code"]), ground.places
    error = float((weights * ground.radius_m).sum() * ground.minutes_per_m)
    regions = {c: columns[s].key if s >= 0 else None for c, s in zip(codes, after.site.tolist(), strict=True)}
    return {
        "new": [_place(ground, column, after) for column in found.new.tolist()],
        "existing": [_place(ground, column, after) for column in existing],
        **_proof(found),
        "travel": {"method": ground.travel.method, **ground.travel.settings},
        "weights": {
            "group": options.group,
            "priority": dict(options.priority),
            "unit": "visits a year" if options.by_visits else "persons in need",
        },
        "minimums": dict(options.at_least),
        "before": _minutes(before, weights),
        "after": _minutes(after.minutes, weights),
        "groups": {name: _gain(before, after.minutes, need) for name, (_, need) in ground.need.items()},
        "point_error_person_minutes": error,
        "point_error_minutes": error / float(weights.sum()) if weights.sum() else 0.0,
        "regions": regions,
        "unserved": [codes[row] for row in found.unserved.tolist()],
    }


def _proof(found: SitePlan) -> dict[str, object]:
    return {
        "objective_person_minutes": found.objective,
        "bound_person_minutes": found.bound,
        "gap": found.gap,
        "status": found.status,
        "seconds": round(found.seconds, 3),
    }


def _gain(before: Floats, after: Floats, need: Floats) -> dict[str, object]:
    """Who gains how much: minutes of a group's persons in need."""
    return {
        "persons": round(float(need.sum())),
        "mean_before": _mean(before, need),
        "mean_after": _mean(after, need),
        "p95_before": _p95(before, need),
        "p95_after": _p95(after, need),
    }


def _place(ground: Ground, column: int, after: Assignment) -> dict[str, object]:
    """One centre with the region it would answer for."""
    place = ground.places[column]
    mine, minutes = after.site == column, after.minutes
    people, need = ground.need[EVERYBODY]
    first = len(ground.existing)
    district = ground.site_district[column - first] if column >= first else ""
    return {
        "key": place.key,
        "name": place.name,
        "district": district,
        "lon": place.lon,
        "lat": place.lat,
        "ownership": place.kind,
        **dict(place.detail),
        "region_areas": int(mine.sum()),
        "region_population": round(float(people[mine].sum())),
        "region_need": round(float(need[mine].sum())),
        "mean_minutes": _mean(minutes[mine], need[mine]),
        "p95_minutes": _p95(minutes[mine], need[mine]),
    }


def _minutes(minutes: Floats, weights: Floats) -> dict[str, object]:
    known = ~np.isnan(minutes)
    total = float((minutes[known] * weights[known]).sum()) if known.any() else None
    return {
        "mean_minutes": _mean(minutes, weights),
        "p95_minutes": _p95(minutes, weights),
        "person_minutes": total,
    }


def _mean(minutes: Floats, weights: Floats) -> float | None:
    known = ~np.isnan(minutes) & (weights > 0)
    return float(np.average(minutes[known], weights=weights[known])) if known.any() else None


def _p95(minutes: Floats, weights: Floats) -> float | None:
    """Minutes that 95 % of the persons in need do not exceed."""
    known = ~np.isnan(minutes) & (weights > 0)
    if not known.any():
        return None
    order = np.argsort(minutes[known], kind="stable")
    share = np.cumsum(weights[known][order]) / weights[known].sum()
    return float(minutes[known][order][min(int(np.searchsorted(share, 0.95)), len(order) - 1)])


def _options(options: RecommendOptions) -> dict[str, object]:
    return {
        "new": options.new,
        "group": options.group,
        "at_least": dict(options.at_least),
        "priority": dict(options.priority),
        "by_visits": options.by_visits,
        "step_free_only": options.step_free_only,
        "ownership": list(options.ownership),
        "time_limit_seconds": options.time_limit_seconds,
        "seed": options.seed,
    }
