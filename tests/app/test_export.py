"""Files of a run: complete, explained, safe to open, the same every time."""

import contextlib
import dataclasses
import datetime as dt
import hashlib
import json
import time
from pathlib import Path

import openpyxl
import pandas as pd
import pyogrio
import pytest
from pypdf import PdfReader
from sqlalchemy import text

from app.cli import main
from app.errors import RefusedError
from app.export import export_run
from app.export.geopackage import column_of, write_geopackage
from app.export.workbook import safe, write_workbook
from app.refresh import RefreshOptions, move, refresh
from app.report import write_report
from app.store.logins import Login
from app.store.session import Store
from app.views import RiskMap, read_contents


@pytest.fixture(scope="module")
def contents(published_settings):
    with contextlib.closing(Store.open(published_settings)) as store:
        return read_contents(store)


@pytest.fixture(scope="module")
def folder(published_settings, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    with contextlib.closing(Store.open(published_settings)) as store:
        export_run(store, folder, "tr")
    return folder


@pytest.fixture(scope="module")
def book(folder):
    opened = openpyxl.load_workbook(folder / "risk.xlsx", read_only=True)
    yield {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in opened.worksheets}
    opened.close()


def test_four_files_and_nothing_else_are_left(folder):
    assert sorted(path.name for path in folder.iterdir()) == [
        "plan.json",
        "risk.gpkg",
        "risk.png",
        "risk.xlsx",
    ]


def test_every_file_of_a_demonstration_says_so(folder, book):
    assert any("BENZETİM" in str(row[0]) for row in book["oku beni"])
    assert "BENZETİM" in json.loads((folder / "plan.json").read_text())["notes"][0]
    assert "BENZETİM" in pyogrio.read_dataframe(folder / "risk.gpkg", layer="about")["note"].iloc[0]
    assert pyogrio.read_dataframe(folder / "risk.gpkg", layer="zones")["simulation"].all()


def test_the_workbook_starts_with_what_it_is(book):
    assert list(book) == ["oku beni", "veri", "veri sözlüğü", "haritalar"]
    text = " ".join(str(row[0]) for row in book["oku beni"])
    for part in ("2026 risk haritası", "7 Mart 2026", "5 en kötüsüdür", "resmî sınır değildir", "Bakanlığın"):
        assert part in text


def test_data_are_tidy_and_equal_to_what_is_published(book, made_run):
    head, *rows = book["veri"]
    assert len(rows) == len(made_run["classes"])
    code, key, level = (head.index(name) for name in ("alan kodu", "harita", "sınıf"))
    found = {(row[key], row[code]): row[level] for row in rows}
    wanted = made_run["classes"].query("key == 'need'")
    for one in wanted.itertuples():
        assert found["need", one.code] == (None if one.shown == "insufficient" else one.risk_class)


def test_every_column_is_explained(book):
    explained = {row[0] for row in book["veri sözlüğü"][1:]}
    assert explained == set(book["veri"][0])
    assert all(row[1] for row in book["veri sözlüğü"][1:])


def test_every_map_is_defined(book, made_run):
    assert {row[0] for row in book["haritalar"][1:]} == {about["key"] for about in made_run["maps"]}


def test_a_class_without_enough_data_is_left_empty_and_said(book):
    head, *rows = book["veri"]
    shown, level = head.index("gösterim"), head.index("sınıf")
    assert {row[level] is None for row in rows if row[shown] == "yetersiz veri"} == {True}
    assert {row[level] is None for row in rows if row[shown] != "yetersiz veri"} == {False}


@pytest.mark.parametrize("text", ["=1+1", "+90", "-x", "@SUM(A1)", "\t=1"])
def test_text_that_a_spreadsheet_would_run_is_marked_as_text(text):
    assert safe(text) == "'" + text
    assert safe("Çay") == "Çay"


def test_a_name_that_is_a_formula_stays_text(contents, tmp_path):
    evil = contents.classes.assign(neighbourhood='=HYPERLINK("http://x","y")').head(3)
    path = write_workbook(dataclasses.replace(contents, classes=evil), tmp_path / "x.xlsx", "en")
    sheet = openpyxl.load_workbook(path)["data"]
    cell = sheet.cell(2, 4)
    assert cell.data_type == "s"
    assert cell.value.startswith("'=")


def test_a_class_and_a_reliability_column_for_every_map(folder, made_run):
    layer = pyogrio.read_dataframe(folder / "risk.gpkg", layer="neighbourhoods")
    assert layer.crs.to_epsg() == 4326
    assert len(layer) == 913
    assert {"c_need", "r_need", "c_topic_yoksulluk_sex_female"} <= set(layer.columns)
    assert not [name for name in layer.columns if "violence" in name or "siddet" in name]
    west, south, east, north = layer.total_bounds
    assert 29 < west < east < 33
    assert 35 < south < north < 38


def test_district_maps_are_on_the_districts_layer(folder):
    layer = pyogrio.read_dataframe(folder / "risk.gpkg", layer="districts")
    assert len(layer) == 19
    assert "c_indicator_siddet_kaydi" in layer.columns


def test_all_layers_are_there(folder):
    layers = {str(name): count for name, count in pyogrio.list_layers(folder / "risk.gpkg")}
    assert set(layers) == {"neighbourhoods", "districts", "zones", "centres", "sites", "plan", "about"}
    plan = pyogrio.read_dataframe(folder / "risk.gpkg", layer="plan")
    assert list(plan["role"]) == ["new"] * 3 + ["existing"] * 3


def test_no_file_carries_an_estimate(folder, book):
    names = {str(name) for name in book["veri"][0]}
    assert not names & {"değer", "value", "lower", "upper", "cv"}
    layer = pyogrio.read_dataframe(folder / "risk.gpkg", layer="neighbourhoods")
    of_maps = layer.drop(
        columns=["code", "name", "district", "population", "constructed", "simulation", "geometry"]
    )
    assert {name[:2] for name in of_maps} == {"c_", "r_", "p_", "k_", "d_"}
    for name, column in of_maps.items():
        told = set(column.dropna())
        assert told <= (set("ABCD") if name[:2] == "r_" else set(range(1, 10 if name[:2] == "k_" else 6)))


def test_chances_ranks_clusters_and_change_are_told_in_steps(folder, book, made_run):
    head, *rows = book["veri"]
    wanted = {(row.key, row.code.removeprefix("@")): row for row in made_run["classes"].itertuples()}
    places = [
        head.index(name)
        for name in ("kötü olma olasılığı", "sıra, en kötü", "sıra, en iyi", "küme", "artış olasılığı")
    ]
    said = {"%5 altı": 1, "%5–20": 2, "%20–80": 3, "%80–95": 4, "%95 üstü": 5, None: None}
    seen = set()
    for row in rows:
        one = wanted[row[0], row[1]]
        chance, low, high, cluster, rose = (row[place] for place in places)
        told = (said[chance], low, high, cluster, said[rose])
        assert told == tuple(
            None if pd.isna(value) else int(value)
            for value in (one.exceedance, one.rank_low, one.rank_high, one.cluster, one.rose)
        )
        seen.add(chance)
    assert len(seen) >= 5
    layer = pyogrio.read_dataframe(folder / "risk.gpkg", layer="neighbourhoods").set_index("code")
    need = made_run["classes"].query("key == 'need'").set_index("code")["exceedance"]
    assert layer["p_need"].dropna().to_dict() == need.dropna().to_dict()


def test_the_same_run_gives_the_same_files(contents, tmp_path):
    digests = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        files = [
            write_workbook(contents, tmp_path / name / "risk.xlsx", "tr"),
            write_geopackage(contents, tmp_path / name / "risk.gpkg", "tr"),
        ]
        digests.append([hashlib.sha256(file.read_bytes()).hexdigest() for file in files])
        time.sleep(0.01)
    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("key", "column"),
    [
        ("need", "need"),
        ("topic:göç|sex=female", "topic_göç_sex_female"),
        ("reach|channel=Yüz", "reach_channel_yüz"),
    ],
)
def test_a_map_has_a_column_name_that_any_gis_takes(key, column):
    assert column_of(RiskMap(key=key, kind="need", year=2026)) == column


