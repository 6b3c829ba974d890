"""Travel by bus and on foot, by headways: walk, wait, ride, change, walk."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from pyproj import Transformer

from geo.crs import WGS84
from geo.travel.dijkstra import Access, Arcs, Executor, Floats, access, arcs, between
from geo.travel.graph import RoadGraph
from geo.travel.lines import BusLine, BusLines
from geo.travel.times import TravelMatrix, as_points
from geo.travel.walk import RoadWalk, Rows, StraightWalk, Walking

SECONDS = 60.0
METRES_PER_SECOND = 1000 / 3600  # of one kilometre an hour
LEFT_OUT = ("timetable", "lines_that_share_a_stop", "delays", "full_buses", "calendar_exceptions")


@dataclass(frozen=True, slots=True, kw_only=True)
class BusSettings:
    """How a journey by bus is counted.

    Attributes
    ----------
    walk_km_per_hour : to a stop in a straight line, or from a point to the nearest way
    walk_detour : walked over straight, where no ways are given
    walk_limit_m : straight metres to a stop, or to a way where ways are given, at most
    max_wait_minutes : half a headway is waited, at most this: of rare buses one knows the times
    transfer_minutes : added at each change of bus
    limit_minutes : longer journeys are unreachable
    """

    walk_km_per_hour: float = 4.8
    walk_detour: float = 1.3
    walk_limit_m: float = 1500.0
    max_wait_minutes: float = 15.0
    transfer_minutes: float = 5.0
    limit_minutes: float | None = None

    def __post_init__(self) -> None:
        limit = 1.0 if self.limit_minutes is None else self.limit_minutes
        if not (min(self.walk_km_per_hour, self.walk_limit_m, limit) > 0 and self.walk_detour >= 1):
            raise ValueError("walk_km_per_hour, walk_limit_m and limit_minutes must be > 0, walk_detour >= 1")
        if not min(self.max_wait_minutes, self.transfer_minutes) >= 0:
            raise ValueError("max_wait_minutes and transfer_minutes must be >= 0")


class BusNetwork:
    """Travel times by bus, or on foot all the way where that is sooner.

    Parameters
    ----------
    lines : of `read_gtfs` or `read_lines`
    epsg : metric CRS of the points given, and of the roads
    roads : walking network; without it people walk in a straight line
    settings : how a journey is counted
    executor : spreads the searches; the answer is the same bits with any

    References
    ----------
    Spiess, Florian (1989), Optimal strategies, Transportation Research B 23(2), 83-102: here the one best
    line is waited for, so that where several lines serve a way the wait is somewhat too long.
    """

    def __init__(
        self,
        lines: BusLines,
        *,
        epsg: int,
        roads: RoadGraph | None = None,
        settings: BusSettings | None = None,
        executor: Executor | None = None,
    ) -> None:
        if roads is not None and roads.epsg != epsg:
            raise ValueError(f"the roads are in EPSG:{roads.epsg}, the points in EPSG:{epsg}; give one CRS")
        if not lines.lines:
            raise ValueError("there is no bus line; read a feed or a table that lists one")
        self.lines = lines
        self.epsg = epsg
        self.roads = roads
        self.settings = settings or BusSettings()
        self.executor = executor

    def between(self, origins_m: Floats, destinations_m: Floats) -> TravelMatrix:
        """Minutes from each origin (n, 2) to each destination (m, 2), metres in the CRS `epsg`."""
        origins, destinations = as_points(origins_m), as_points(destinations_m)
        walk = self._walk
        starts = _access(walk.leave(origins), (0,), n=len(origins))
        ends = _access(walk.arrive(destinations), (0, walk.size), n=len(destinations))
        limit = self.settings.limit_minutes
        limit_s = np.inf if limit is None else limit * SECONDS
        seconds = between(self._arcs, starts, ends, limit_s=limit_s, executor=self.executor)
        seconds = np.fmin(seconds, walk.direct(origins, destinations))
        seconds[seconds > limit_s] = np.nan
        told: dict[str, float | str] = {
            "origins_without_access": int((np.diff(starts.indptr) == 0).sum()),
            "destinations_without_access": int((np.diff(ends.indptr) == 0).sum()),
        }
        return TravelMatrix(
            minutes=seconds / SECONDS, method="bus", settings={**self._told(), **told}, left_out=LEFT_OUT
        )

    def _told(self) -> dict[str, float | str]:
        counted = {
            "bus_lines": len(self.lines.lines),
            "bus_stops": len(self.lines.lon),
            "max_wait_minutes": self.settings.max_wait_minutes,
            "transfer_minutes": self.settings.transfer_minutes,
            "walk_km_per_hour": self.settings.walk_km_per_hour,
        }
        if self.settings.limit_minutes is not None:
            counted["limit_minutes"] = self.settings.limit_minutes
        return {**self.lines.facts, **counted, **self._walk.facts}

    @cached_property
    def _walk(self) -> Walking:
        change = Transformer.from_crs(WGS84, self.epsg, always_xy=True)
        stops_m = np.column_stack(change.transform(self.lines.lon, self.lines.lat))
        speed, limit_m = self.settings.walk_km_per_hour * METRES_PER_SECOND, self.settings.walk_limit_m
        if self.roads is not None:
            return RoadWalk(stops_m, self.roads, metres_per_second=speed, limit_m=limit_m)
        return StraightWalk(
            stops_m, metres_per_second=speed, detour=self.settings.walk_detour, limit_m=limit_m
        )

    @cached_property
    def _arcs(self) -> Arcs:
        """Walking twice, before any bus and after one, and between them each line with nodes of its own."""
        walk = self._walk
        tails, heads, seconds = walk.arcs
        calls = np.concatenate([line.stops for line in self.lines.lines])
        before, aboard = walk.stops[calls], 2 * walk.size + np.arange(len(calls))
        after = before + walk.size
        wait = np.concatenate([np.full(len(line.stops), self._wait_s(line)) for line in self.lines.lines])
        ride = np.concatenate([np.diff(line.minutes, append=np.nan) for line in self.lines.lines]) * SECONDS
        on = np.flatnonzero(~np.isnan(ride))  # from a line's last stop nothing leads on
        change = np.full(len(calls), self.settings.transfer_minutes * SECONDS)
        parts: list[Rows] = [
            walk.ahead,
            (tails + walk.size, heads + walk.size, seconds),
            (before, aboard, wait),
            (after, aboard, wait + change),
            (aboard, after, np.zeros(len(calls))),
            (aboard[on], aboard[on] + 1, ride[on]),
        ]
        whole = [np.concatenate(column) for column in zip(*parts, strict=True)]
        return arcs(whole[0], whole[1], whole[2], n=2 * walk.size + len(calls))

    def _wait_s(self, line: BusLine) -> float:
        return min(line.headway_minutes / 2, self.settings.max_wait_minutes) * SECONDS


def _access(rows: Rows, layers: tuple[int, ...], *, n: int) -> Access:
    """Nodes of points in each of the layers."""
    point, node, seconds = rows
    times = len(layers)
    nodes = np.concatenate([node + layer for layer in layers])
    return access(np.tile(point, times), nodes, np.tile(seconds, times), n=n)
