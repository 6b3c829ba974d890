"""How fast the pages are, with a real browser, and how many people two cores carry, without one.

Seconds run from the address being asked for to the map painted and the table there. A change is another topic
chosen. The crowd replays what a browser sent: its websocket messages and the addresses of its tiles.
"""

import concurrent.futures
import contextlib
import datetime as dt
import importlib.util
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import psutil
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from app.auth import people, sign_in
from app.auth.people import NewUser
from app.auth.roles import Role
from app.settings import Settings
from app.store import surveys
from app.store.logins import Login
from app.store.migrate import migrate
from app.store.server import PrivateServer
from app.store.session import Store

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium-headless-shell"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
REPEATS = 5
CROWD, CROWD_SECONDS, EACH_SECONDS = 20, 60, 10
LEAST_PARTS = 30  # of a page with a map and its table
COOKIE = "__Host-mahalle"
PLACE, NAME = "/risk-haritasi", "bench"
SETTLE_SECONDS = 5.0  # a server is not measured in its first breath
KIB, MIB = 1 << 10, 1 << 20
TARGETS = {  # areas: (cold, warm, change) seconds, KiB a change
    913: (4.0, 1.8, 0.8, 50),
    32_000: (None, 3.0, 1.5, 80),
}


class Pages:
    """A running `mahalle serve` over one store."""

    def __init__(self, settings):
        self.settings = settings
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def running(self):
        """From the first answer to the end."""
        given = {"HOME": self.settings.home, "SOCKETS": self.settings.sockets, "SECOND_FACTOR": "off"}
        environment = os.environ | {f"MAHALLE_{name}": str(value) for name, value in given.items()}
        environment |= {"MAHALLE_INSTANCE": self.settings.instance}
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port)]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, cwd=ROOT)
        try:
            while not self._answers():
                assert process.poll() is None
                time.sleep(0.1)
            time.sleep(SETTLE_SECONDS)
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(30)

    def _answers(self):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.address}/saglik", timeout=5):
            return True
        return False

    def secret(self):
        """What the planner signs in with: a fresh code; a demonstration asks for no more."""
        now = dt.datetime.now(dt.UTC)
        with contextlib.closing(Store.open(self.settings)) as store:
            if not any(one.name == NAME for one in people.everybody(store)):
                new = NewUser(name=NAME, display="Bench", role=Role.PLANNER)
                return people.add(store, new, actor="bench", now=now).code
            return people.code(store, NAME, actor="bench", now=now).code

    def token(self):
        """A session of the planner's, for who has no browser."""
        now = dt.datetime.now(dt.UTC)
        secret = self.secret()
        with contextlib.closing(Store.open(self.settings)) as store:
            return sign_in.sign_in(store, NAME, secret, address="", now=now).token

    def sign_in(self, context):
        """Sign a browser in by the form, without the page behind it being asked for yet."""
        page = context.new_page()
        page.route(f"**{PLACE}*", lambda route: route.abort())
        page.goto(f"{self.address}/giris")
        page.fill("#name", NAME)
        page.fill("#secret", self.secret())
        with contextlib.suppress(PlaywrightError):
            page.click("button")
            page.wait_for_timeout(1000)
        page.close()


class Look:
    """One browser window on the risk map."""

    def __init__(self, context, address):
        self.address = address
        self.page = context.new_page()
        self.received, self.sent, self.tiles = [], [], []
        self.page.on("websocket", self._listen)
        self.page.on("request", self._note)

    def _listen(self, ws):
        ws.on("framereceived", lambda data: self.received.append(len(data)))
        ws.on("framesent", lambda data: self.sent.append(data))

    def _note(self, request):
        if "/tiles/" in request.url:
            self.tiles.append(request.url.removeprefix(self.address))

    def open(self):
        """Seconds to the whole page."""
        began = time.perf_counter()
        self.page.goto(self.address + PLACE)
        self._drawn().wait_for()
        self.page.locator("tbody button").first.wait_for()
        return time.perf_counter() - began

    def change(self, number):
        """Seconds and bytes of choosing another topic: the map repainted, the table and title new."""
        before = self._drawn().get_attribute("data-drawn")
        title = self.page.locator("h2.mh-map-title").inner_text()
        self.page.get_by_role("combobox", name="Konu").click()
        option = self.page.get_by_role("option").nth(1 + number % 2)
        option.wait_for()
        bytes_before, began = sum(self.received), time.perf_counter()
        option.click()
        script = "(was) => document.querySelector('h2.mh-map-title').innerText !== was"
        self.page.wait_for_function(script, arg=title)
        frame = next(f for f in self.page.frames if "streamlit_folium" in f.url)
        frame.wait_for_function("(was) => document.body.dataset.drawn !== was", arg=before)
        took = time.perf_counter() - began
        self.page.wait_for_timeout(300)
        return took, sum(self.received) - bytes_before

    def _drawn(self):
        return self.page.frame_locator("iframe[title*=folium]").locator("body[data-drawn]")


