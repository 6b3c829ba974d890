"""The map in the browser: constant base, nothing from other hosts, no names of areas, words escaped."""

import contextlib
import csv
import dataclasses
import io
import json
import re
import tomllib
from pathlib import Path

import folium
import openpyxl
import pytest
from pydantic import ValidationError
from streamlit_folium import generate_leaflet_string

from app import views
from app.maps import CHANGES, CLASSES, Point, Shown, city_map, outside_faded, plan_map
from app.maps.browser import Drawing, as_script, spec_of
from app.maps.files import MAKERS, View, as_csv, as_xlsx, notes
from app.maps.legend import change_legend, class_legend, sign_legend, swatch, symbol_of
from app.maps.regions import region_legend, region_string
from app.settings import Settings
from geo.legend import YLORRD

BOX = (29.2, 36.0, 32.7, 37.5)
HOSTILE = "<img src=x onerror=alert(1)>${alert(1)}`${1}`</script>"


@pytest.fixture(scope="module")
def reader(published_settings):
    with contextlib.closing(views.open_reader(published_settings)) as opened:
        yield opened


@pytest.fixture(scope="module")
def run(reader):
    return views.current_run(reader)


@pytest.fixture
def shown(reader, run):
    symbols = views.class_string(reader, run, "need")
    return Shown(symbols=symbols, palette=CLASSES, view=BOX, with_zones=True)


def drawn(reader, run, shown, language="tr"):
    """Everything streamlit-folium would send: page, script of the base, script of the group."""
    base, group = city_map(reader, run, shown, language=language)
    group.add_to(base)
    page = base.get_root().render()
    assets = [url for element in (base, group) for _, url in getattr(element, "default_js", [])]
    return page, assets, generate_leaflet_string(base)


def test_no_part_of_a_map_asks_another_host(reader, run, shown):
    page, assets, script = drawn(reader, run, shown)
    assert re.findall(r"https?:", page + script + " ".join(assets)) == []
    assert assets
    assert all(url.startswith("/vendor/") for url in assets)


def test_the_base_is_the_same_whatever_is_drawn(reader, run, shown):
    other = dataclasses.replace(shown, symbols="1" * 913, chosen=5, view=(30, 36, 31, 37), with_zones=False)
    scripts = set()
    for one, language in ((shown, "tr"), (other, "en")):
        base, _ = city_map(reader, run, one, language=language)
        base.render()
        scripts.add(generate_leaflet_string(base))
    assert len(scripts) == 1


def test_a_page_may_be_enlarged(reader, run, shown):
    page, _, _ = drawn(reader, run, shown)
    assert "user-scalable" not in page
    assert "maximum-scale" not in page


def test_what_the_script_is_told_has_no_name_and_no_number_of_an_area(reader, run, shown, made_run):
    spec = spec_of(reader, run, shown, language="tr")
    assert len(spec["classes"]) == 913
    text = json.dumps({name: value for name, value in spec.items() if name != "classes"}, ensure_ascii=False)
    long_names = {name for name in made_run["areas"]["name"] if len(name) > 6}
    assert {name for name in long_names if name in text} == set()
    assert {code for code in made_run["areas"]["code"] if len(code) > 5 and code in text} == set()


def test_a_change_of_indicator_sends_little_more_than_a_character_an_area(reader, run, shown):
    assert len(as_script(spec_of(reader, run, shown, language="tr"))) < 913 + 2500


def test_addresses_of_tiles_name_the_version_of_what_they_draw(reader, run, shown):
    spec = spec_of(reader, run, shown, language="tr")
    assert spec["areas"] == f"/tiles/areas/{views.version(reader, run)}/{{z}}/{{x}}/{{y}}.pbf"
    assert spec["zones"] == f"/tiles/zones/{views.zone_version(run)}/{{z}}/{{x}}/{{y}}.pbf"
    assert spec_of(reader, run, dataclasses.replace(shown, with_zones=False), language="tr")["zones"] == ""


def test_a_name_of_a_place_can_end_no_script(reader, run, shown):
    points = [Point(kind="centre", name=HOSTILE, lat=36.9, lon=30.7)]
    _, _, script = drawn(reader, run, dataclasses.replace(shown, points=points))
    spec = Drawing(spec_of(reader, run, dataclasses.replace(shown, points=points), language="tr")).spec
    for text in (script, spec):
        assert "<img" not in text
        assert "</script" not in text
    assert json.loads(spec)["points"][0]["name"] == HOSTILE


