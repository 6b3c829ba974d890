"""Travel on a road network."""

from functools import cached_property

import numpy as np

from geo.travel.dijkstra import Arcs, Executor, Floats, between, nearest
from geo.travel.graph import RoadGraph
from geo.travel.snap import Snapped, Snapper, arriving, leaving, straight_on
from geo.travel.times import TravelMatrix, as_points

SECONDS = 60.0
METRES_PER_SECOND = 1000 / 3600  # of one kilometre an hour
LEFT_OUT = {"walking": ("waiting_at_crossings", "ferries")}
DRIVING_LEAVES_OUT = ("traffic", "turn_restrictions", "parking", "ferries")


class RoadNetwork:
    """Travel times on a road graph; from homes to centres, in that direction.

    A point is put on the nearest place of a road and reached from there on foot in a straight line; a point
    farther from any road than `snap_limit_m` is unreachable.

    Parameters
    ----------
    graph : roads in a metric CRS
    mode : "driving" or "walking": names the method; as the graph tells, unless told
    snap_limit_m : largest distance to a road, metres, > 0
    access_km_per_hour : speed on foot to the road, > 0
    limit_minutes : longer journeys are unreachable; searches end there
    executor : spreads the searches over cores; the answer is the same bits with any

    Raises
    ------
    ValueError
        If a setting is impossible.
    """

    def __init__(
        self,
        graph: RoadGraph,
        *,
        mode: str | None = None,
        snap_limit_m: float = 1000.0,
        access_km_per_hour: float = 4.8,
        limit_minutes: float | None = None,
        executor: Executor | None = None,
    ) -> None:
        if not (snap_limit_m > 0 and access_km_per_hour > 0 and (limit_minutes is None or limit_minutes > 0)):
            raise ValueError(
                "snap_limit_m, access_km_per_hour and limit_minutes must be > 0; "
                f"got {snap_limit_m}, {access_km_per_hour} and {limit_minutes}"
            )
        self.graph = graph
        self.mode = mode or str(graph.facts.get("mode", "driving"))
        self.snap_limit_m = snap_limit_m
        self.access_km_per_hour = access_km_per_hour
        self.limit_minutes = limit_minutes
        self.executor = executor

    def between(self, origins_m: Floats, destinations_m: Floats) -> TravelMatrix:
        """Minutes from each origin (n, 2) to each destination (m, 2): metres in the graph's CRS."""
        start, end = self._snap(origins_m), self._snap(destinations_m)
        seconds = between(
            self._arcs,
            leaving(self.graph, start),
            arriving(self.graph, end),
            limit_s=self._limit_s,
            executor=self.executor,
        )
        straight_on(start, end, seconds)
        seconds[seconds > self._limit_s] = np.nan
        told = {"origins_too_far": int(start.too_far.sum()), "destinations_too_far": int(end.too_far.sum())}
        return TravelMatrix(
            minutes=seconds / SECONDS,
            method=f"roads_{self.mode}",
            settings={**self.settings, **told},
            left_out=LEFT_OUT.get(self.mode, DRIVING_LEAVES_OUT),
        )

    def nearest(self, destinations_m: Floats) -> Floats:
        """(n,) minutes from every junction `graph.nodes_m` to the nearest of the destinations, NaN = none."""
        end = arriving(self.graph, self._snap(destinations_m))
        return nearest(self._arcs, end, limit_s=self._limit_s) / SECONDS

    @property
    def settings(self) -> dict[str, float | str]:
        """What the times rest on, to print."""
        told: dict[str, float | str] = {
            "snap_limit_m": self.snap_limit_m,
            "access_km_per_hour": self.access_km_per_hour,
        }
        if self.limit_minutes is not None:
            told["limit_minutes"] = self.limit_minutes
        return {**self.graph.facts, **told}

    @property
    def _limit_s(self) -> float:
        return np.inf if self.limit_minutes is None else self.limit_minutes * SECONDS

    @cached_property
    def _arcs(self) -> Arcs:
        return self.graph.arcs()

    @cached_property
    def _snapper(self) -> Snapper:
        return Snapper(self.graph)

    def _snap(self, points_m: Floats) -> Snapped:
        speed = self.access_km_per_hour * METRES_PER_SECOND
        points = as_points(points_m)
        return self._snapper.snap(points, limit_m=self.snap_limit_m, metres_per_second=speed)
