"""Scripts and styles of others: unchanged since they were taken in, licensed, and asking nobody else."""

import hashlib
import re
from pathlib import Path

import pytest

from app import views
from app.views import assets

ROOT = Path(assets.__file__).parents[2]
FILES = sorted(file.name for file in assets.FOLDER.iterdir() if file != assets.SUMS)
# addresses that stand in comments, names of XML languages and the credit that the map's script takes away
HARMLESS = ("www.w3.org/", "leafletjs.com", "bugs.chromium.org/", "bugzilla.mozilla.org/")


def test_the_list_names_every_file_and_no_other():
    assert sorted(assets.digests()) == FILES
    assert assets.SUMS.read_text("ascii") == assets.sums()


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_what_it_was_when_it_was_taken_in(name):
    content = (assets.FOLDER / name).read_bytes()
    assert hashlib.sha256(content).hexdigest() == assets.digests()[name]


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith((".js", ".css"))])
def test_a_script_or_style_asks_no_other_host(name):
    text = (assets.FOLDER / name).read_text("utf-8")
    asked = [url for url in re.findall(r"https?://([^\s\"')]+)", text) if not url.startswith(HARMLESS)]
    assert asked == []
    assert "//cdn" not in text


@pytest.mark.parametrize("name", ["leaflet", "leaflet.vectorgrid"])
def test_each_work_of_others_has_its_licence_beside_it_and_in_the_notice(name):
    words = (assets.FOLDER / f"{name}.LICENSE.txt").read_text("utf-8")
    assert re.search(r"redistribution|beer-ware", words, flags=re.IGNORECASE)
    assert name.split(".")[-1].lower() in (ROOT / "NOTICE").read_text("utf-8").lower()


def test_only_listed_files_are_given_out():
    assert views.vendored("leaflet.js") == assets.FOLDER / "leaflet.js"
    for name in ("SHA256SUMS.txt", "../assets.py", "/etc/passwd", "", "leaflet.js.map", "leaflet.js\0"):
        assert views.vendored(name) is None


def test_an_address_changes_with_the_content():
    assert views.asset_url("leaflet.js") == f"/vendor/leaflet.js?v={assets.digests()['leaflet.js'][:12]}"
