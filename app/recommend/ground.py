"""What a plan stands on: areas, people in need, centres, candidate sites and the minutes between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from app.errors import RefusedError
from app.recommend.options import EVERYBODY, RecommendOptions
from app.recommend.travel import Ends, straight, travel_minutes
from app.regions import service_regions
from app.settings import Settings
from app.store import places, runs
from app.store.places import Place
from app.store.session import Session
from geo.areas import locate, radius_m, representative_points_m
from geo.travel import TravelMatrix
from models.siting import SiteRequest

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
OWN = "own"


@dataclass(frozen=True)
class Ground:
    """Everything a plan stands on; demand rows are areas, columns are centres and then sites."""

    frame: gpd.GeoDataFrame
    points_m: Floats
    need: Mapping[str, tuple[Floats, Floats]]  # group -> (population, persons in need)
    visits: Floats  # a year, everybody
    existing: Sequence[Place]
    sites: Sequence[Place]
    site_area: Sequence[int]  # row of the area each site stands in, -1 outside
    groups: Mapping[str, str]  # district -> group of districts
    regions: Sequence[str]  # service region of each area
    travel: TravelMatrix
    radius_m: Floats
    minutes_per_m: float

    @property
    def places(self) -> list[Place]:
        """Columns of the minutes."""
        return [*self.existing, *self.sites]

    @property
    def site_district(self) -> list[str]:
        """District each site stands in, '' outside."""
        return [str(self.frame["district"].iloc[row]) if row >= 0 else "" for row in self.site_area]

    def inside(self, region: str) -> Bools:
        """(n,) which areas a plan for `region` counts."""
        if not region:
            return np.ones(len(self.regions), dtype=np.bool_)
        return np.asarray([name == region for name in self.regions], dtype=np.bool_)


def read_ground(session: Session, run_id: int, boundary_id: int, settings: Settings) -> Ground:
    """Read the ground of a run.

    Raises
    ------
    RefusedError
        If no candidate site was loaded.
    """
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
    places_m = np.column_stack([columns.x, columns.y])
    stands_in = locate(
        shapely.points([p.lon for p in (*existing, *sites)], [p.lat for p in (*existing, *sites)]), frame
    )
    codes = list(frame["code"])
    regions = service_regions(session, settings)
    return Ground(
        frame=frame,
        points_m=points_m,
        need=_by_group(session, run_id, codes),
        visits=_aligned(runs.visits(session, run_id), codes)[:, 0],
        existing=existing,
        sites=sites,
        site_area=[int(row) for row in stands_in[len(existing) :]],
        groups=places.district_groups(session),
        regions=[regions.get(code, "") for code in codes],
        travel=travel_minutes(Ends(frame, metric, points_m, places_m, stands_in), settings),
        radius_m=np.asarray(radius_m(metric, points_m).largest_m, dtype=np.float64),
        minutes_per_m=straight(settings).minutes_per_m,
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


# ------------------------------------------------------------------ asked for
def weights(ground: Ground, options: RecommendOptions) -> Floats:
    """Persons in need of the groups served, times stated priorities; the total is kept.

    Several groups: the mean of their persons in need by the given weights, so that one person of a group
    with weight 2 counts as two of a group with weight 1.

    Raises
    ------
    RefusedError
        If a group is unknown, or nobody lives in the region.
    """
    for name in (*options.served, *options.priority):
        if name not in ground.need:
            raise RefusedError("runs.no_group", group=name, groups=", ".join(sorted(ground.need)))
    found = ground.visits.copy() if options.by_visits else _served(ground, options.served)
    total = found.sum()
    for name, factor in options.priority.items():
        found += (factor - 1) * np.minimum(ground.need[name][1], found)
    found = np.maximum(found, 0.0)
    kept = found * (total / found.sum()) if found.sum() > 0 else found
    return np.where(_known_region(ground, options.region), kept, 0.0)


def _served(ground: Ground, served: Mapping[str, float]) -> Floats:
    whole = sum(served.values())
    parts = [ground.need[name][1] * (weight / whole) for name, weight in served.items()]
    return np.asarray(np.sum(parts, axis=0), dtype=np.float64)


def _known_region(ground: Ground, region: str) -> Bools:
    inside = ground.inside(region)
    if not inside.any():
        names = ", ".join(sorted(set(ground.regions)))
        raise RefusedError("plans.no_region", region=region, regions=names)
    return inside


def site_request(ground: Ground, options: RecommendOptions) -> SiteRequest:
    """Columns that may be opened, and which group of districts each site stands in.

    Raises
    ------
    RefusedError
        If there is no such group of districts.
    """
    first, inside = len(ground.existing), ground.inside(options.region)
    excluded = [
        first + place
        for place, (site, row) in enumerate(zip(ground.sites, ground.site_area, strict=True))
        if (options.step_free_only and not site.detail["step_free"])
        or (options.ownership and site.kind not in options.ownership)
        or (options.region and (row < 0 or not inside[row]))
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


__all__ = ["EVERYBODY", "Bools", "Floats", "Ground", "read_ground", "site_request", "weights"]
