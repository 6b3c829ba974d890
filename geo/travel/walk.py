"""Walking to, from and between bus stops: on a road graph, or in a straight line where there is none."""

from typing import Protocol

import numpy as np
from scipy.spatial import KDTree

from geo.travel.dijkstra import Floats, Ints
from geo.travel.graph import RoadGraph
from geo.travel.snap import Snapped, Snapper, same_link, straight_on

Rows = tuple[Ints, Ints, Floats]  # from, to, seconds


class Walking(Protocol):
    """Nodes that can be walked between; bus stops are among them."""

    size: int
    stops: Ints
    ahead: Rows  # walks before the first bus that lead over nodes
    arcs: Rows  # walks after one
    facts: dict[str, float | str]

    def leave(self, points_m: Floats) -> Rows:
        """Points, nodes that they walk to, and seconds."""
        ...

    def arrive(self, points_m: Floats) -> Rows:
        """Points, nodes from which they are walked to, and seconds."""
        ...

    def direct(self, origins_m: Floats, destinations_m: Floats) -> Floats:
        """(n, m) seconds of ways that lead over no node, NaN where there is none."""
        ...


class StraightWalk:
    """Walking in a straight line times a detour, at most so far to or between stops.

    Parameters
    ----------
    stops_m : (k, 2) metres
    metres_per_second : on foot
    detour : walked over straight
    limit_m : straight metres to a stop, at most
    """

    def __init__(self, stops_m: Floats, *, metres_per_second: float, detour: float, limit_m: float) -> None:
        self.size = len(stops_m)
        self.stops = np.arange(len(stops_m))
        self.facts: dict[str, float | str] = {"walk_detour": detour, "walk_to_stop_limit_m": limit_m}
        self._stops_m = stops_m
        self._tree = KDTree(stops_m)
        self._limit_m = limit_m
        self._seconds_per_m = detour / metres_per_second
        none = np.empty(0, dtype=np.int64)
        self.ahead = (none, none, np.empty(0))  # every stop within the limit is reached at once
        self.arcs = self.leave(stops_m)

    def leave(self, points_m: Floats) -> Rows:
        """Points, stops near them, and seconds."""
        known = np.flatnonzero(np.isfinite(points_m).all(axis=1))
        near = KDTree(points_m[known]).sparse_distance_matrix(
            self._tree, self._limit_m, output_type="ndarray"
        )
        return known[near["i"]], near["j"].astype(np.int64), near["v"] * self._seconds_per_m

    def arrive(self, points_m: Floats) -> Rows:
        """As to leave: a straight line has no direction."""
        return self.leave(points_m)

    def direct(self, origins_m: Floats, destinations_m: Floats) -> Floats:
        """(n, m) seconds of walking all the way."""
        gap = origins_m[:, None, :] - destinations_m[None, :, :]
        seconds: Floats = np.hypot(gap[..., 0], gap[..., 1]) * self._seconds_per_m
        return seconds


class RoadWalk:
    """Walking on a road graph, to which stops are joined where they lie.

    Parameters
    ----------
    stops_m : (k, 2) metres in the graph's CRS
    roads : walking network
    metres_per_second : on foot, from a point to the nearest way
    limit_m : metres to a way, at most
    """

    def __init__(
        self, stops_m: Floats, roads: RoadGraph, *, metres_per_second: float, limit_m: float
    ) -> None:
        self.size = len(roads.nodes_m) + len(stops_m)
        self.stops = len(roads.nodes_m) + np.arange(len(stops_m))
        self._roads = roads
        self._snapper = Snapper(roads)
        self._how = (limit_m, metres_per_second)
        self._at = self._snap(stops_m)
        self.facts: dict[str, float | str] = {
            **roads.facts,
            "snap_limit_m": limit_m,
            "stops_too_far": int(self._at.too_far.sum()),
        }
        out, into, between = self._out(self._at), self._into(self._at), same_link(self._at, self._at)
        self.arcs = (
            np.concatenate([roads.tails, self.stops[out[0]], into[1], self.stops[between[0]]]),
            np.concatenate([roads.heads, out[1], self.stops[into[0]], self.stops[between[1]]]),
            np.concatenate([roads.seconds, out[2], into[2], between[2]]),
        )
        self.ahead = self.arcs

    def leave(self, points_m: Floats) -> Rows:
        """Points, junctions ahead and stops on the same way, and seconds."""
        place = self._snap(points_m)
        point, stop, seconds = same_link(place, self._at)
        return _joined(self._out(place), (point, self.stops[stop], seconds))

    def arrive(self, points_m: Floats) -> Rows:
        """Points, junctions behind and stops on the same way, and seconds."""
        place = self._snap(points_m)
        stop, point, seconds = same_link(self._at, place)
        return _joined(self._into(place), (point, self.stops[stop], seconds))

    def direct(self, origins_m: Floats, destinations_m: Floats) -> Floats:
        """(n, m) seconds along one way without a junction between."""
        seconds = np.full((len(origins_m), len(destinations_m)), np.nan)
        straight_on(self._snap(origins_m), self._snap(destinations_m), seconds)
        return seconds

    def _snap(self, points_m: Floats) -> Snapped:
        limit_m, speed = self._how
        return self._snapper.snap(points_m, limit_m=limit_m, metres_per_second=speed)

    def _out(self, place: Snapped) -> Rows:
        return place.point, self._roads.heads[place.link], place.walk + place.after

    def _into(self, place: Snapped) -> Rows:
        return place.point, self._roads.tails[place.link], place.before + place.walk


def _joined(one: Rows, other: Rows) -> Rows:
    point, node, seconds = (np.concatenate(parts) for parts in zip(one, other, strict=True))
    return point, node, seconds
