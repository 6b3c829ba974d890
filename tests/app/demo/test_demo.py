"""The demonstration as a whole: simulated, loaded, mapped; need is found where raw cases mislead."""

import contextlib
import csv
import datetime as dt
from collections import Counter
from importlib import resources

import numpy as np
import pytest
from scipy.stats import spearmanr
from sqlalchemy import text

from app.demo import city, files, households, truth
from app.demo.names import identity_number
from app.intake import LoadOptions, load
from app.refresh import RefreshOptions, refresh
from app.store import runs
from app.store.logins import Login
from app.store.session import Store
from survey.indicators import read_indicators

NOW = dt.datetime(2026, 7, 1, tzinfo=dt.UTC)
INDICATORS = resources.files("app.demo.data").joinpath("indicators.toml").read_text("utf-8")


@pytest.fixture(scope="module")
def demo_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    files.write(folder)
    return folder


@pytest.fixture(scope="module")
def demo(cluster, copy_store, demo_files):
    """The loaded demonstration with one draft run."""
    with contextlib.closing(Store.open(copy_store(cluster))) as store:
        outcomes = {}
        for kind, name in files.FILES.items():
            options = LoadOptions(
                simulation=True,
                constructed=kind == "areas",
                campaign_kind="sample" if kind == "survey" else None,
            )
            outcomes[kind] = load(kind, demo_files / name, options=options, store=store, actor="test")
        made = refresh(store, RefreshOptions(indicators=INDICATORS), actor="test", now=NOW)
        yield store, outcomes, made


@pytest.fixture(scope="module")
def answers(demo_files):
    with (demo_files / "dogru.csv").open(encoding="utf-8-sig") as handle:
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
    _, outcomes, _ = demo
    assert {kind: outcome.state for kind, outcome in outcomes.items()} == dict.fromkeys(files.FILES, "stored")
    assert all(sheet.new == sheet.read for outcome in outcomes.values() for sheet in outcome.sheets)
    assert outcomes["survey"].sheets[0].read == 15_000
    assert outcomes["cases"].sheets[0].read == 40_000


def test_ten_indicators_topics_groups_and_every_map_are_made(demo):
    store, _, made = demo
    assert len(read_indicators(INDICATORS).indicators) == 10
    with store.session(Login.REFRESH) as session:
        kinds = Counter(session.scalars(text("SELECT kind FROM plan.maps")).all())
    assert kinds == {"topic": 21, "group": 6, "indicator": 10, "need": 1, "index": 1, "reach": 6}
    assert (made.areas, made.sampled_areas) == (913, 550)


def test_the_need_map_recovers_the_truth_where_the_raw_case_map_does_not(demo, answers):
    store, _, made = demo
    with store.session(Login.SERVICE) as session:
        rows = runs.estimates(session, made.run_id, "need")
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
    store, _, made = demo
    with store.session(Login.SERVICE) as session:
        rows = runs.estimates(session, made.run_id, "reach")
    real = column(answers, [row.area_code for row in rows], "erisim")
    assert spearmanr([row.value for row in rows], real).statistic > 0.7


@pytest.mark.parametrize(
    "key", ["need", "topic:yoksulluk", "topic:goc", "topic:egitim", "topic:saglik_bakim"]
)
def test_intervals_hold_the_truth(demo, answers, key):
    store, _, made = demo
    with store.session(Login.SERVICE) as session:
        rows = runs.estimates(session, made.run_id, key)
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
    store, _, made = demo
    with store.session(Login.SERVICE) as session:
        value = {row.area_code: row.value for row in runs.estimates(session, made.run_id, "need")}
    place = city.load()
    need = np.array([value[code] for code in place.code])
    for (lon, lat), radius_km, _ in truth.CLUSTERS:
        inside = place.km_to(lon, lat) <= radius_km
        around = ~inside & (place.km_to(lon, lat) <= 3 * radius_km)
        assert need[inside].mean() > need[around].mean() * 1.15


def test_refresh_is_quick_enough(demo):
    _, _, made = demo
    assert (
        sum(made.seconds.values()) < 60
    )  # the promise of ten is measured by `make bench` on an idle machine
