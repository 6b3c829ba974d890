import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from pyproj import Transformer

from geo.travel import RoutingServer, RoutingServerError

EPSG = 5254
HOMES = np.array([[500_000.0, 4_100_000], [501_000, 4_100_000], [502_000, 4_101_000]])
CENTRES = np.array([[500_000.0, 4_102_000], [503_000, 4_100_000]])


class Router(BaseHTTPRequestHandler):
    """Answers as OSRM and Valhalla do, with seconds that tell which pair they are of."""

    def do_GET(self):
        self.server.asked.append((self.path, dict(self.headers), b""))
        url = urlsplit(self.path)
        places = [tuple(map(float, place.split(","))) for place in url.path.rsplit("/", 1)[1].split(";")]
        rows, columns = (
            [places[int(k)] for k in parse_qs(url.query)[name][0].split(";")]
            for name in ("sources", "destinations")
        )
        points = {
            name: [{"distance": self.server.off} for _ in of]
            for name, of in (("sources", rows), ("destinations", columns))
        }
        self.answer({"code": "Ok", "durations": self.table(rows, columns), **points})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, dict(self.headers), body))
        rows, columns = (
            [(p["lon"], p["lat"]) for p in json.loads(body)[name]] for name in ("sources", "targets")
        )
        table = self.table(rows, columns)
        terse = {"durations": table, "distances": table}
        long = [[{"time": seconds, "distance": 1.0} for seconds in row] for row in table]
        self.answer({"sources_to_targets": terse if self.server.terse else long})

    def table(self, rows, columns):
        return [[self.server.seconds(one, other) for other in columns] for one in rows]

    def answer(self, found):
        data = self.server.data if self.server.data is not None else json.dumps(found).encode()
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()
        for byte in range(0, len(data), self.server.pace or len(data)):
            self.wfile.write(data[byte : byte + (self.server.pace or len(data))])
            time.sleep(0.02 if self.server.pace else 0)

    def log_message(self, *_):
        pass


def seconds(one, other):
    """Degrees apart, in millionths; none beyond three hundredths of a degree."""
    apart = abs(one[0] - other[0]) + abs(one[1] - other[1])
    return None if apart > 0.03 else round(apart * 1e6)


@pytest.fixture
def router():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Router)
    server.asked, server.data, server.status, server.terse = [], None, 200, False
    server.off, server.pace, server.seconds, server.daemon_threads = 3.0, 0, seconds, True
    server.handle_error = lambda *_: None  # a client that hangs up is what is tested
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def client(router, **given):
    url = f"http://127.0.0.1:{router.server_port}"
    return RoutingServer(**({"base_url": url, "allowed_hosts": ("127.0.0.1",), "epsg": EPSG} | given))


def expected():
    change = Transformer.from_crs(EPSG, 4326, always_xy=True)
    start, end = (np.column_stack(change.transform(*points.T)).round(5) for points in (HOMES, CENTRES))
    return np.array([[np.nan if (s := seconds(a, b)) is None else s / 60 for b in end] for a in start])


@pytest.mark.parametrize("batch_size", [1, 2, 50])
@pytest.mark.parametrize(
    ("service", "terse"),
    [("osrm", False), ("valhalla", False), ("valhalla", True)],
    ids=["osrm", "long", "terse"],
)
def test_minutes_of_the_server_in_place(router, service, terse, batch_size):
    router.terse = terse
    profile = "driving" if service == "osrm" else "auto"
    made = client(router, service=service, profile=profile, batch_size=batch_size).between(HOMES, CENTRES)
    np.testing.assert_allclose(made.minutes, expected(), rtol=1e-4)
    assert np.isnan(made.minutes).any()
    assert not np.isnan(made.minutes).all()
    assert len(router.asked) == {1: 6, 2: 2, 50: 1}[batch_size]
    assert made.method == f"server_{service}"
    assert made.settings["host"] == "127.0.0.1"


@pytest.mark.parametrize(("service", "profile"), [("osrm", "driving"), ("valhalla", "auto")])
def test_only_rounded_coordinates_are_sent(router, service, profile):
    client(router, service=service, profile=profile).between(HOMES[:1], CENTRES[:1])
    ((path, headers, body),) = router.asked
    assert set(headers) <= {"Host", "Accept-Encoding", "Content-Type", "Content-Length"}
    if service == "osrm":
        asked = "annotations=duration&generate_hints=false&sources=0&destinations=1"
        assert path == f"/table/v1/driving/30.00000,37.03144;30.00000,37.04946?{asked}"
    else:
        assert set(json.loads(body)) == {"sources", "targets", "costing", "verbose"}
        assert json.loads(body)["sources"] == [{"lon": 30.0, "lat": 37.03144}]


