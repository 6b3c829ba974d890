"""Points put on the nearest place of a road, not only on the nearest junction."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from shapely import STRtree

from geo.travel.dijkstra import Access, Bools, Floats, Ints, access
from geo.travel.graph import RoadGraph


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapped:
    """Where points lie on links; a point on a two-way street or at a crossing has several rows.

    Attributes
    ----------
    n : points
    point, link : (k,)
    before, after : (k,) seconds on the link from its tail to the place, and from there to its head
    walk : (k,) seconds from the point to the place
    too_far : (n,) points that no road is near enough to, or without coordinates
    """

    n: int
    point: Ints
    link: Ints
    before: Floats
    after: Floats
    walk: Floats
    too_far: Bools


class Snapper:
    """Index of a graph's segments."""

    def __init__(self, graph: RoadGraph) -> None:
        self.graph = graph

    @cached_property
    def _tree(self) -> STRtree:
        segments = self.graph.segments[self._entered]
        return STRtree(np.asarray(shapely.linestrings(self.graph.points_m[segments])))

    @cached_property
    def _entered(self) -> Ints:
        return np.flatnonzero(self.graph.entered)

    @cached_property
    def _meeting(self) -> tuple[Ints, Ints]:
        """Rows of the segments that meet in each point."""
        ends = self.graph.segments.ravel()
        order = np.argsort(ends, kind="stable")
        first = np.searchsorted(ends[order], np.arange(len(self.graph.points_m) + 1))
        return first, order // 2

    def snap(self, points_m: Floats, *, limit_m: float, metres_per_second: float) -> Snapped:
        """Places of (n, 2) points in the graph's CRS on the nearest segment within `limit_m`."""
        known = np.flatnonzero(np.isfinite(points_m).all(axis=1))
        row, found = self._tree.query_nearest(
            shapely.points(points_m[known]), max_distance=limit_m, all_matches=False
        )
        point, segment = known[row], self._entered[found]
        along, metres = _foot(points_m[point], self.graph.points_m[self.graph.segments[segment]])
        too_far = np.ones(len(points_m), dtype=np.bool_)
        too_far[point] = False
        which, segment, along = self._spread(segment, along)
        return self._on_links(
            (point[which], segment, along), metres[which] / metres_per_second, too_far=too_far
        )

    def _spread(self, segment: Ints, along: Floats) -> tuple[Ints, Ints, Floats]:
        """Rows, segments and shares: a place at a segment's end is on all segments that meet there."""
        inner = np.flatnonzero((along > 0) & (along < 1))
        outer = np.flatnonzero((along <= 0) | (along >= 1))
        corner = self.graph.segments[segment[outer], (along[outer] >= 1).astype(np.int64)]
        first, meeting = self._meeting
        count = first[corner + 1] - first[corner]
        which = np.repeat(np.arange(len(outer)), count)
        within = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
        met = meeting[first[corner[which]] + within]
        share = (self.graph.segments[met, 1] == corner[which]).astype(np.float64)
        return (
            np.concatenate([inner, outer[which]]),
            np.concatenate([segment[inner], met]),
            np.concatenate([along[inner], share]),
        )

    def _on_links(self, place: tuple[Ints, Ints, Floats], walk: Floats, *, too_far: Bools) -> Snapped:
        point, segment, along = place
        graph = self.graph
        row, way = np.nonzero(graph.links[segment] >= 0)
        here = (segment[row], way)
        link = graph.links[here]
        share = np.where(way == 0, along[row], 1 - along[row])
        before = np.minimum(graph.before[here] + share * graph.spent[here], graph.seconds[link])
        after = graph.seconds[link] - before
        return Snapped(
            n=len(too_far),
            point=point[row],
            link=link,
            before=before,
            after=after,
            walk=walk[row],
            too_far=too_far,
        )


def _foot(points_m: Floats, ends_m: Floats) -> tuple[Floats, Floats]:
    """Share of each segment at which its point is nearest, and metres between them."""
    start, step = ends_m[:, 0], ends_m[:, 1] - ends_m[:, 0]
    length = np.maximum((step**2).sum(axis=1), np.finfo(np.float64).tiny)
    share = np.clip(((points_m - start) * step).sum(axis=1) / length, 0, 1)
    off = points_m - start - share[:, None] * step
    return share, np.hypot(off[:, 0], off[:, 1])


def leaving(graph: RoadGraph, place: Snapped) -> Access:
    """How points enter the graph: walk to the road, then on to the end of the link."""
    return access(place.point, graph.heads[place.link], place.walk + place.after, n=place.n)


def arriving(graph: RoadGraph, place: Snapped) -> Access:
    """How points are reached from the graph: from the beginning of the link, then walk."""
    return access(place.point, graph.tails[place.link], place.before + place.walk, n=place.n)


def same_link(start: Snapped, end: Snapped) -> tuple[Ints, Ints, Floats]:
    """Starts, ends and seconds of the pairs on one link whose end comes after the start."""
    order = np.argsort(end.link, kind="stable")
    links = end.link[order]
    low = np.searchsorted(links, start.link, side="left")
    count = np.searchsorted(links, start.link, side="right") - low
    row = np.repeat(np.arange(len(start.link)), count)
    within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    column = order[low[row] + within]
    ridden = end.before[column] - start.before[row]
    ahead = ridden >= 0
    row, column = row[ahead], column[ahead]
    return start.point[row], end.point[column], start.walk[row] + ridden[ahead] + end.walk[column]


def straight_on(start: Snapped, end: Snapped, seconds: Floats) -> None:
    """Lower `seconds` (starts, ends) where no junction lies between them."""
    row, column, took = same_link(start, end)
    np.fmin.at(seconds, (row, column), took)