@pytest.mark.parametrize("many", [False, True])
def test_borders_are_left_out_from_afar_where_there_are_many(reader, run, shown, many):
    symbols = "1" * (32_000 if many else 900)
    spec = spec_of(reader, run, dataclasses.replace(shown, symbols=symbols), language="tr")
    assert spec["borders_from"] == (10 if many else 7)


@pytest.mark.parametrize(
    ("changes", "url"),
    [
        ({}, ""),
        (
            {"basemap_url": "https://harita.example.gov.tr/{z}/{x}/{y}.png"},
            "https://harita.example.gov.tr/{z}/{x}/{y}.png",
        ),
        ({"basemap_file": Path("altlik.mbtiles")}, "/tiles/basemap/{z}/{x}/{y}"),
    ],
)
def test_a_base_map_is_the_installations_own_or_none(reader, run, shown, monkeypatch, changes, url):
    monkeypatch.setattr(reader, "settings", reader.settings.model_copy(update=changes))
    assert spec_of(reader, run, shown, language="tr")["basemap"] == url


def test_every_symbol_has_a_colour_and_pale_ones_are_paler():
    assert set("12345abcde0.") < set(CLASSES)
    assert set("+=-.") < set(CHANGES)
    assert [CLASSES[str(place)]["fill"] for place in range(1, 6)] == list(YLORRD)
    for plain, pale in zip("12345", "ABCDE", strict=True):
        assert int(CLASSES[pale]["fill"][1:3], 16) >= int(CLASSES[plain]["fill"][1:3], 16)
    assert all("hatch" in CLASSES[symbol] for symbol in "abcde")


def test_a_district_stands_out_by_the_paleness_of_the_others(reader, run):
    inside = reader.gazetteer(run).inside("Kepez")
    symbols = views.class_string(reader, run, "need")
    mixed = outside_faded(symbols, inside)
    assert [a for a, keep in zip(mixed, inside, strict=True) if keep] == [
        a for a, keep in zip(symbols, inside, strict=True) if keep
    ]
    assert {a for a, keep in zip(mixed, inside, strict=True) if not keep} <= set("ABCDEFGHIJ")


def test_the_legend_says_classes_ranges_and_counts(reader, run, need_map):
    about, found = need_map
    html = class_legend(about, views.counts(reader, run, "need"), language="tr")
    for word in ("çok yüksek", "çok düşük", "&gt; 260", "1.000 kişide", "yetersiz veri"):
        assert word in html
    assert f">{(found['risk_class'] == 5).sum()}<" in html


def test_words_of_a_legend_are_escaped(reader, run, need_map):
    about = dataclasses.replace(need_map[0], unit=HOSTILE)
    html = class_legend(about, views.counts(reader, run, "need"), language="en")
    assert "<img" not in html


def test_the_legend_of_changes_says_how_many_moved():
    found = views.Comparison(before=None, why_not="", worse=3, same=1200, better=4, neither=5)
    html = change_legend(found, language="tr")
    assert "risk sınıfı yükseldi" in html
    assert ">1.200<" in html


@pytest.mark.parametrize("with_zones", [True, False])
def test_lines_and_signs_are_named(with_zones):
    html = sign_legend(language="tr", with_zones=with_zones)
    assert "mevcut merkez" in html
    assert "ilçe sınırı" in html
    assert ("risk bölgesi" in html) is with_zones


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)//{z}{x}{y}",
        "https://harita.example/{z}/{x}.png",
        "https://harita.example/{z}/{x}/{y}' onerror='x",
        "//harita.example/{z}/{x}/{y}.png",
    ],
)
def test_an_address_of_a_base_map_is_one_of_pictures_on_one_host(url):
    with pytest.raises(ValidationError, match="MAHALLE_BASEMAP_URL"):
        Settings(basemap_url=url)


def test_there_is_one_base_map_at_most():
    with pytest.raises(ValidationError, match="not both"):
        Settings(basemap_url="https://harita.example/{z}/{x}/{y}.png", basemap_file=Path("a.mbtiles"))


