"""What a plan stands on: areas, people in need, centres, candidate sites and the minutes between them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from app.errors import RefusedError
from app.recommend.options import EVERYBODY
from app.recommend.travel import Ends, straight, travel_minutes
from app.regions import service_regions
from app.settings import Settings
from app.store import places, runs
from app.store.places import Place
from app.store.session import Session
from geo.areas import locate, radius_m, representative_points_m
from geo.travel import TravelMatrix

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
OWN = "own"


@dataclass(frozen=True)
class Ground:
    """Everything a plan stands on; demand rows are areas, columns are centres and then sites."""

    frame: gpd.GeoDataFrame
    metric: gpd.GeoDataFrame  # the same in a metric CRS
    points_m: Floats
    need: Mapping[str, tuple[Floats, Floats]]  # group -> (population, persons in need)
    visits: Floats  # a year, everybody
    draws: Mapping[str, Floats]  # group -> (n, draws) persons in need, joint over areas and groups
    existing: Sequence[Place]
    places_m: Floats  # (places, 2) of centres, sites, and others' centres after them
    sites: Sequence[Place]
    site_area: Sequence[int]  # row of the area each site stands in, -1 outside
    groups: Mapping[str, str]  # district -> group of districts
    regions: Sequence[str]  # service region of each area
    others: Sequence[Place]  # centres of ministry, districts, foundations
    others_minutes: Floats  # (n, others)
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


def read_ground(
    session: Session, run_id: int, boundary_id: int, settings: Settings, *, pin: Place | None = None
) -> Ground:
    """Read the ground of a run.

    Parameters
    ----------
    pin : a place tried as one more site, the last

    Raises
    ------
    RefusedError
        If no candidate site was loaded.
    """
    frame = places.areas(session, boundary_id)
    metric = frame.to_crs(places.boundary(session, boundary_id).metric_epsg)
    centres = places.centres(session)
    existing = [centre for centre in centres if centre.kind == OWN]
    others = [centre for centre in centres if centre.kind != OWN]
    sites = places.sites(session)
    if not sites:
        raise RefusedError("recommend.no_sites")
    if pin is not None:
        sites = [*sites, pin]
    points_m = np.asarray(representative_points_m(metric), dtype=np.float64)
    columns = [*existing, *sites, *others]
    lon, lat = np.array([p.lon for p in columns]), np.array([p.lat for p in columns])
    spots = gpd.GeoSeries.from_xy(lon, lat, crs=4326).to_crs(metric.crs)
    columns_m = np.column_stack([spots.x, spots.y])
    stands_in = locate(np.asarray(shapely.points(lon, lat)), frame)
    every = travel_minutes(Ends(frame, metric, points_m, columns_m, stands_in), settings)
    own = len(existing) + len(sites)
    codes = list(frame["code"])
    regions = service_regions(session, settings)
    return Ground(
        frame=frame,
        metric=metric,
        points_m=points_m,
        need=_by_group(session, run_id, codes),
        visits=_aligned(runs.visits(session, run_id), codes)[:, 0],
        draws={group: _draws(session, run_id, group, codes) for group in runs.drawn_groups(session, run_id)},
        existing=existing,
        sites=sites,
        places_m=columns_m,
        site_area=[int(row) for row in stands_in[len(existing) : own]],
        groups=places.district_groups(session),
        regions=[regions.get(code, "") for code in codes],
        others=others,
        others_minutes=every.minutes[:, own:],
        travel=replace(every, minutes=every.minutes[:, :own].copy()),
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


def _draws(session: Session, run_id: int, group: str, codes: Sequence[str]) -> Floats:
    """(n, draws) in order of `codes`; nobody where there is nothing."""
    known, drawn = runs.need_draws(session, run_id, group)
    place = {code: row for row, code in enumerate(known)}
    found = np.zeros((len(codes), drawn.shape[1]))
    rows = [(to, place[code]) for to, code in enumerate(codes) if code in place]
    to, of = np.array(rows, dtype=np.int64).reshape(-1, 2).T
    found[to] = drawn[of]
    return found


__all__ = ["EVERYBODY", "Bools", "Floats", "Ground", "read_ground"]
