"""Pictures of every screen, both languages, for docs/screens: `python tests/browser/shoot.py`, some minutes.

Builds the demonstration in a folder of its own, serves it, and photographs it; what was there is replaced.
"""

import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from conftest import CHROMIUM, FLAGS, Site, Visit, free_port
from PIL import Image
from playwright.sync_api import sync_playwright
from test_field_journey import RIGHT_DAY, WRONG_DAY, case, write

from app.auth import people
from app.settings import Settings
from app.store.server import PrivateServer
from app.store.session import Store

TARGET = Path(__file__).parents[2] / "docs" / "screens"
SIZE = {"width": 1440, "height": 900}
LARGEST_BYTES = 290_000
DRAWN_MS = 1500


@contextlib.contextmanager
def demonstration():
    """The demonstration, served; gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="mh"))
    os.environ.update(MAHALLE_HOME=str(home), MAHALLE_SOCKETS=str(home / "s"), MAHALLE_INSTANCE="demo")
    settings = Settings(language="tr")
    try:
        command = [sys.executable, "-m", "app.cli", "demo", "--no-serve", "--out", str(home / "out")]
        subprocess.run(command, check=True, env=os.environ)
        with Site(settings, free_port()).running() as site:
            yield site
    finally:
        PrivateServer(settings).stop()
        shutil.rmtree(home, ignore_errors=True)


def risk(visit):
    """The whole city, a neighbourhood of its north-east chosen by a click."""
    page = visit.page
    page.frame_locator("iframe[title*=folium]").locator("body[data-drawn]").wait_for()
    box = page.locator("iframe[title*=folium]").bounding_box()
    page.mouse.click(box["x"] + box["width"] * 0.77, box["y"] + box["height"] * 0.42)
    page.locator(".mh-profile").wait_for()


def field(visit):
    """A file with three wrong rows, read and not yet stored."""
    visit.page.get_by_test_id("stCheckbox").last.locator("label").click()  # made up, as a demonstration asks
    visit.settle()
    days = [WRONG_DAY if number <= 3 else RIGHT_DAY for number in range(1, 41)]
    path = Path(tempfile.mkdtemp()) / "basvurular.xlsx"
    write(path, [case(number, day) for number, day in enumerate(days, 1)])
    visit.page.set_input_files("input[type=file]", path)
    visit.page.locator(".mahalle-table").first.wait_for()


def approval(visit):
    """The published run with its steps."""
    visit.page.get_by_role("tab").nth(1).click()


def nothing(visit):
    """As it opens."""


SCREENS = (
    ("risk", "birim", "risk-haritasi", risk),
    ("siting", "plan", "yer-secimi", nothing),
    ("field", "saha", "saha-verisi?tur=cases", field),
    ("approval", "daire", "onay", approval),
    ("admin", "yonetici", "yonetim", nothing),
    ("audit", "kvkk", "yonetim?bolum=audit", nothing),
    ("closed", "saha", "risk-haritasi", nothing),
)


def keep(picture, name):
    """Write a PNG, packed tightly; with fewer colours where it would be large."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.save(TARGET / name, optimize=True)
    if (TARGET / name).stat().st_size > LARGEST_BYTES:
        image.quantize(256, dither=Image.Dither.NONE).save(TARGET / name, optimize=True)


def shoot(browser, site, language):
    """All screens in one language."""
    codes = site.codes()
    with contextlib.closing(Store.open(site.settings)) as store:
        for name in codes:
            people.set_language(store, name, language)
    for screen, name, place, prepare in SCREENS:
        with contextlib.closing(browser.new_context(viewport=SIZE)) as context:
            visit = Visit(site, context)
            visit.sign_in(name, site.codes()[name])
            visit.go(place)
            visit.page.locator("h1").first.wait_for()
            visit.settle()
            prepare(visit)
            visit.settle()
            visit.page.wait_for_timeout(DRAWN_MS)
            keep(visit.page.screenshot(), f"{screen}.{language}.png")


def form(browser, site, language):
    """The sign-in form."""
    with contextlib.closing(browser.new_context(viewport=SIZE)) as context:
        page = context.new_page()
        page.goto(f"{site.address}/giris?lang={language}")
        keep(page.screenshot(), f"sign-in.{language}.png")


def main():
    """Both languages."""
    TARGET.mkdir(parents=True, exist_ok=True)
    with demonstration() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for language in ("tr", "en"):
            form(browser, site, language)
            shoot(browser, site, language)
        browser.close()


if __name__ == "__main__":
    main()
