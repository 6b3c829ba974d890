"""The demonstration as a whole: simulated, loaded, mapped; need is found where raw cases mislead."""

import contextlib
import csv
import json
import zipfile
from collections import Counter
from importlib import resources

import numpy as np
import openpyxl
import pypdf
import pytest
from scipy.stats import spearmanr
from sqlalchemy import text

from app.demo import city, files, households, truth
from app.demo.names import MARK, identity_number
from app.store import runs
from app.store.logins import Login
from app.store.session import Store
from survey.indicators import read_indicators

INDICATORS = resources.files("app.demo.data").joinpath("indicators.toml").read_text("utf-8")


@pytest.fixture(scope="module")
def out(demonstration):
    return demonstration.out


@pytest.fixture(scope="module")
def demo(demonstration):
    """The demonstration's store and summary."""
    with contextlib.closing(Store.open(demonstration.settings)) as store:
        yield store, json.loads((demonstration.out / "summary.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def answers(demo, out):
    with (out / "girdi" / "dogru.csv").open(encoding="utf-8-sig") as handle:
        return {row["mahalle_kodu"]: row for row in csv.DictReader(handle, delimiter=";")}


def column(answers, codes, name):
    return np.array([float(answers[code][name]) for code in codes])


def test_the_city_is_antalyas_by_name_and_number():
    place = city.load()
    assert (place.size, len(set(place.district)), int(place.population.sum())) == (913, 19, 2_696_213)
    assert (place.people.sum(axis=(1, 2)) == place.population).all()


def test_the_sample_has_twenty_households_in_four_blocks_or_none():
    place = city.load()
    sample = households.draw_sample(place, np.random.default_rng(1))
    taken = np.bincount(sample.block_area[sample.household_block], minlength=place.size)
    blocks = np.bincount(sample.block_area, minlength=place.size)
    assert taken.sum() == 12_000
    assert set(np.unique(taken)) <= {0, 20, 25}
    assert set(np.unique(blocks)) <= {0, 4, 5}


def test_the_same_seed_gives_the_same_truth_and_another_another():
    place = city.load()
    first, again, other = (truth.simulate(place, seed).persons_in_need for seed in (1, 1, 2))
    assert (first == again).all()
    assert not (first == other).any()


def test_simulated_numbers_carry_valid_check_digits():
    assert identity_number(100000001) == "10000000146"


def test_every_row_of_every_file_is_stored(demo):
    _, summary = demo
    sheets = {kind: loaded["sheets"] for kind, loaded in summary["loads"].items()}
    assert set(sheets) == set(files.FILES)
    assert all(sheet["new"] == sheet["read"] for kind in sheets.values() for sheet in kind)
    assert sheets["survey"][0]["read"] == 15_000
    assert sheets["cases"][0]["read"] == 40_000


def test_every_output_is_there_and_says_that_it_is_a_simulation(demo, out):
    assert {path.name for path in out.iterdir()} == {
        "girdi",
        "plan.json",
        "report.pdf",
        "risk.gpkg",
        "risk.png",
        "risk.xlsx",
        "summary.json",
    }
    book = openpyxl.load_workbook(out / "risk.xlsx", read_only=True)
    first = " ".join(
        str(cell) for row in book.worksheets[0].iter_rows(values_only=True) for cell in row if cell
    )
    pages = " ".join(page.extract_text() for page in pypdf.PdfReader(out / "report.pdf").pages)
    plan, summary = (json.loads((out / name).read_text("utf-8")) for name in ("plan.json", "summary.json"))
    for words in (first, pages, json.dumps(plan, ensure_ascii=False), summary["simulation"]):
        assert "BENZETİM" in words
    assert 0 <= plan["gap"] < 1e-6
    assert len(plan["new"]) == 3


def test_no_name_number_or_place_of_a_person_leaves_the_store(demo, out):
    said = " ".join(page.extract_text() for page in pypdf.PdfReader(out / "report.pdf").pages)
    for path in (out / "risk.xlsx", out / "risk.gpkg", out / "plan.json", out / "summary.json"):
        data = path.read_bytes()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                data = b"".join(packed.read(name) for name in packed.namelist())
        said += data.decode("utf-8", "replace")
    assert MARK not in said.replace("BENZETİM", "")
    assert "0500 000" not in said
    assert "200000001" not in said


def test_ten_indicators_topics_groups_and_every_map_are_made(demo):
    store, summary = demo
    made = summary["run"]
    assert len(read_indicators(INDICATORS).indicators) == 10
    with store.session(Login.REFRESH) as session:
        kinds = Counter(session.scalars(text("SELECT kind FROM plan.maps")).all())
    assert kinds == {"topic": 21, "group": 6, "indicator": 10, "need": 1, "index": 1, "reach": 6}
    assert (summary["areas"], made["sampled_areas"]) == (913, 550)


def test_the_need_map_recovers_the_truth_where_the_raw_case_map_does_not(demo, answers):
    store, summary = demo
    made = summary["run"]
    with store.session(Login.SERVICE) as session:
        rows = runs.estimates(session, made["run_id"], "need")
        cases = Counter(session.scalars(text("SELECT area_code FROM survey.cases")).all())
    codes = [row.area_code for row in rows]
    people = np.maximum(column(answers, codes, "nufus"), 1)
    real = column(answers, codes, "ihtiyac_sahibi") / people
    raw = np.array([cases[code] for code in codes]) / people
    sampled = np.array([row.base > 0 for row in rows])
    need = np.array([row.value for row in rows])
    assert spearmanr(need[sampled], real[sampled]).statistic > 0.75
    assert spearmanr(need, real).statistic > 0.65
    assert spearmanr(raw, real).statistic < 0.35


def test_reach_is_told_apart_from_need(demo, answers):
    store, summary = demo
    made = summary["run"]
    with store.session(Login.SERVICE) as session:
        rows = runs.estimates(session, made["run_id"], "reach")
    real = column(answers, [row.area_code for row in rows], "erisim")
    assert spearmanr([row.value for row in rows], real).statistic > 0.7


@pytest.mark.parametrize(
    "key", ["need", "topic:yoksulluk", "topic:goc", "topic:egitim", "topic:saglik_bakim"]
)
def test_intervals_hold_the_truth(demo, answers, key):
    store, summary = demo
    made = summary["run"]
    with store.session(Login.SERVICE) as session:
        rows = runs.estimates(session, made["run_id"], key)
    codes = [row.area_code for row in rows]
    if key == "need":
        real = (
            1000 * column(answers, codes, "ihtiyac_sahibi") / np.maximum(column(answers, codes, "nufus"), 1)
        )
    else:
        real = column(answers, codes, key.split(":")[1])
    inside = [row.lower <= value <= row.upper for row, value in zip(rows, real, strict=True)]
    assert np.mean(inside) > 0.92


def test_the_planted_clusters_stand_out(demo):
    store, summary = demo
    made = summary["run"]
    with store.session(Login.SERVICE) as session:
        value = {row.area_code: row.value for row in runs.estimates(session, made["run_id"], "need")}
    place = city.load()
    need = np.array([value[code] for code in place.code])
    for (lon, lat), radius_km, _ in truth.CLUSTERS:
        inside = place.km_to(lon, lat) <= radius_km
        around = ~inside & (place.km_to(lon, lat) <= 3 * radius_km)
        assert need[inside].mean() > need[around].mean() * 1.15