def test_without_a_published_run_nothing_is_written(store, tmp_path):
    with pytest.raises(RefusedError, match=r"views\.no_run"):
        export_run(store, tmp_path / "out", "tr")
    assert not (tmp_path / "out").exists()


@pytest.fixture
def at_the_desk(published_settings, copy_store, monkeypatch):
    """The command line works on a copy of the published store."""
    settings = copy_store(published_settings)
    monkeypatch.setenv("MAHALLE_HOME", str(settings.home))
    monkeypatch.setenv("MAHALLE_SOCKETS", str(settings.sockets))
    return settings


def run(words, capsys):
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 0
    return json.loads(capsys.readouterr().out)


def test_the_commands_say_which_files_they_wrote_and_who_took_them(at_the_desk, tmp_path, capsys):
    files = run(["export", "--out", str(tmp_path / "out"), "--json"], capsys)["files"]
    files += run(["report", "--out", str(tmp_path / "r.pdf"), "--json"], capsys)["files"]
    assert [name.rsplit("/", 1)[-1] for name in files] == [
        "risk.xlsx",
        "risk.gpkg",
        "risk.png",
        "plan.json",
        "r.pdf",
    ]
    assert all((tmp_path / name).exists() for name in files)
    with contextlib.closing(Store.open(at_the_desk)) as store, store.session(Login.SERVICE) as session:
        rows = session.execute(text("SELECT action FROM audit.events ORDER BY id DESC LIMIT 2")).scalars()
        assert set(rows) == {"export", "report"}


def test_another_city_is_exported_and_reported_the_same_way(small_city, tmp_path):
    indicators = (Path(__file__).parents[1] / "data" / "city" / "indicators.toml").read_text("utf-8")
    now = dt.datetime(2026, 5, 1, 9, tzinfo=dt.UTC)
    made = refresh(small_city, RefreshOptions(indicators=indicators), actor="test", now=now)
    for state in ("checked", "approved", "published"):
        move(small_city, made.run_id, state, actor=state, now=now)
    export_run(small_city, tmp_path, "en")
    write_report(small_city, tmp_path / "report.pdf", "en")
    layer = pyogrio.read_dataframe(tmp_path / "risk.gpkg", layer="neighbourhoods")
    assert len(layer) == made.areas
    assert "c_need" in layer.columns
    book = openpyxl.load_workbook(tmp_path / "risk.xlsx")
    read_me = " ".join(str(cell.value) for cell in book["read me"]["A"])
    assert "BENZETİM" not in read_me
    assert not (tmp_path / "plan.json").exists()
    with PdfReader(tmp_path / "report.pdf") as reader:
        pages = " ".join(page.extract_text() for page in reader.pages)
    assert "No plan of centres is published" in " ".join(pages.split())
    assert "simulat" not in pages
