"""Minutes of an area: from the places where its people live, or from anywhere within it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon

from geo.travel.dijkstra import Floats, Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaMinutes:
    """Minutes of areas, means over their people.

    Attributes
    ----------
    minutes : (areas, sites) mean over the people of an area who reach the site, NaN where nobody does
    not_reaching : (areas, sites) share of its people who do not, 1 where nobody does; NaN without people
    """

    minutes: Floats
    not_reaching: Floats

    def __post_init__(self) -> None:
        self.minutes.flags.writeable = False
        self.not_reaching.flags.writeable = False


def weighted_minutes(minutes: Floats, area: Ints, weight: Floats, *, areas: int | None = None) -> AreaMinutes:
    """Mean minutes of areas over points within them, such as buildings or cells of a grid of people.

    Parameters
    ----------
    minutes : (points, sites), NaN = unreachable
    area : (points,) row of the area each point lies in, -1 = in none: left out
    weight : (points,) people at each point, >= 0
    areas : how many areas there are; the highest row and one more unless told

    Raises
    ------
    ValueError
        If the shapes differ, a weight is negative or not finite, or a row is none of the areas.

    Examples
    --------
    >>> made = weighted_minutes(np.array([[10.0], [40.0], [np.nan]]), np.zeros(3, int), np.array([2.0, 1, 1]))
    >>> made.minutes.tolist(), made.not_reaching.tolist()
    ([[20.0]], [[0.25]])
    """
    areas = _checked(minutes, area, weight, areas)
    inside = np.flatnonzero((area >= 0) & (weight > 0))
    row, people, taken = area[inside], weight[inside][:, None], minutes[inside]
    reaching = ~np.isnan(taken)
    spent = _summed(np.where(reaching, people * np.nan_to_num(taken), 0.0), row, areas)
    reached = _summed(people * reaching, row, areas)
    without = _summed(people * ~reaching, row, areas)
    with np.errstate(invalid="ignore"):
        return AreaMinutes(minutes=spent / reached, not_reaching=without / (reached + without))


def _checked(minutes: Floats, area: Ints, weight: Floats, areas: int | None) -> int:
    if minutes.ndim != 2 or not area.shape == weight.shape == minutes.shape[:1]:
        raise ValueError(
            "minutes must be (points, sites), area and weight (points,); "
            f"got {minutes.shape}, {area.shape} and {weight.shape}"
        )
    if not (np.isfinite(weight) & (weight >= 0)).all():
        raise ValueError("weights of points must be finite and >= 0; give 0 where nobody lives")
    highest = int(area.max(initial=-1))
    areas = highest + 1 if areas is None else areas
    if highest >= areas or area.min(initial=-1) < -1:
        raise ValueError(f"area must be -1 or a row below {areas}; got {area.min()} to {highest}")
    return areas


def _summed(values: Floats, row: Ints, rows: int) -> Floats:
    total = np.zeros((rows, values.shape[1]))
    np.add.at(total, row, values)
    return total


# -------------------------------------------------------------- within areas
def mean_distance_m(shapes: Sequence[Polygon | MultiPolygon], points_m: Floats) -> Floats:
    """Mean straight distance of everywhere in an area to one point of it, metres: exact, for any shape.

    The integral of the distance over the area is the sum over the triangles between the point and each edge
    of the outline. With h the distance of the edge's line, and s and t where the edge begins and ends along
    it, seen from the foot of that distance, a triangle gives h³ / 6 (F(t/h) - F(s/h)) with
    F(x) = x sqrt(1 + x²) + asinh(x), negative where the edge turns clockwise. The middle of a disc of
    radius R has 2 R / 3.

    Parameters
    ----------
    shapes : (n,) polygons in a metric CRS, not empty
    points_m : (n, 2) metres; NaN gives NaN
    """
    return np.array([_mean_distance(shape, point) for shape, point in zip(shapes, points_m, strict=True)])


def _mean_distance(shape: Polygon | MultiPolygon, point: Floats) -> float:
    if not shape.area > 0:
        raise ValueError("an area without any surface has no inside; repair its boundary first")
    parts = list(shapely.get_parts(shapely.orient_polygons(shape)))
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    return float(sum(_integral(shapely.get_coordinates(ring) - point) for ring in rings) / shape.area)


def _integral(corners: Floats) -> float:
    """Integral of the distance to the origin over a ring's inside, negative if it turns clockwise."""
    start, step = corners[:-1], np.diff(corners, axis=0)
    length = np.hypot(step[:, 0], step[:, 1])
    kept = length != 0  # NaN stays
    start, step, length = start[kept], step[kept], length[kept]
    height = (start[:, 0] * step[:, 1] - start[:, 1] * step[:, 0]) / length
    first = (start * step).sum(axis=1) / length
    kept = ~(np.abs(height) <= np.finfo(np.float64).eps * (np.abs(first) + length))  # NaN stays
    height, first, last = height[kept], first[kept], (first + length)[kept]
    return float((_along(last, height) - _along(first, height)).sum())


def _along(place: Floats, height: Floats) -> Floats:
    ratio = place / np.abs(height)
    found: Floats = height * height**2 / 6 * (ratio * np.sqrt(1 + ratio**2) + np.arcsinh(ratio))
    return found


def inner_minutes(
    shapes: Sequence[Polygon | MultiPolygon], points_m: Floats, *, minutes_per_m: float
) -> Floats:
    """(n,) minutes from anywhere in an area to its own point, to use instead of zero for a site in it.

    Parameters
    ----------
    shapes, points_m : as in `mean_distance_m`
    minutes_per_m : minutes for one metre of straight line, for example `StraightLine().minutes_per_m`
    """
    if not minutes_per_m > 0:
        raise ValueError(f"minutes_per_m must be > 0; got {minutes_per_m}")
    return mean_distance_m(shapes, points_m) * minutes_per_m


def with_inner(minutes: Floats, inner: Floats, site_area: Ints) -> Floats:
    """Minutes raised to `inner` where a site stands in the area itself; unreachable stays so.

    Parameters
    ----------
    minutes : (areas, sites)
    inner : (areas,) minutes within each area
    site_area : (sites,) row of the area each site stands in, -1 = none
    """
    raised = minutes.copy()
    site = np.flatnonzero(site_area >= 0)
    row = site_area[site]
    raised[row, site] = np.maximum(raised[row, site], inner[row])
    return raised
