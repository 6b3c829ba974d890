"""A routing server of one's own: OSRM's `table` or Valhalla's `sources_to_targets`, asked for minutes.

Only coordinates of areas and centres leave this process, rounded to a metre: no names, numbers or counts.
"""

import contextlib
import http.client
import json
import math
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Timer
from typing import Any, Literal, NoReturn, get_args
from urllib.parse import SplitResult, urlsplit

import numpy as np
from pyproj import Transformer

from geo.crs import WGS84
from geo.travel.dijkstra import Floats
from geo.travel.times import TravelMatrix, as_points

Service = Literal["osrm", "valhalla"]
LOOPBACK = ("localhost", "127.0.0.1", "::1")
DECIMALS = 5  # of a degree: a metre
BYTES_PER_PAIR, BYTES_APART = 256, 1 << 20  # the largest answer that is read
CHUNK_BYTES = 1 << 16
SECONDS = 60.0
OK = 200


class RoutingServerError(RuntimeError):
    """A routing server that cannot be reached or understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutingServer:
    """Travel times of a routing server.

    Attributes
    ----------
    base_url : https, or http on this machine; a path before the service's own is kept
    allowed_hosts : names that may be asked at all; the URL's must be one of them
    epsg : metric CRS of the points given
    service : "osrm" or "valhalla"
    profile : OSRM's profile ("driving") or Valhalla's costing ("auto")
    timeout_seconds : for a whole answer
    batch_size : origins and destinations in one question, each at most; a server of OSRM takes 100 in all
    snap_limit_m : points that OSRM puts farther away on a road are unreachable

    Raises
    ------
    ValueError
        If the URL is not allowed or a setting impossible.
    """

    base_url: str
    allowed_hosts: tuple[str, ...]
    epsg: int
    service: Service = "osrm"
    profile: str = "driving"
    timeout_seconds: float = 30.0
    batch_size: int = 50
    snap_limit_m: float = 1000.0

    def __post_init__(self) -> None:
        url = self._url
        if url.hostname is None or url.hostname not in self.allowed_hosts:
            raise ValueError(
                f"host {url.hostname!r} is none of the allowed ones: {', '.join(self.allowed_hosts)}"
            )
        if url.scheme != "https" and not (url.scheme == "http" and url.hostname in LOOPBACK):
            raise ValueError(
                f"a routing server is asked by https, or by http on this machine; got {self.base_url}"
            )
        if url.username is not None or url.password is not None or url.query or url.fragment:
            raise ValueError("the URL of a routing server must not hold a password, a query or a fragment")
        if self.service not in get_args(Service) or not self.profile.replace("_", "").isalnum():
            raise ValueError(f"no such service or profile: {self.service!r}, {self.profile!r}")
        if not (self.timeout_seconds > 0 and self.batch_size >= 1 and self.snap_limit_m > 0):
            raise ValueError("timeout_seconds and snap_limit_m must be > 0 and batch_size at least 1")

    @property
    def _url(self) -> SplitResult:
        url = urlsplit(self.base_url)
        _ = url.port  # raises ValueError where it is no number
        return url

    def between(self, origins_m: Floats, destinations_m: Floats) -> TravelMatrix:
        """Minutes from each origin (n, 2) to each destination (m, 2), NaN where the server knows no way.

        Raises
        ------
        RoutingServerError
            If the server does not answer in time, refuses, or answers something else.
        """
        start, end = (_places(points, self.epsg) for points in (origins_m, destinations_m))
        minutes = np.full((len(start), len(end)), np.nan)
        rows, columns = (np.flatnonzero(np.isfinite(places).all(axis=1)) for places in (start, end))
        size = self.batch_size
        for top in range(0, len(rows), size):
            for left in range(0, len(columns), size):
                here = np.ix_(rows[top : top + size], columns[left : left + size])
                minutes[here] = self._ask(start[here[0].ravel()], end[here[1].ravel()]) / SECONDS
        return TravelMatrix(
            minutes=minutes,
            method=f"server_{self.service}",
            settings={
                "host": str(self._url.hostname),
                "profile": self.profile,
                "origins_unknown": len(start) - len(rows),
                "destinations_unknown": len(end) - len(columns),
            },
            left_out=("extract_of_the_server", "traffic"),
        )

    def _ask(self, start: Floats, end: Floats) -> Floats:
        """(rows, columns) seconds of one batch."""
        limit = BYTES_APART + BYTES_PER_PAIR * len(start) * len(end)
        method, path, body = (_osrm if self.service == "osrm" else _valhalla)(start, end, self.profile)
        data = self._fetch(method, self._url.path.rstrip("/") + path, body, limit=limit)
        try:
            answer = json.loads(data, parse_constant=_refuse_constant)
            read = _read_osrm if self.service == "osrm" else _read_valhalla
            return read(answer, (len(start), len(end)), self.snap_limit_m)
        except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as why:
            raise self._failed(
                f"answered something else than a table of times ({type(why).__name__})"
            ) from why

    def _fetch(self, method: str, path: str, body: bytes | None, *, limit: int) -> bytes:
        """Body of an answer: no redirect is followed, no more than `limit` read, and never too long."""
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(str(self._url.hostname), self._url.port, timeout=self.timeout_seconds)
        ends = time.monotonic() + self.timeout_seconds
        clock = Timer(self.timeout_seconds, lambda: _cut(connected))
        clock.daemon = True
        try:
            connection.connect()
            connected = connection.sock
            clock.start()
            headers = {"Content-Type": "application/json"} if body else {}
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            if answer.status != OK:
                raise self._failed(f"answered with status {answer.status}; only {OK} is understood")
            data = answer.read(limit + 1)
            if time.monotonic() >= ends:
                raise TimeoutError  # cut, which reads as an end
        except (OSError, http.client.HTTPException) as why:
            raise self._failed(
                f"did not answer within {self.timeout_seconds:g} s ({type(why).__name__})"
            ) from why
        finally:
            clock.cancel()
            connection.close()
        if len(data) > limit:
            raise self._failed(f"answered with more than {limit} bytes")
        return data

    def _failed(self, what: str) -> RoutingServerError:
        return RoutingServerError(
            f"the routing server {self._url.hostname} {what}; check the service, or use another way to travel"
        )


def _cut(connected: socket.socket) -> None:
    """End a connection that takes too long: whoever reads from it sees its end."""
    with contextlib.suppress(OSError):  # it may have ended by itself just now
        connected.shutdown(socket.SHUT_RDWR)


def _places(points_m: Floats, epsg: int) -> Floats:
    """(n, 2) longitude and latitude, NaN for a point nobody knows."""
    points = as_points(points_m)
    change = Transformer.from_crs(epsg, WGS84, always_xy=True)
    places = np.column_stack(change.transform(points[:, 0], points[:, 1]))
    places[~(np.abs(places) <= (180.0, 90.0)).all(axis=1)] = np.nan
    return places.round(DECIMALS)


# ------------------------------------------------------------------ services
def _osrm(start: Floats, end: Floats, profile: str) -> tuple[str, str, bytes | None]:
    places = ";".join(f"{lon:.{DECIMALS}f},{lat:.{DECIMALS}f}" for lon, lat in (*start, *end))
    sources = ";".join(map(str, range(len(start))))
    targets = ";".join(str(len(start) + column) for column in range(len(end)))
    asked = f"annotations=duration&generate_hints=false&sources={sources}&destinations={targets}"
    return "GET", f"/table/v1/{profile}/{places}?{asked}", None


def _read_osrm(answer: Mapping[str, object], shape: tuple[int, int], snap_limit_m: float) -> Floats:
    if answer["code"] != "Ok":
        raise ValueError(answer["code"])
    seconds = _table(answer["durations"], shape)
    for axis, name in enumerate(("sources", "destinations")):
        far = _distances(answer.get(name), shape[axis]) > snap_limit_m
        seconds[(far, slice(None)) if axis == 0 else (slice(None), far)] = np.nan
    return seconds


def _distances(points: object, count: int) -> Floats:
    """Metres between points and the roads they were put on, 0 where it is not told."""
    if points is None:
        return np.zeros(count)
    found = [float(point.get("distance", 0.0)) for point in _rows(points, count)]
    return np.array(found)


def _valhalla(start: Floats, end: Floats, profile: str) -> tuple[str, str, bytes | None]:
    asked = {
        "sources": [{"lon": float(lon), "lat": float(lat)} for lon, lat in start],
        "targets": [{"lon": float(lon), "lat": float(lat)} for lon, lat in end],
        "costing": profile,
        "verbose": False,
    }
    return "POST", "/sources_to_targets", json.dumps(asked).encode()


def _read_valhalla(answer: Mapping[str, object], shape: tuple[int, int], _: float) -> Floats:
    found = answer["sources_to_targets"]
    if isinstance(found, Mapping):  # terse
        return _table(found["durations"], shape)
    times = [[pair["time"] for pair in _rows(row, shape[1])] for row in _rows(found, shape[0])]
    return _table(times, shape)


def _table(rows: object, shape: tuple[int, int]) -> Floats:
    """Seconds of a table as JSON, null = NaN."""
    return np.array([[_number(value) for value in _rows(row, shape[1])] for row in _rows(rows, shape[0])])


def _rows(found: object, count: int) -> list[Any]:
    if not isinstance(found, list) or len(found) != count:
        raise ValueError("not the rows that were asked for")
    return found


def _number(value: object) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise ValueError("not a time")
    return float(value)


def _refuse_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number of JSON")