def page_rows(row):
    """Lines of the table for 913 and 32,000 areas, and for the crowd; `row` makes one."""
    with tempfile.TemporaryDirectory(prefix="mp", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        yield from _of_city(row, 913, _demonstration(Path(folder)), crowd=True)
    with tempfile.TemporaryDirectory(prefix="mp", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        yield from _of_city(row, 32_000, _grid(Path(folder)), crowd=False)


def _demonstration(folder):
    given = {"MAHALLE_HOME": str(folder / "h"), "MAHALLE_SOCKETS": str(folder / "s")}
    words = [sys.executable, "-m", "app.cli", "demo", "--no-serve", "--out", str(folder / "out")]
    subprocess.run(words, env=os.environ | given, check=True, stdout=subprocess.DEVNULL, cwd=ROOT)
    return Settings(home=folder / "h", sockets=folder / "s", instance="demo", second_factor="off")


def _grid(folder):
    spec = importlib.util.spec_from_file_location("grid", ROOT / "tests" / "data" / "grid" / "make.py")
    grid = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(grid)
    settings = Settings(home=folder / "h", sockets=folder / "s", second_factor="off")
    migrate(settings)
    with contextlib.closing(Store.open(settings)) as store:
        grid.publish(store)
        with store.session(Login.SERVICE) as session:
            surveys.about(session).holds = "demonstration"  # so that a code is enough to sign in
    return settings


def _of_city(row, areas, settings, *, crowd):
    cold, warm, change, kib = TARGETS[areas]
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            seen = _look(browser, Pages(settings))
            browser.close()
        yield row(f"page of {areas} areas, first visit to a fresh server", seen["cold"], "s", target=cold)
        yield row(f"page of {areas} areas, again", seen["warm"], "s", target=warm)
        yield row(f"page of {areas} areas, change of topic", seen["change"], "s", target=change)
        yield row(f"page of {areas} areas, socket a change", seen["bytes"] / KIB, "KiB", target=kib)
        if crowd:
            yield from _crowd_rows(row, Pages(settings), seen["sent"], seen["tiles"])
    finally:
        PrivateServer(settings).stop()


def _look(browser, pages):
    """Medians over fresh servers, and what the last window sent."""
    cold, warm, changes = [], [], []
    for _ in range(REPEATS):
        with pages.running():
            context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="tr-TR")
            pages.sign_in(context)
            cold.append(Look(context, pages.address).open())
            again = Look(context, pages.address)
            warm.append(again.open())
            changes += [again.change(number) for number in (1, 0)]
            context.close()
    return {
        "cold": statistics.median(cold),
        "warm": statistics.median(warm),
        "change": statistics.median(seconds for seconds, _ in changes),
        "bytes": max(size for _, size in changes),
        "sent": again.sent,
        "tiles": again.tiles,
    }


# ------------------------------------------------------------------- crowd
def _crowd_rows(row, pages, sent, tiles):
    """Twenty people, each with another topic every ten seconds."""
    first, *rest = [message for message in sent if isinstance(message, bytes)]
    with pages.running() as process:
        tokens = [pages.token() for _ in range(CROWD)]
        _Person(pages, tokens[0], first, rest).begin().close()  # what is read once is read
        before, gate = _web_bytes(process), threading.Barrier(CROWD)
        people_ = [_Person(pages, token, first, rest) for token in tokens]
        with concurrent.futures.ThreadPoolExecutor(CROWD) as pool:
            took = [s for one in pool.map(lambda p: p.live(gate, tiles), people_) for s in one]
        after = _web_bytes(process)
        for person in people_:
            person.close()
    p95 = statistics.quantiles(took, n=20)[-1]
    yield row(f"{CROWD} people, a change each {EACH_SECONDS} s: p95", p95, "s", target=2.0)
    yield row("memory of the web process per person", (after - before) / CROWD / MIB, "MiB", target=25)


class _Person:
    """A browser's side of the conversation, without the browser."""

    def __init__(self, pages, token, first, rest):
        self.pages, self.cookie = pages, f"{COOKIE}={token}"
        self.first, self.rest = first, rest
        self.open = contextlib.ExitStack()
        self.socket = None

    def begin(self):
        self.socket = self.open.enter_context(
            connect(
                f"ws://127.0.0.1:{self.pages.port}/_stcore/stream",
                origin=self.pages.address,
                additional_headers={"Cookie": self.cookie},
                subprotocols=["streamlit"],
                max_size=1 << 26,
            )
        )
        self._ask(self.first)
        return self

    def live(self, gate, tiles):
        """Open the page, then change the topic at each turn; seconds of each change."""
        self.begin()
        for tile in tiles:
            request = urllib.request.Request(self.pages.address + tile, headers={"Cookie": self.cookie})
            urllib.request.urlopen(request, timeout=30).read()
        offset = gate.wait() * EACH_SECONDS / CROWD  # people do not click all at once
        began, took = time.monotonic(), []
        for turn in range(CROWD_SECONDS // EACH_SECONDS):
            time.sleep(max(began + offset + turn * EACH_SECONDS - time.monotonic(), 0))
            took.append(self._ask(self.rest[turn % len(self.rest)]))
        return took

    def _ask(self, message):
        start, parts = time.perf_counter(), 0
        self.socket.send(message)
        while True:
            kind = ForwardMsg.FromString(self.socket.recv(timeout=60)).WhichOneof("type")
            parts += kind in ("delta", "ref_hash")  # the second: a part that was sent before
            if kind == "script_finished":
                assert parts > LEAST_PARTS, f"{parts} parts are no map with its table"
                return time.perf_counter() - start

    def close(self):
        self.open.close()


def _web_bytes(process):
    """Memory of the web process that is its own."""
    children = psutil.Process(process.pid).children()
    return sum(c.memory_full_info().uss for c in children if "web" in c.cmdline()[3:4])
