"""Area layers: what is wrong with one, careful repair, which area holds a point, how large an area is."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import shapely
from geopandas import GeoDataFrame
from numpy.typing import ArrayLike, NDArray
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from geo.crs import require_metric

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class AreaProblem(StrEnum):
    """What can be wrong with one feature of an area layer."""

    EMPTY = "areas.empty"
    NOT_A_POLYGON = "areas.not_a_polygon"
    INVALID = "areas.invalid"
    ZERO_AREA = "areas.zero_area"
    TINY = "areas.tiny"
    DUPLICATE_CODE = "areas.duplicate_code"
    DUPLICATE_GEOMETRY = "areas.duplicate_geometry"
    OVERLAP = "areas.overlap"
    GAP = "areas.gap"
    MULTIPART = "areas.multipart"


NOT_BLOCKING = frozenset({AreaProblem.TINY, AreaProblem.MULTIPART, AreaProblem.GAP})


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaFinding:
    """One finding.

    Attributes
    ----------
    problem : what
    feature : row of the layer; -1 for a gap, which belongs to nobody
    other : the other row of a pair, or -1
    area_m2 : size of the overlap, gap or feature, NaN where it has none
    detail : the library's own reason with the place, for an invalid boundary; parts of a multipart one
    """

    problem: AreaProblem
    feature: int
    other: int = -1
    area_m2: float = float("nan")
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaReport:
    """All findings of a layer of `features` features."""

    features: int
    findings: tuple[AreaFinding, ...]

    @property
    def blocking(self) -> tuple[AreaFinding, ...]:
        """Findings that must be put right before the layer can be used."""
        return tuple(finding for finding in self.findings if finding.problem not in NOT_BLOCKING)


def check_areas(
    frame: GeoDataFrame,
    *,
    code: str | None = None,
    tolerance_m2: float = 100.0,
    sliver_m: float = 1.0,
    tiny_m2: float = 1000.0,
) -> AreaReport:
    """Check a layer of areas; nothing is changed.

    Parameters
    ----------
    frame : polygons in a metric CRS
    code : column with each area's code, which must be unique; None to skip
    tolerance_m2 : smaller overlaps and gaps are drawing noise
    sliver_m : so are those narrower than this on average (coordinates rounded to 5 decimals of a degree)
    tiny_m2 : areas below are mentioned

    Notes
    -----
    Overlaps and gaps are measured on repaired copies of invalid boundaries. A gap is a hole in the union of
    all areas: a lake left out is one too, so gaps do not block.
    """
    shapes = np.asarray(require_metric(frame).geometry.array)
    codes = [] if code is None else frame[code].tolist()
    usable = np.array([isinstance(shape, BaseGeometry) and _is_area(shape) for shape in shapes], dtype=bool)
    rows = np.flatnonzero(usable)
    sound = np.array([_sound(shapes[row]) for row in rows], dtype=object)
    findings = [finding for row, shape in enumerate(shapes) for finding in _one(row, shape, tiny_m2)]
    findings += _repeated(AreaProblem.DUPLICATE_CODE, codes)
    findings += _pairs(rows, sound, (tolerance_m2, sliver_m))
    findings += _gaps(sound, (tolerance_m2, sliver_m))
    return AreaReport(features=len(shapes), findings=tuple(findings))


def _is_area(shape: BaseGeometry) -> bool:
    return not shape.is_empty and shape.geom_type in ("Polygon", "MultiPolygon")


def _sound(shape: BaseGeometry) -> BaseGeometry:
    return shape if shape.is_valid else _polygons(shapely.make_valid(shape))


def _one(row: int, shape: BaseGeometry | None, tiny_m2: float) -> list[AreaFinding]:
    if shape is None or shape.is_empty:
        return [AreaFinding(problem=AreaProblem.EMPTY, feature=row)]
    if not _is_area(shape):
        return [AreaFinding(problem=AreaProblem.NOT_A_POLYGON, feature=row, detail=shape.geom_type)]
    found, size = [], _sound(shape).area  # the lobes of a bow-tie cancel in its own area
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        found.append(AreaFinding(problem=AreaProblem.INVALID, feature=row, area_m2=size, detail=reason))
    if size < tiny_m2:
        problem = AreaProblem.TINY if size > 0 else AreaProblem.ZERO_AREA
        found.append(AreaFinding(problem=problem, feature=row, area_m2=size))
    parts = shapely.get_num_geometries(shape)
    if parts > 1:
        detail = str(parts)
        found.append(AreaFinding(problem=AreaProblem.MULTIPART, feature=row, area_m2=size, detail=detail))
    return found


def _repeated(problem: AreaProblem, keys: Sequence[Hashable]) -> list[AreaFinding]:
    """Every key seen before, beside the row that had it first."""
    first: dict[Hashable, int] = {}
    found = []
    for row, key in enumerate(keys):
        if first.setdefault(key, row) != row:
            found.append(AreaFinding(problem=problem, feature=row, other=first[key]))
    return found


def _pairs(
    rows: NDArray[np.intp], shapes: NDArray[np.object_], limits: tuple[float, float]
) -> list[AreaFinding]:
    """Duplicate boundaries, and overlaps of different ones."""
    left, right = STRtree(shapes).query(shapes, predicate="intersects")
    once = left < right
    left, right = left[once], right[once]
    common = shapely.intersection(shapes[left], shapes[right])
    same = shapely.equals(shapes[left], shapes[right])
    found = []
    for a, b, shared, equal in zip(rows[left], rows[right], common, same, strict=True):
        problem = AreaProblem.DUPLICATE_GEOMETRY if equal else AreaProblem.OVERLAP
        if equal or _matters(shared, limits):
            found.append(AreaFinding(problem=problem, feature=int(b), other=int(a), area_m2=shared.area))
    return sorted(found, key=lambda finding: (finding.feature, finding.other))


def _gaps(shapes: NDArray[np.object_], limits: tuple[float, float]) -> list[AreaFinding]:
    union = shapely.union_all(shapes)
    parts = shapely.get_parts(union)
    holes = [shapely.Polygon(ring) for part in parts for ring in part.interiors]
    return [
        AreaFinding(problem=AreaProblem.GAP, feature=-1, area_m2=hole.area, detail=_place(hole))
        for hole in holes
        if _matters(hole, limits)
    ]


def _matters(shape: BaseGeometry, limits: tuple[float, float]) -> bool:
    """Whether an overlap or gap is larger, and on average wider, than drawing noise."""
    tolerance_m2, sliver_m = limits
    return bool(shape.area > tolerance_m2 and 2 * shape.area / shape.length > sliver_m)


def _place(shape: BaseGeometry) -> str:
    point = shape.representative_point()
    return f"{point.x:.0f} {point.y:.0f}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """A repaired boundary, and by how much its area changed (0.01 = 1 %)."""

    geometry: BaseGeometry
    relative_change: float


def repair(geometry: BaseGeometry, *, largest_change: float = 0.01) -> Repair:
    """Make a boundary valid without changing what it covers.

    Parameters
    ----------
    geometry : polygon or multipolygon, metric or not
    largest_change : share of the area that may be gained or lost

    Raises
    ------
    ValueError
        If more would change, or nothing with an area is left: a person has to redraw it.

    Notes
    -----
    The change compares the area as drawn with the repaired one. The lobes of a bow-tie cancel each other in
    the former, so bow-ties are refused: which lobe was meant is not for a program to say.
    """
    if geometry.is_valid:
        return Repair(geometry=geometry, relative_change=0.0)
    fixed = _polygons(shapely.make_valid(geometry))
    if fixed.is_empty or fixed.area == 0:
        raise ValueError("nothing with an area is left after repair; redraw the boundary")
    change = abs(fixed.area - geometry.area) / fixed.area
    if change > largest_change:
        raise ValueError(
            f"repair would change the area by {change:.1%} (limit {largest_change:.1%}); redraw the boundary "
            f"({shapely.is_valid_reason(geometry)})"
        )
    return Repair(geometry=fixed, relative_change=float(change))


def _polygons(geometry: BaseGeometry) -> BaseGeometry:
    """Only the polygons of what `make_valid` returns."""
    parts = shapely.get_parts(shapely.get_parts(geometry))
    kept = [part for part in parts if part.geom_type == "Polygon"]
    return kept[0] if len(kept) == 1 else shapely.MultiPolygon(kept)


def locate(points: ArrayLike, areas: GeoDataFrame) -> Ints:
    """Row of the area that holds each point.

    Parameters
    ----------
    points : (n,) shapely points, in the CRS of `areas`
    areas : polygons

    Returns
    -------
    (n,) rows, -1 outside all areas or for a missing point; on a shared edge the first row wins
    """
    places = np.asarray(points, dtype=object)
    shapes = np.asarray(areas.geometry.array)
    found = np.full(len(places), len(shapes), dtype=np.int64)
    point, area = STRtree(shapes).query(places, predicate="intersects")
    np.minimum.at(found, point, area)
    found[found == len(shapes)] = -1
    return found


def representative_points_m(areas: GeoDataFrame) -> Floats:
    """A point surely inside each area, (n, 2) in metres: the centroid where it is inside.

    Parameters
    ----------
    areas : polygons in a metric CRS
    """
    shapes = np.asarray(require_metric(areas).geometry.array)
    centroids = shapely.centroid(shapes)
    inside = shapely.contains(shapes, centroids)
    points = np.where(inside, centroids, shapely.point_on_surface(shapes))
    coordinates: Floats = np.column_stack([shapely.get_x(points), shapely.get_y(points)])
    return coordinates


@dataclass(frozen=True, slots=True, kw_only=True)
class Radii:
    """How far an area reaches from its point, in metres; arrays are (n,).

    Attributes
    ----------
    largest_m : to the farthest corner. A BOUND: no resident is farther from the point
    mean_m : mean distance over the area's surface. NOT a bound: it is the expected distance if residents
        are spread evenly, and people usually are not
    """

    largest_m: Floats
    mean_m: Floats


def radius_m(areas: GeoDataFrame, points_m: Floats, *, cells: int = 12) -> Radii:
    """Distance from each area's point to its residents: an upper bound and an even-spread mean.

    Replacing an area by its point moves a straight-line distance by at most `largest_m` (triangle
    inequality), so weight x largest_m, summed, bounds the error of a plan's objective.

    Parameters
    ----------
    areas : polygons in a metric CRS
    points_m : (n, 2) the points, for example `representative_points_m(areas)`
    cells : the mean is taken over a grid of about cells x cells points across the bounding box
    """
    shapes = np.asarray(require_metric(areas).geometry.array)
    if points_m.shape != (len(shapes), 2):
        raise ValueError(f"one point an area ({len(shapes)}, 2); got {points_m.shape}")
    corners, owner = shapely.get_coordinates(shapes, return_index=True)
    largest = np.zeros(len(shapes))
    np.maximum.at(largest, owner, np.hypot(*(corners - points_m[owner]).T))
    return Radii(largest_m=largest, mean_m=_mean_distance(shapes, points_m, cells))


def _mean_distance(shapes: NDArray[np.object_], points_m: Floats, cells: int) -> Floats:
    """Mean over grid points inside each shape; two thirds of the equal circle's radius if none is."""
    shapely.prepare(shapes)
    bounds = shapely.bounds(shapes)
    steps = (np.arange(cells) + 0.5) / cells
    across, up = (axis.ravel() for axis in np.meshgrid(steps, steps))
    x = bounds[:, [0]] + across * (bounds[:, [2]] - bounds[:, [0]])
    y = bounds[:, [1]] + up * (bounds[:, [3]] - bounds[:, [1]])
    inside = shapely.contains_xy(shapes[:, None], x, y)
    distance = np.hypot(x - points_m[:, [0]], y - points_m[:, [1]])
    count = inside.sum(axis=1)
    circle = 2 / 3 * np.sqrt(shapely.area(shapes) / np.pi)
    mean: Floats = np.where(count > 0, (distance * inside).sum(axis=1) / np.maximum(count, 1), circle)
    return mean
