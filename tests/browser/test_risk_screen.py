"""The risk screen in a browser: map, table and profile agree; the keyboard suffices, nothing leaves."""

import contextlib
import datetime as dt
import importlib.util
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from app.auth import people
from app.auth.people import NewUser
from app.auth.roles import Role
from app.store.session import Store

ROOT = Path(__file__).parents[2]
ROWS, COLUMNS = 12, 15
SECONDS = 60
CHANGE_BYTES = 50 * 1024
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NAME = "plan"


@pytest.fixture(scope="module")
def city(cluster, copy_store):
    """A store with two published runs of a small made-up city, and a planner."""
    spec = importlib.util.spec_from_file_location("grid", ROOT / "tests" / "data" / "grid" / "make.py")
    grid = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(grid)
    settings = copy_store(cluster, language="tr", second_factor="off")
    with contextlib.closing(Store.open(settings)) as store:
        grid.publish(store, rows=ROWS, columns=COLUMNS)
        new = NewUser(name=NAME, display="Deniz Plan", role=Role.PLANNER, region="")
        people.add(store, new, actor="test", now=dt.datetime.now(dt.UTC))
        yield store


@pytest.fixture(scope="module")
def site(city):
    """The running pages over the small city; service and web are processes of their own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = city.settings
    given = {"home": here.home, "sockets": here.sockets, "language": "tr", "second_factor": "off"}
    environment = os.environ | {f"MAHALLE_{name.upper()}": str(value) for name, value in given.items()}
    command = [sys.executable, "-c", "from app.cli import main; main()", "serve", "--port", str(port)]
    running = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_up(f"{address}/saglik", running)
        yield SimpleNamespace(address=address, codes=lambda: {NAME: _fresh_code(city)})
    finally:
        running.terminate()
        running.wait(SECONDS)


def _fresh_code(store):
    return people.code(store, NAME, actor="test", now=dt.datetime.now(dt.UTC)).code


def _wait_until_up(url, running):
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        assert running.poll() is None, "the pages ended at their start"
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.2)
    raise AssertionError("the pages did not come up")


@pytest.fixture(scope="module")
def signed_in(chromium, site):
    """What a browser keeps after the planner signed in."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{site.address}/giris")
    page.fill("#name", NAME)
    page.fill("#secret", site.codes()[NAME])
    page.keyboard.press("Enter")
    page.get_by_test_id("stSidebar").wait_for()
    yield context.storage_state()
    context.close()


@pytest.fixture
def page(visit, signed_in):
    """A planner's page; a request to elsewhere or an error of the console fails the test."""
    opened = visit(storage_state=signed_in).page
    opened.set_viewport_size({"width": 1440, "height": 1100})
    return opened


def frame(page):
    return page.frame_locator("iframe[title*=folium]")


def drawn(page):
    """What the map shows, once it shows it."""
    body = frame(page).locator("body[data-drawn]")
    body.wait_for()
    return body.get_attribute("data-drawn")


def open_map(page, site, query=""):
    page.goto(f"{site.address}/risk-haritasi{query}")
    drawn(page)
    page.locator("tbody button").first.wait_for()


def test_a_click_on_the_map_chooses_the_row_and_shows_the_profile(page, site):
    open_map(page, site)
    box = frame(page).locator(".leaflet-container").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    profile = page.locator(".mh-profile h3")
    profile.wait_for()
    chosen = page.locator("tbody tr.chosen button")
    expect(chosen).to_have_text(profile.inner_text())
    assert re.search(r"mahalle=\d{6}", page.url)


def test_the_area_under_the_pointer_is_named_with_its_class(page, site):
    open_map(page, site)
    box = frame(page).locator(".leaflet-container").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)  # and stands still while the names come
    said = frame(page).locator(".mahalle-pointer")
    expect(said).to_have_text(re.compile(r".+, .+ · (çok )?(düşük|yüksek|orta)"))
    told = said.inner_text()  # a click moves the map, and a moving map names nothing
    page.mouse.click(x, y)
    name = page.locator(".mh-profile h3")
    name.wait_for()
    assert told.startswith(f"{name.inner_text()}, ")


def test_the_keyboard_alone_reads_the_riskiest_neighbourhood(page, site):
    open_map(page, site)
    page.locator("a.mh-skip").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#tablo"))
    page.locator("tbody button").first.focus()
    page.keyboard.press("ArrowDown")
    name = page.locator("tbody button").nth(1).inner_text()
    page.keyboard.press("Enter")
    expect(page.locator(".mh-profile h3")).to_have_text(name)
    expect(page.locator("tbody tr.chosen button")).to_be_focused()
    assert "güvenilirlik" in page.locator(".mh-profile").inner_text()


def test_another_topic_repaints_the_same_frame_for_few_bytes(page, site):
    sent = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda data: sent.append(len(data))))
    open_map(page, site)
    frame(page).locator("body").evaluate("body => { body.dataset.mine = 'kept' }")
    before, bytes_before = drawn(page), sum(sent)
    page.get_by_role("combobox", name="Konu").click()
    page.get_by_role("option", name="barinma").click()
    expect(frame(page).locator("body")).not_to_have_attribute("data-drawn", before)
    expect(page.locator("h2.mh-map-title")).to_have_text("barinma")
    assert frame(page).locator("body").get_attribute("data-mine") == "kept"
    assert sum(sent) - bytes_before < CHANGE_BYTES


def test_a_search_without_turkish_letters_finds_turkish_names(page, site):
    open_map(page, site)
    page.get_by_role("textbox", name="Mahalle ara").fill("IGDIRKOY")
    page.keyboard.press("Enter")
    expect(page.locator("tbody button").first).to_contain_text("Iğdırköy")


def test_a_heading_sorts_and_says_so(page, site):
    open_map(page, site)
    page.get_by_role("button", name="Mahalle", exact=True).click()
    head = page.locator("thead th[aria-sort]").first
    expect(head).to_have_attribute("aria-sort", "ascending")
    names = page.locator("tbody button").all_inner_texts()
    assert names[0].startswith("Ay")
    page.get_by_role("button", name="Sonraki 100").click()
    expect(page.locator("tbody button").first).not_to_have_text(names[0])


def test_a_shared_link_opens_the_same_view(page, site):
    open_map(page, site, "?harita=topic:egitim&mahalle=000007&fark=1&bolge=0")
    expect(page.locator("h2.mh-map-title")).to_have_text("egitim")
    expect(page.locator(".mh-profile")).to_contain_text("000007")
    expect(page.locator(".mh-legend")).to_contain_text("risk sınıfı yükseldi")
    page.get_by_role("button", name="Paylaş").click()
    link = page.locator("[data-testid=stCode]").inner_text()
    assert "mahalle=000007" in link
    assert "fark=1" in link


@pytest.mark.parametrize(("words", "start"), [("Tablo (CSV)", b"\xef\xbb\xbf"), ("Harita (PDF)", b"%PDF")])
def test_the_view_can_be_taken_away(page, site, words, start):
    open_map(page, site, "?harita=topic:egitim")
    page.get_by_role("button", name="İndir").click()
    with page.expect_download() as taken:
        page.get_by_role("button", name=words).click()
    assert taken.value.suggested_filename.startswith("risk-topic_egitim-2.")
    assert Path(taken.value.path()).read_bytes().startswith(start)


def test_a_hostile_link_opens_the_usual_view(page, site):
    open_map(page, site, "?harita=%3Cscript%3Ealert(1)%3C/script%3E&ilce=%27--&mahalle=..%2F..&calisma=99")
    expect(page.locator("h2.mh-map-title")).to_have_text("İhtiyaç")
    assert "script" not in page.url