def test_a_point_nobody_knows_is_not_sent_and_unreachable(router):
    homes = np.array([[np.nan, 0], HOMES[0], [1e12, 0]])
    made = client(router).between(homes, CENTRES[:1])
    assert np.isnan(made.minutes[:, 0]).tolist() == [True, False, True]
    assert router.asked[0][0].count(";") == 1
    assert made.settings["origins_unknown"] == 2
    assert client(router).between(homes[:1], CENTRES).minutes.shape == (1, 2)


def test_a_point_the_server_moved_far_is_unreachable(router):
    router.off = 1500.0
    assert np.isnan(client(router).between(HOMES, CENTRES).minutes).all()
    assert not np.isnan(client(router, snap_limit_m=2000).between(HOMES, CENTRES).minutes).all()


# -------------------------------------------------------------------- refused
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"code": "Ok"}',
        b'{"code": "NoSegment", "durations": [[1]]}',
        b'{"code": "Ok", "durations": [[1, 2]]}',
        b'{"code": "Ok", "durations": [[-1]]}',
        b'{"code": "Ok", "durations": [["1"]]}',
        b'{"code": "Ok", "durations": [[true]]}',
        b'{"code": "Ok", "durations": [[NaN]]}',
        b'{"code": "Ok", "durations": [[1e999]]}',
        b'{"code": "Ok", "durations": [[1]], "sources": [1]}',
        b"[" * 100_000,
        b"\xff\xfe",
    ],
    ids=str,
)
def test_an_answer_that_is_no_table_is_refused(router, data):
    router.data = data[:200_000]
    with pytest.raises(RoutingServerError, match="something else than a table"):
        client(router).between(HOMES[:1], CENTRES[:1])


@pytest.mark.parametrize("status", [301, 302, 307, 400, 500, 204])
def test_no_redirect_is_followed_and_no_refusal_taken_for_an_answer(router, status):
    router.status = status
    with pytest.raises(RoutingServerError, match=f"status {status}"):
        client(router).between(HOMES, CENTRES)
    assert len(router.asked) == 1


def test_an_answer_without_end_is_cut(router):
    router.data = b" " * (3 << 20)
    with pytest.raises(RoutingServerError, match="more than"):
        client(router).between(HOMES, CENTRES)


def test_a_slow_answer_ends_in_time_even_if_bytes_keep_coming(router):
    router.data, router.pace = b" " * 1000, 1
    began = time.monotonic()
    with pytest.raises(RoutingServerError, match=r"within 0\.3 s"):
        client(router, timeout_seconds=0.3).between(HOMES[:1], CENTRES[:1])
    assert time.monotonic() - began < 3


def test_nobody_there_is_told(router):
    made = client(router)
    router.socket.close()
    with pytest.raises(RoutingServerError, match=r"127\.0\.0\.1 did not answer"):
        made.between(HOMES, CENTRES)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"base_url": "https://routes.example.org"}, "none of the allowed"),
        ({"base_url": "https://127.0.0.1.example.org"}, "none of the allowed"),
        ({"base_url": "https://127.0.0.1@example.org"}, "none of the allowed"),
        ({"base_url": "file:///etc/passwd"}, "none of the allowed"),
        ({"base_url": "http://10.0.0.1", "allowed_hosts": ("10.0.0.1",)}, "https"),
        ({"base_url": "ftp://127.0.0.1"}, "https"),
        ({"base_url": "https://me:secret@127.0.0.1"}, "password"),
        ({"base_url": "https://127.0.0.1/?key=1"}, "query"),
        ({"base_url": "https://127.0.0.1:port"}, "[Pp]ort"),
        ({"service": "google"}, "service or profile"),
        ({"profile": "driving/../x"}, "service or profile"),
        ({"timeout_seconds": 0}, "must be > 0"),
        ({"batch_size": 0}, "at least 1"),
    ],
)
def test_a_foreign_host_or_impossible_setting_is_refused(given, said):
    base = {"base_url": "http://127.0.0.1:5000", "allowed_hosts": ("127.0.0.1",), "epsg": EPSG}
    with pytest.raises(ValueError, match=said):
        RoutingServer(**(base | given))
