"""What a map is drawn from, and its shapes prepared once for many maps."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from matplotlib.path import Path

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]
Box = tuple[float, float, float, float]  # west, south, east, north

EARTH_RADIUS_M = 6_378_137.0
PIXELS_ACROSS = 4000  # finer detail than a printed page shows is dropped before drawing
DENSE_SHARE = 0.5  # of the people: where the inset looks
DENSE_AREAS = 50  # with fewer areas the whole map is legible
DENSE_SIDE = 0.3  # an inset is drawn if those people live in less than this share of the width


@dataclass(frozen=True)
class Scene:
    """Areas, places and zones of a run; frames as `app.views` gives them, EPSG:3857.

    Attributes
    ----------
    areas : code, name, district, population, constructed, geometry
    points : kind, key, name, geometry
    zones : code, zone
    opened : keys of the sites that a plan opens
    """

    areas: gpd.GeoDataFrame
    points: gpd.GeoDataFrame | None = None
    zones: pd.DataFrame | None = None
    opened: tuple[str, ...] = field(default=())

    @cached_property
    def box(self) -> Box:
        """Bounds of the city."""
        west, south, east, north = (float(edge) for edge in shapely.total_bounds(self._exact))
        return west, south, east, north

    @cached_property
    def _exact(self) -> Shapes:
        return np.asarray(self.areas.geometry.to_numpy(), dtype=object)

    @cached_property
    def shapes(self) -> Shapes:
        """(n,) polygons in order of `areas`, without detail too fine to print."""
        finest = (self.box[2] - self.box[0]) / PIXELS_ACROSS / 4
        return np.asarray(shapely.simplify(self._exact, finest), dtype=object)

    @cached_property
    def codes(self) -> pd.Index:
        """(n,) area codes."""
        codes: pd.Index = pd.Index(self.areas["code"])
        return codes

    @cached_property
    def districts(self) -> dict[str, shapely.Geometry]:
        """Outline of each district."""
        return dissolve(self._exact, self.areas["district"])

    @cached_property
    def zone_outlines(self) -> dict[str, shapely.Geometry]:
        """Outline of each zone; empty if the run has none."""
        if self.zones is None or self.zones.empty:
            return {}
        of = self.zones.set_index("code")["zone"].reindex(self.codes)
        known = of.notna().to_numpy()
        return dissolve(self._exact[known], of[known].astype(int).astype(str))

    @cached_property
    def constructed(self) -> bool:
        """Whether any boundary is not official."""
        return bool(self.areas["constructed"].any())

    @cached_property
    def people(self) -> Floats:
        """(n,) persons; 1 each where no area's number is known."""
        known = self.areas["population"].fillna(0).to_numpy(dtype=np.float64)
        return known if known.sum() > 0 else np.ones(len(known))

    @cached_property
    def dense_box(self) -> Box | None:
        """Where a large share of the people live close together; None if that is most of the map."""
        if len(self.areas) < DENSE_AREAS:
            return None
        spots = shapely.get_coordinates(shapely.centroid(self._exact))
        reach = (self.box[2] - self.box[0]) / 20
        middle = _heaviest(spots, self.people, reach=reach)
        away = np.abs(spots - middle).max(axis=1)
        half = max(_weighted_quantile(away, self.people, DENSE_SHARE) * 1.05, reach / 2)
        if 2 * half > DENSE_SIDE * (self.box[2] - self.box[0]):
            return None
        return middle[0] - half, middle[1] - half, middle[0] + half, middle[1] + half

    @property
    def metres_per_unit(self) -> float:
        """Metres on the ground a unit of web Mercator at the city's middle latitude."""
        return float(1 / np.cosh((self.box[1] + self.box[3]) / 2 / EARTH_RADIUS_M))


def dissolve(shapes: Shapes, names: Iterable[object]) -> dict[str, shapely.Geometry]:
    """Union of the shapes of each name, by name."""
    groups = pd.Series(range(len(shapes))).groupby(np.asarray(list(names), dtype=str)).indices
    return {str(name): shapely.union_all(shapes[rows]) for name, rows in sorted(groups.items())}


def as_path(shapes: Iterable[shapely.Geometry]) -> Path:
    """One compound path of many polygons; holes run the other way round, so that they stay empty."""
    parts = shapely.get_parts(np.asarray(list(shapes), dtype=object))
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    rings = shapely.get_rings(shapely.orient_polygons(parts))
    if not len(rings):
        return Path(np.empty((0, 2)))
    corners, ring_of = shapely.get_coordinates(rings, return_index=True)
    first = np.r_[True, np.diff(ring_of) > 0]
    codes = np.where(first, Path.MOVETO, np.where(np.r_[first[1:], True], Path.CLOSEPOLY, Path.LINETO))
    return Path(corners, codes.astype(np.uint8))


def _heaviest(spots: Floats, weight: Floats, *, reach: float) -> Floats:
    """The (2,) spot with most people within `reach`."""
    away = np.linalg.norm(spots[:, None, :] - spots[None, :, :], axis=2)
    nearby = (away <= reach) @ weight
    best: Floats = spots[int(np.argmax(nearby))]
    return best


def _weighted_quantile(values: Floats, weight: Floats, share: float) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.searchsorted(np.cumsum(weight[order]), share * weight.sum())
    return float(values[order][min(int(reached), len(values) - 1)])
