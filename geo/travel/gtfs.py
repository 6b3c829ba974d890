"""Bus lines of a GTFS feed: how often and how fast each pattern of stops is run on a day and in a window."""

import datetime as dt
import io
import re
import zipfile
import zlib
from collections import Counter, defaultdict
from collections.abc import Container, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geo.travel.cache import file_hash
from geo.travel.dijkstra import Floats
from geo.travel.lines import BusLine, BusLines
from geo.travel.tables import Row, TableError, read_table

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NEEDED = {
    "stops.txt": ("stop_id", "stop_lat", "stop_lon"),
    "routes.txt": ("route_id",),
    "trips.txt": ("route_id", "service_id", "trip_id"),
    "stop_times.txt": ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence"),
    "calendar.txt": ("service_id", *WEEKDAYS, "start_date", "end_date"),
}
FREQUENCIES = ("trip_id", "start_time", "end_time", "headway_secs")
MOST_ENTRIES, MOST_BYTES, MOST_RATIO = 200, 1 << 30, 100  # of the archive; unpacked; unpacked : packed
RATIO_FLOOR_BYTES = 1 << 20
NO_PLACE = ("3", "4")  # stops of these kinds need none, and nobody boards there
HOURS = 48  # trips after midnight count on

TIME = re.compile(r"(\d{1,2}):([0-5]\d):([0-5]\d)")

Call = tuple[float, str, float, float]  # order, stop, arrival and departure in seconds
Places = dict[str, tuple[float, float]]
Window = tuple[float, float]  # seconds after midnight


class Pattern(NamedTuple):
    """Runs of a route along the same stops."""

    name: str
    stops: tuple[str, ...]
    departures: list[float]
    minutes: list[Floats]

    def add(self, departures: float, minutes: Floats) -> None:
        """Count a trip."""
        self.departures.append(departures)
        self.minutes.append(minutes)


def read_gtfs(path: Path, *, weekday: str, window: tuple[float, float] = (7.0, 10.0)) -> BusLines:
    """Read the lines that run on a weekday, with the headways of a window of departure.

    The day is the one, of all days of that name, on which most trips run. Trips of a route that call at the
    same stops are one line; its headway is the window over its departures in it, its minutes the medians.

    Parameters
    ----------
    path : zip of CSV files
    weekday : "monday" to "sunday"
    window : hours of the day between which trips depart from their first stop, up to 48

    Raises
    ------
    TableError
        With file, row and column of what cannot be used.
    """
    if weekday not in WEEKDAYS or not 0 <= window[0] < window[1] <= HOURS:
        raise ValueError(
            f'weekday must be "monday" to "sunday" and window rising hours; got {weekday!r}, {window}'
        )
    seconds = (window[0] * 3600, window[1] * 3600)
    try:
        with zipfile.ZipFile(path) as archive:
            _check(archive, path)
            patterns, stops, day = _read(archive, weekday, seconds)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as why:
        raise TableError(path.name, f"cannot be unpacked ({why})") from why
    if not patterns:
        raise TableError(path.name, f"no trip departs on {day} from {window[0]:g} to {window[1]:g} h")
    used = {stop for pattern in patterns for stop in pattern.stops}
    number = {stop: row for row, stop in enumerate(stop for stop in stops if stop in used)}
    places = np.array([stops[stop] for stop in number])
    return BusLines(
        lon=places[:, 0],
        lat=places[:, 1],
        lines=tuple(_line(pattern, number, seconds) for pattern in patterns),
        facts={
            "gtfs": path.name,
            "gtfs_sha256": file_hash(path)[:12],
            "day": f"{weekday} {day}",
            "window": f"{window[0]:g}-{window[1]:g} h",
        },
    )


def _check(archive: zipfile.ZipFile, path: Path) -> None:
    listing = archive.infolist()
    unpacked = sum(member.file_size for member in listing)
    if len(listing) > MOST_ENTRIES or unpacked > MOST_BYTES:
        raise TableError(path.name, f"more than {MOST_ENTRIES} files or {MOST_BYTES >> 20} MiB unpacked")
    if unpacked > RATIO_FLOOR_BYTES and unpacked > MOST_RATIO * path.stat().st_size:
        raise TableError(path.name, f"packed more than {MOST_RATIO} to 1, as no feed is")
    for name in NEEDED:
        if name not in archive.namelist():
            raise TableError(name, f"is missing in {path.name}")


def _rows(archive: zipfile.ZipFile, name: str, columns: tuple[str, ...]) -> Iterator[Row]:
    with archive.open(name) as packed, io.TextIOWrapper(packed, encoding="utf-8-sig", newline="") as stream:
        yield from read_table(stream, name, columns)