def test_hatching_is_in_the_swatch_of_an_uncertain_class():
    assert "repeating-linear-gradient" in swatch(CLASSES[symbol_of(4, "modelled")])
    assert swatch(CLASSES[symbol_of(4, "class")]) == YLORRD[3]
    assert symbol_of(None, "insufficient") == "0"
    assert symbol_of(None, "") == "."


def test_a_plan_colours_every_area_by_its_centre(reader, run, made_run):
    plan = made_run["plan"]
    symbols = region_string(reader, run, plan)
    assert len(symbols) == 913
    of = dict(zip(made_run["areas"]["code"], symbols, strict=True))
    for key in set(plan["regions"].values()):
        assert len({of[code] for code, centre in plan["regions"].items() if centre == key}) == 1
    base, group = plan_map(reader, run, plan, view=BOX, language="tr")
    assert isinstance(base, folium.Map)
    (drawing,) = group._children.values()
    spec = json.loads(drawing.spec)
    assert [p["mark"] for p in spec["points"] if p["kind"] == "opened"] == ["1", "2", "3"]
    assert set(spec["classes"]) <= set(spec["palette"])


def test_names_in_the_legend_of_a_plan_are_escaped(made_run):
    plan = dict(made_run["plan"])
    plan["new"] = [dict(plan["new"][0], name=HOSTILE)]
    html = region_legend(plan, language="tr")
    assert "<img" not in html
    assert "1. " in html


@pytest.fixture
def view(reader, run):
    about = views.describe(reader, run)["need"]
    return View(run=run, about=about, ask=views.Ask(district="Kepez"), language="tr")


def test_a_turkish_csv_opens_as_a_table(reader, view, made_run):
    given = as_csv(reader, view)
    assert given.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(given.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][:4] == ["alan kodu", "ilçe", "mahalle", "sınıf"]
    assert len(rows) - 1 == (made_run["areas"]["district"] == "Kepez").sum()
    assert {row[1] for row in rows[1:]} == {"Kepez"}
    assert all(row[-1].startswith("BENZETİM") for row in rows[1:])


def test_no_cell_of_a_file_is_a_formula(reader, view, monkeypatch):
    row = views.TableRow(
        place=0,
        code="+1",
        neighbourhood="=HYPERLINK(1)",
        district="@x",
        risk_class=None,
        reliability="",
        shown="",
        base="",
    )
    monkeypatch.setattr("app.maps.files.table_rows", lambda *_: [row])
    (_, cells) = csv.reader(io.StringIO(as_csv(reader, view).decode("utf-8-sig")), delimiter=";")
    assert cells[:3] == ["'+1", "'@x", "'=HYPERLINK(1)"]
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(reader, view)))
    assert {cell.data_type for sheet in book for line in sheet for cell in line} <= {"s", "n"}


def test_a_workbook_explains_itself_and_holds_the_view(reader, view):
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(reader, view)))
    about, data = book.worksheets
    assert "BENZETİM" in str(about["A1"].value)
    assert data.max_row - 1 == views.table_page(reader, view.run, "need", view.ask).total
    assert {type(data.cell(row, 4).value) for row in range(2, 20)} <= {int, type(None)}


@pytest.mark.parametrize("language", ["tr", "en"])
def test_a_view_says_run_day_method_and_source(view, language):
    text = "\n".join(notes(dataclasses.replace(view, language=language)))
    for part in (
        "2026 risk haritası",
        "alan-taramasi-2026",
        "7 Mart 2026" if language == "tr" else "7 March 2026",
    ):
        assert part in text


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("pdf", b"%PDF"), ("xlsx", b"PK")])
def test_every_file_is_of_its_kind(reader, view, ending, start):
    make, kind = MAKERS[ending]
    assert make(reader, view).startswith(start)
    assert "/" in kind


def test_a_file_has_a_plain_name(view):
    about = dataclasses.replace(view.about, key="reach|channel=yüz yüze/../x")
    name = dataclasses.replace(view, about=about).name
    assert re.fullmatch(r"[A-Za-z0-9_-]+", name)


def test_the_words_of_maps_are_in_both_languages():
    folder = Path(__file__).parents[2] / "app" / "locale"
    words = [
        tomllib.loads((folder / language / "risk.toml").read_text("utf-8"))["risk"]
        for language in ("tr", "en")
    ]
    assert set(words[0]) == set(words[1])
