"""Bus lines: stops, minutes along them and headways; from a simple table of a municipality's own."""

from collections import defaultdict
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from geo.travel.cache import file_hash
from geo.travel.dijkstra import Floats, Ints
from geo.travel.tables import Row, TableError, read_csv

COLUMNS = ("line", "stop", "headway_minutes", "lon", "lat")
MOST_HEADWAY = 24 * 60.0
EARTH_M = 6_371_000.0
SAME_STOP_DEGREES = 0.01  # one name, one place: about a kilometre


@dataclass(frozen=True, slots=True, kw_only=True)
class BusLine:
    """One direction of a line.

    Attributes
    ----------
    name : what passengers call it
    stops : (k,) rows of the stops, in order
    minutes : (k,) from the first stop, never falling
    headway_minutes : between two buses, > 0
    """

    name: str
    stops: Ints
    minutes: Floats
    headway_minutes: float

    def __post_init__(self) -> None:
        rising = np.isfinite(self.minutes).all() and (np.diff(self.minutes, prepend=0.0) >= 0).all()
        if len(self.stops) < 2 or self.minutes.shape != self.stops.shape or not rising:
            raise ValueError(
                f"line {self.name!r} needs 2 stops or more, and minutes that never fall for each"
            )
        if not 0 < self.headway_minutes < np.inf:
            raise ValueError(f"line {self.name!r} needs a headway > 0 minutes; got {self.headway_minutes}")


@dataclass(frozen=True, slots=True, kw_only=True)
class BusLines:
    """Lines and the stops they serve.

    Attributes
    ----------
    lon, lat : (n,) degrees (WGS 84) of the stops
    lines : each direction is one
    facts : what was read: to print
    """

    lon: Floats
    lat: Floats
    lines: tuple[BusLine, ...]
    facts: dict[str, float | str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (np.isfinite(self.lon).all() and np.isfinite(self.lat).all()):
            raise ValueError(
                "longitudes and latitudes of stops must be finite; leave out a stop without a place"
            )
        for line in self.lines:
            if line.stops.min() < 0 or line.stops.max() >= len(self.lon):
                raise ValueError(f"line {line.name!r} calls at stops that are none of the {len(self.lon)}")


def read_lines(
    path: Path, *, both_ways: bool = True, km_per_hour: float = 18.0, detour: float = 1.3
) -> BusLines:
    """Read a table with the columns line, stop, headway_minutes, lon, lat, and minutes or order.

    Parameters
    ----------
    path : CSV in UTF-8 with commas or semicolons; one row a stop of a line
    both_ways : each line runs back the same way; False where the table lists both directions as lines
    km_per_hour, detour : how minutes are found between stops in `order`, where the table has no `minutes`

    Raises
    ------
    TableError
        With file, row and column of what cannot be used.
    """
    if not (km_per_hour > 0 and detour >= 1):
        raise ValueError(f"km_per_hour must be > 0 and detour >= 1; got {km_per_hour} and {detour}")
    stops: dict[str, tuple[int, float, float]] = {}
    found: dict[str, list[tuple[float, int, Row]]] = defaultdict(list)
    timed = False
    for row in read_csv(path, COLUMNS):
        timed = "minutes" in row.values
        if not timed and "order" not in row.values:
            raise TableError(path.name, "either this column or order is needed", row=1, column="minutes")
        place = row.value("minutes" if timed else "order", low=0)
        found[row.text("line")].append((place, _stop(row, stops), row))
    places = np.array([(lon, lat) for _, lon, lat in stops.values()]).reshape(-1, 2)
    pace = None if timed else detour * 60 / (1000 * km_per_hour)
    lines = [_line(name, rows, places, pace) for name, rows in found.items()]
    if both_ways:
        lines += [_back(line) for line in lines]
    facts: dict[str, float | str] = {"lines_file": path.name, "lines_sha256": file_hash(path)[:12]}
    if not timed:
        facts |= {"bus_km_per_hour": km_per_hour, "bus_detour": detour}
    return BusLines(lon=places[:, 0], lat=places[:, 1], lines=tuple(lines), facts=facts)


def _stop(row: Row, stops: dict[str, tuple[int, float, float]]) -> int:
    """Number of the stop a row names, which always lies in one place."""
    name = row.text("stop")
    lon, lat = row.value("lon", low=-180, high=180), row.value("lat", low=-90, high=90)
    known = stops.setdefault(name, (len(stops), lon, lat))
    if max(abs(known[1] - lon), abs(known[2] - lat)) > SAME_STOP_DEGREES:
        row.refuse("stop", f"{name!r} lies elsewhere in a row above; give two places two names")
    return known[0]


def _line(name: str, rows: list[tuple[float, int, Row]], places: Floats, pace: float | None) -> BusLine:
    """A line of its rows, in order of their minutes or order."""
    rows = sorted(rows, key=lambda found: found[0])
    for (place, stop, _), (after, other, row) in pairwise(rows):
        if after == place and (pace is not None or stop == other):
            row.refuse("order" if pace else "minutes", f"stands twice in line {name!r}")
    headways = {row.value("headway_minutes", low=1 / 60, high=MOST_HEADWAY) for _, _, row in rows}
    if len(rows) < 2 or len(headways) != 1:
        rows[-1][2].refuse("line", f"line {name!r} must have 2 stops or more, and one headway_minutes")
    stops = np.array([stop for _, stop, _ in rows])
    minutes = np.array([place for place, _, _ in rows])
    if pace is not None:
        minutes = np.concatenate([[0.0], np.cumsum(_metres(places[stops]) * pace)])
    return BusLine(name=name, stops=stops, minutes=minutes - minutes[0], headway_minutes=headways.pop())


def _metres(places: Floats) -> Floats:
    """(k - 1,) great-circle metres from each place to the next."""
    lon, lat = np.radians(places).T
    half = np.sin(np.diff(lat) / 2) ** 2
    half += np.cos(lat[1:]) * np.cos(lat[:-1]) * np.sin(np.diff(lon) / 2) ** 2
    metres: Floats = 2 * EARTH_M * np.arcsin(np.sqrt(half))
    return metres


def _back(line: BusLine) -> BusLine:
    return BusLine(
        name=line.name,
        stops=line.stops[::-1],
        minutes=(line.minutes[-1] - line.minutes)[::-1],
        headway_minutes=line.headway_minutes,
    )
