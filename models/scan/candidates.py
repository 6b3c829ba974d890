"""Which groups of areas may be a cluster: circles or ellipses around each area, to a share of people."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from models.checks import Floats, Ints

Metric = Literal["euclidean", "haversine"]
EARTH_KM = 6367.0  # the sphere whose radii SaTScan prints
TIE = 1e-9  # distances nearer than this share of the map's extent are one distance
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Frame:
    """Plane in which a family of ellipses looks like circles.

    Attributes
    ----------
    shape : longer over shorter axis, 1 = circle
    angle_degrees : of the longer axis, counter-clockwise from the first coordinate
    factor : multiplies the log likelihood ratio (1 for a circle)
    """

    shape: float = 1.0
    angle_degrees: float = 0.0
    factor: float = 1.0

    def apply(self, coordinates: Floats) -> Floats:
        """Coordinates turned and stretched; distances are half the longer axis of the ellipse."""
        if self.shape == 1.0:
            return coordinates
        angle = np.deg2rad(self.angle_degrees)
        along = np.array([np.cos(angle), np.sin(angle)])
        across = np.array([-np.sin(angle), np.cos(angle)])
        return np.column_stack([coordinates @ along, self.shape * (coordinates @ across)])


@dataclass(frozen=True, slots=True)
class Candidates:
    """Growing groups of areas, row by row (a row is a centre in a frame).

    Attributes
    ----------
    members : (m,) areas in order of distance; `~area` where the group may not end (a tie follows)
    start : (rows + 1,) first member of each row
    radius : (m,) distance of each member from the centre
    centre, frame : (rows,)
    frames : the frames, by number
    """

    members: NDArray[np.int32]
    start: Ints
    radius: Floats
    centre: Ints
    frame: Ints
    frames: tuple[Frame, ...]

    @property
    def factor(self) -> Floats:
        """(rows,) factor of each row's frame."""
        return np.array([frame.factor for frame in self.frames])[self.frame]

    def areas(self, row: int, last: int) -> Ints:
        """Areas of a row up to and with position `last`, nearest first."""
        inside = self.members[self.start[row] : last + 1].astype(np.int64)
        found: Ints = np.where(inside < 0, ~inside, inside)
        return found


def candidates(
    coordinates: Floats,
    population: Floats,
    *,
    max_share: float,
    metric: Metric,
    frames: Sequence[Frame] = (Frame(),),
) -> Candidates:
    """Groups around each area whose people are at most `max_share` of all.

    Areas at one distance enter together, so that no answer depends on the order of the rows.

    Parameters
    ----------
    coordinates : (n, 2) any plane unit; longitude and latitude in degrees for "haversine"
    population : (n,) that the share is of
    """
    parts = [_one_frame(frame, coordinates, population, max_share, metric) for frame in frames]
    n = len(coordinates)
    sizes = np.concatenate([part[2] for part in parts])
    return Candidates(
        members=np.concatenate([part[0] for part in parts]),
        start=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        radius=np.concatenate([part[1] for part in parts]),
        centre=np.tile(np.arange(n), len(frames)),
        frame=np.repeat(np.arange(len(frames)), n),
        frames=tuple(frames),
    )


Ragged = tuple[NDArray[np.int32], Floats, Ints]


def _one_frame(
    frame: Frame, coordinates: Floats, population: Floats, max_share: float, metric: Metric
) -> Ragged:
    points = _on_sphere(coordinates) if metric == "haversine" else frame.apply(coordinates)
    extent = float(np.linalg.norm(np.ptp(points, axis=0)))
    cap = max_share * population.sum() * (1 + ROUNDING)
    n = len(points)
    near = min(n, int(1.25 * max_share * n) + 8)
    tree, asked, found = cKDTree(points), np.arange(n), list[tuple[Ints, Ragged]]()
    while len(asked):
        part, short = _nearest(tree, points[asked], near, population=population, cap=cap, tie=TIE * extent)
        if near < n:
            found.append((asked[~short], _kept(part, ~short)))
            asked, near = asked[short], min(n, 2 * near)
        else:
            found.append((asked, part))
            break
    return _in_order(found, metric)


def _on_sphere(coordinates: Floats) -> Floats:
    """Unit vectors: their chords order as great circles do."""
    longitude, latitude = np.deg2rad(coordinates).T
    flat = np.cos(latitude)
    return np.column_stack([flat * np.cos(longitude), flat * np.sin(longitude), np.sin(latitude)])


def _nearest(
    tree: cKDTree, points: Floats, near: int, *, population: Floats, cap: float, tie: float
) -> tuple[Ragged, NDArray[np.bool_]]:
    """Members of each row up to the cap; rows whose `near` neighbours did not reach it are `short`."""
    distance, area = (np.asarray(part) for part in tree.query(points, k=np.arange(1, near + 1)))
    people = np.cumsum(population[area], axis=1)
    follows = np.empty(distance.shape, dtype=bool)  # whether the next area is at the same distance
    follows[:, :-1] = np.diff(distance, axis=1) <= tie
    follows[:, -1] = near < tree.n
    short = (people[:, -1] <= cap) & (near < tree.n)
    ends = ~follows & (people <= cap)
    size = np.where(ends.any(axis=1), near - np.argmax(ends[:, ::-1], axis=1), 0).astype(np.int64)
    inside = np.arange(near) < size[:, None]
    marked = np.where(ends, area, ~area).astype(np.int32)
    return (marked[inside], distance[inside], size), short


def _kept(part: Ragged, rows: NDArray[np.bool_]) -> Ragged:
    members, radius, size = part
    inside = np.repeat(rows, size)
    return members[inside], radius[inside], size[rows]


def _in_order(found: list[tuple[Ints, Ragged]], metric: Metric) -> Ragged:
    """Parts found in several rounds, back in the order of the areas."""
    rows = np.concatenate([asked for asked, _ in found])
    size = np.concatenate([part[2] for _, part in found])
    order = np.argsort(rows, kind="stable")
    first = np.cumsum(size) - size
    take = np.repeat(first[order], size[order]) + _within(size[order])
    members = np.concatenate([part[0] for _, part in found])[take]
    radius = np.concatenate([part[1] for _, part in found])[take]
    if metric == "haversine":
        radius = 2 * EARTH_KM * np.arcsin(np.minimum(radius / 2, 1.0))
    return members, radius, size[order]


def _within(size: Ints) -> Ints:
    """0, 1, .. size - 1 of each row, end to end."""
    return np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