def _read(archive: zipfile.ZipFile, weekday: str, window: Window) -> tuple[list[Pattern], Places, dt.date]:
    """Patterns that run, the places of all stops, and the day."""
    rows = {name: _rows(archive, name, columns) for name, columns in NEEDED.items()}
    stops = dict(_place(row) for row in rows["stops.txt"] if row.values.get("location_type") not in NO_PLACE)
    routes = {row.text("route_id"): _name(row) for row in rows["routes.txt"]}
    trips: dict[str, tuple[str, str]] = {}
    for row in rows["trips.txt"]:
        trips[row.text("trip_id")] = (_known(row, "route_id", routes), row.text("service_id"))
    size = Counter(service for _, service in trips.values())
    services, day = _services(rows["calendar.txt"], weekday, size)
    calls: dict[str, list[Call]] = defaultdict(list)
    for row in rows["stop_times.txt"]:
        trip = _known(row, "trip_id", trips)
        if trips[trip][1] in services:
            calls[trip].append(_call(row, stops))
    often = _often(archive)
    found: dict[tuple[str, tuple[str, ...]], Pattern] = {}
    for trip, called in calls.items():
        run = _run(sorted(called), often.get(trip), window)
        if run is not None:
            key = (routes[trips[trip][0]], tuple(stop for _, stop, *_ in sorted(called)))
            found.setdefault(key, Pattern(*key, [], [])).add(*run)
    return list(found.values()), stops, day


def _place(row: Row) -> tuple[str, tuple[float, float]]:
    lon, lat = row.value("stop_lon", low=-180, high=180), row.value("stop_lat", low=-90, high=90)
    return row.text("stop_id"), (lon, lat)


def _name(row: Row) -> str:
    named = row.values.get("route_short_name") or row.values.get("route_long_name")
    return named or row.text("route_id")


def _known(row: Row, column: str, known: Container[str]) -> str:
    word = row.text(column)
    return word if word in known else row.refuse(column, f"{word[:40]!r} is listed nowhere")


def _services(rows: Iterator[Row], weekday: str, size: Counter[str]) -> tuple[set[str], dt.date]:
    """Services that run on that day of the week on which most trips do, and the day."""
    spans = [(_date(row, "start_date"), _date(row, "end_date"), row) for row in rows]
    spans = [span for span in spans if span[2].value(weekday, low=0, high=1)]
    number = WEEKDAYS.index(weekday)
    days = {start + dt.timedelta((number - start.weekday()) % 7) for start, _, _ in spans}
    running = {
        day: {row.text("service_id") for start, end, row in spans if start <= day <= end}
        for day in sorted(days)
    }
    if not any(running.values()):
        raise TableError("calendar.txt", "no service runs", column=weekday)
    best = max(running, key=lambda day: sum(size[service] for service in running[day]))
    return running[best], best


def _date(row: Row, column: str) -> dt.date:
    word = row.text(column)
    try:
        return dt.datetime.strptime(word, "%Y%m%d").date()
    except ValueError:
        row.refuse(column, f"{word[:40]!r} is no day written as 20261130")
        raise


def _call(row: Row, stops: Places) -> Call:
    stop = _known(row, "stop_id", stops)
    arrival, departure = _seconds(row, "arrival_time"), _seconds(row, "departure_time")
    arrival = departure if np.isnan(arrival) else arrival
    return row.value("stop_sequence", low=0), stop, arrival, arrival if np.isnan(departure) else departure


def _seconds(row: Row, column: str) -> float:
    """Seconds after midnight, NaN where a time is left open between two that are told."""
    word = row.values.get(column, "")
    if not word:
        return float("nan")
    found = TIME.fullmatch(word)
    if not found:
        row.refuse(column, f"{word[:40]!r} is no time written as 08:30:00")
        return float("nan")
    hours, minutes, seconds = (int(part) for part in found.groups())
    return hours * 3600.0 + minutes * 60 + seconds


def _often(archive: zipfile.ZipFile) -> dict[str, list[tuple[float, float, float]]]:
    """Trips told as running every so many seconds: from, until, seconds."""
    found: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    if "frequencies.txt" in archive.namelist():
        for row in _rows(archive, "frequencies.txt", FREQUENCIES):
            span = (_seconds(row, "start_time"), _seconds(row, "end_time"), row.value("headway_secs", low=1))
            found[row.text("trip_id")].append(span)
    return found


def _run(
    calls: list[Call], often: list[tuple[float, float, float]] | None, window: Window
) -> tuple[float, Floats] | None:
    """Departures of a trip in the window and its minutes from the first stop, None without any."""
    *_, arrival, departure = zip(*calls, strict=True)
    if often is None:
        departures = float(window[0] <= departure[0] < window[1])
    else:
        overlaps = (
            max(min(end, window[1]) - max(start, window[0]), 0) / every for start, end, every in often
        )
        departures = float(sum(overlaps))
    times = np.array([departure[0], *arrival[1:]])
    told = np.flatnonzero(~np.isnan(times))
    if len(calls) < 2 or not departures > 0:
        return None
    if np.isnan(times[[0, -1]]).any() or (np.diff(times[told]) < 0).any():
        what = f"a trip from stop {calls[0][1][:40]!r} lacks its first or last time, or goes back in time"
        raise TableError("stop_times.txt", what, column="arrival_time")
    times = np.interp(np.arange(len(times)), told, times[told])
    return departures, (times - times[0]) / 60


def _line(pattern: Pattern, number: dict[str, int], window: Window) -> BusLine:
    return BusLine(
        name=pattern.name,
        stops=np.array([number[stop] for stop in pattern.stops]),
        minutes=np.maximum.accumulate(np.median(pattern.minutes, axis=0)),
        headway_minutes=(window[1] - window[0]) / 60 / sum(pattern.departures),
    )
