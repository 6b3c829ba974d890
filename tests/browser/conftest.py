"""The whole product as people meet it: `mahalle serve` on the demonstration, and a real browser."""

import contextlib
import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import sync_playwright

from app.demo.accounts import fresh_codes
from app.store.session import Store

CHROMIUM = "/usr/bin/chromium-headless-shell"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
SECONDS = 60
FAILED = pytest.StashKey[bool]()
TOLD = 4000  # characters of a page, where a test failed
# what Chromium says of Streamlit's own frames; nothing of ours
NOISE = ("Unrecognized feature:", "An iframe which has both allow-scripts and allow-same-origin")
AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe.min.js")).read_text("utf-8")
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Site:
    """The running product."""

    def __init__(self, settings, port):
        self.settings = settings
        self.port = port
        self.address = f"http://127.0.0.1:{port}"

    def codes(self):
        """A fresh code of every demonstration account, by name."""
        with contextlib.closing(Store.open(self.settings)) as store:
            return {made.name: made.code for made, _ in fresh_codes(store, now=dt.datetime.now(dt.UTC))}

    def environment(self):
        return {
            **os.environ,
            "MAHALLE_HOME": str(self.settings.home),
            "MAHALLE_SOCKETS": str(self.settings.sockets),
            "MAHALLE_LANGUAGE": self.settings.language,
            "MAHALLE_SECOND_FACTOR": self.settings.second_factor,
        }

    @contextlib.contextmanager
    def running(self):
        """`mahalle serve`, until the end of the block."""
        command = [sys.executable, "-m", "app.cli", "serve", "--port", str(self.port)]
        process = subprocess.Popen(command, env=self.environment(), stdout=subprocess.DEVNULL)
        try:
            self.wait(process)
            yield self
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0

    def answers(self):
        try:
            with urllib.request.urlopen(f"{self.address}/saglik", timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def wait(self, process):
        until = time.monotonic() + SECONDS
        while True:
            if self.answers():
                return
            assert process.poll() is None, "mahalle serve has ended"
            assert time.monotonic() < until
            time.sleep(0.1)


@pytest.fixture(scope="session")
def site(demonstration, copy_store):
    """The product over a copy of the demonstration, which the journeys may change."""
    settings = copy_store(demonstration.settings, language="tr")
    with Site(settings, free_port()).running() as running:
        yield running


@pytest.fixture(scope="session")
def start_site():
    """Run the product over any store; a context to enter."""
    return lambda settings: Site(settings, free_port()).running()


@pytest.fixture(scope="session")
def chromium():
    """One browser for all journeys."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


class Visit:
    """One person's browser, which notes whatever should not happen."""

    def __init__(self, site, context):
        self.site = site
        self.context = context
        self.wrong = []
        self.page = self.tab()

    def tab(self):
        """One more page of the same browser, watched like the first."""
        page = self.context.new_page()
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        page.on("request", self._request)
        return page

    def _console(self, message):
        if message.type in ("error", "warning") and not message.text.startswith(NOISE):
            self.wrong.append(f"console: {message.text}")

    def _request(self, request):
        if not request.url.startswith((self.site.address, "data:", "blob:", "about:")):
            self.wrong.append(f"foreign: {request.url}")

    def sign_in(self, name, code):
        self.page.goto(f"{self.site.address}/giris")
        self.page.fill("#name", name)
        self.page.fill("#secret", code)
        self.page.click("button")
        self.page.get_by_test_id("stSidebar").get_by_role("button").last.wait_for()

    def go(self, place):
        self.page.goto(f"{self.site.address}/{place}")

    def settle(self, page=None):
        """Wait until Streamlit has nothing left to do, and what a former run drew is gone."""
        page = page or self.page
        page.wait_for_timeout(300)
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        page.wait_for_selector('[data-stale="true"]', state="detached")

    def tell(self):
        """What the open pages show, for whoever reads why a test failed."""
        for page in self.context.pages:
            sys.stdout.write(f"--- {page.url}\n{page.inner_text('body')[:TOLD]}\n")

    def violations(self, page=None, *, maps=True):
        """What axe-core finds against WCAG 2.2 A and AA, in the page and in the frames of its maps."""
        page = page or self.page
        found = []
        frames = [one for one in page.frames if maps and "streamlit_folium" in one.url]
        for part in (page.main_frame, *frames):
            part.evaluate(AXE)
            told = part.evaluate("rules => axe.run({runOnly: rules, resultTypes: ['violations']})", WCAG)
            found += [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in told["violations"]]
        return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture
def visit(site, chromium, request):
    """A person at the sign-in form; at the end nothing wrong may have been noted."""
    made = []

    def _visit(name=None, **options):
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, **options)
        made.append(Visit(site, context))
        if name:
            made[-1].sign_in(name, site.codes()[name])
        return made[-1]

    yield _visit
    for one in made:
        if request.node.stash.get(FAILED, False):
            one.tell()
        one.context.close()
    assert [wrong for one in made for wrong in one.wrong] == []
