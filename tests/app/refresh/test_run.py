import contextlib
import datetime as dt
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from app.errors import BusyError, RefusedError
from app.refresh import RefreshOptions, is_due, move, refresh
from app.refresh.run import LOCK
from app.store import runs
from app.store.logins import Login
from app.store.session import Store

INDICATORS = (Path(__file__).parents[2] / "data" / "city" / "indicators.toml").read_text("utf-8")
NOW = dt.datetime(2026, 5, 1, 9, tzinfo=dt.UTC)


def draft(store, **options):
    return refresh(store, RefreshOptions(indicators=INDICATORS, **options), actor="test", now=NOW)


def estimates(store, run_id, key):
    with store.session(Login.REFRESH) as session:
        return runs.estimates(session, run_id, key)


def published(store):
    run_id = draft(store).run_id
    for state in ("checked", "approved", "published"):
        move(store, run_id, state, actor=state, now=NOW)
    return run_id


@pytest.fixture(scope="module")
def city_run(city_store, copy_store):
    """A store with the small city and one draft; read only."""
    with contextlib.closing(Store.open(copy_store(city_store))) as store:
        yield store, draft(store)


def test_every_area_has_an_estimate_inside_its_interval(city_run):
    store, made = city_run
    for key in ("need", "index", "topic:poverty", "indicator:stove", "group:everyone"):
        rows = estimates(store, made.run_id, key)
        assert len(rows) == made.areas == 12
        assert all(row.lower < row.value < row.upper for row in rows)


def test_need_counts_each_person_once(city_run):
    store, made = city_run
    with store.session(Login.REFRESH) as session:
        need = runs.need(session, made.run_id, "all")
    assert all(0 < persons < people for people, persons in need.values())
    both = {key: estimates(store, made.run_id, key) for key in ("topic:poverty", "topic:care", "need")}
    for poverty, care, any_need in zip(*both.values(), strict=True):
        share = any_need.value / 1000
        assert max(poverty.value, care.value) * 0.95 < share < (poverty.value + care.value) * 1.05


def test_violence_goes_no_finer_than_the_district(city_run):
    store, made = city_run
    rows = estimates(store, made.run_id, "indicator:violence_records")
    assert [row.area_code for row in rows] == ["@Güney Irmak", "@Kuzey Irmak"]


def test_thin_bases_are_shown_as_the_models_own(city_run):
    store, made = city_run
    rows = estimates(store, made.run_id, "topic:poverty")
    assert {row.base for row in rows} == {12}  # fourteen visits, two without an answer
    assert {row.shown for row in rows} <= {"modelled", "insufficient"}
    assert all((row.risk_class is None) == (row.shown == "insufficient") for row in rows)


def test_the_same_inputs_and_seed_give_the_same_tables_on_one_core_and_on_two(city_store, copy_store):
    settings = copy_store(city_store)
    code = (
        "import datetime as dt, sys; from pathlib import Path; from app.settings import Settings;"
        "from app.store.session import Store; from app.refresh import *;"
        "s = Store.open(Settings(home=Path(sys.argv[1]), sockets=Path(sys.argv[2])));"
        "m = refresh(s, RefreshOptions(indicators=Path(sys.argv[3]).read_text(), seed=7), actor='t',"
        "now=dt.datetime(2026, 5, 1, tzinfo=dt.UTC)); print(m.inputs_sha, m.tables_sha)"
    )
    file = Path(__file__).parents[2] / "data" / "city" / "indicators.toml"
    said = []
    for threads in ("1", "2"):
        env = {"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        words = [sys.executable, "-c", code, str(settings.home), str(settings.sockets), str(file)]
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=True)
        said.append(done.stdout)
    assert said[0] == said[1]
    assert len(said[0].split()) == 2


def test_another_seed_is_told_by_the_inputs_digest(city_run):
    store, made = city_run
    with store.session(Login.REFRESH) as session:
        run = runs.get(session, made.run_id)
        assert run.parameters["seed"] == 0
        assert run.parameters["indicators"] == INDICATORS
        assert set(run.seconds) >= {"read", "topics", "need", "cases", "save"}
    assert run.inputs_sha != draft(store, seed=1).inputs_sha


def test_two_refreshes_at_once_one_says_that_it_is_busy(small_city):
    with small_city.session(Login.SERVICE) as session:
        session.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": LOCK})
        with pytest.raises(BusyError, match=r"refresh\.busy"):
            draft(small_city)


def test_a_run_moves_one_step_at_a_time_and_the_published_one_stays_until_another(small_city):
    first = published(small_city)
    second = draft(small_city).run_id
    with pytest.raises(RefusedError, match=r"runs\.order"):
        move(small_city, second, "published", actor="x", now=NOW)
    with small_city.session(Login.REFRESH) as session:
        assert runs.get(session, state="published").id == first
    for state in ("checked", "approved", "published"):
        move(small_city, second, state, actor=state, now=NOW, title="2026 risk haritası")
    with small_city.session(Login.REFRESH) as session:
        assert runs.get(session, state="published").id == second
        assert runs.get(session, first).state == "superseded"
        assert [step.actor for step in runs.steps(session, second)][1:] == [
            "checked",
            "approved",
            "published",
        ]


STEPS = {"exceedance": 5, "rank_low": 10, "rank_high": 10, "cluster": 12, "rose": 5}


def classes_seen(store, run_id):
    with store.session(Login.PLANNER) as session:
        query = text("SELECT * FROM agg.classes WHERE run_id = :r ORDER BY key, area_code")
        return session.execute(query, {"r": run_id}).mappings().all()


def test_planners_see_classes_and_grades_and_no_number_of_a_neighbourhood(small_city):
    run_id = published(small_city)
    rows = classes_seen(small_city, run_id)
    with small_city.session(Login.PLANNER) as session:
        areas = session.execute(text("SELECT count(*), max(ST_SRID(geom)) FROM agg.areas")).one()
        points = session.execute(text("SELECT kind, count(*) FROM agg.points GROUP BY kind")).all()
        told = session.scalars(text("SELECT definition FROM agg.maps WHERE key = 'reach'")).one()
    named = {"run_id", "key", "area_code", "risk_class", "reliability", "shown", "base"}
    assert named | set(STEPS) == set(rows[0])
    assert {row["base"] for row in rows} <= {"0", "<20", "20+"}
    assert {row["risk_class"] for row in rows} <= {None, 1, 2, 3, 4, 5}
    for name, most in STEPS.items():
        assert {row[name] for row in rows} <= {None, *range(1, most + 1)}
    assert "staff" not in told
    assert "clusters" in told
    assert tuple(areas) == (12, 3857)
    assert dict(map(tuple, points)) == {"centre": 1, "site": 12}


def test_an_area_whose_class_is_not_sure_still_says_how_sure_it_is(small_city):
    every = classes_seen(small_city, published(small_city))
    rows = [row for row in every if row["key"].startswith("topic:")]
    hidden = [row for row in rows if row["shown"] == "insufficient"]
    assert hidden
    assert {row["risk_class"] for row in hidden} == {None}
    assert all(row["exceedance"] in range(1, 6) for row in rows)
    assert all(1 <= row["rank_low"] <= row["rank_high"] <= 10 for row in rows)
    assert {row["rose"] for row in rows} == {None}  # nothing was published before


def test_published_steps_are_those_of_the_stored_figures(small_city):
    run_id = published(small_city)
    rows = {
        row["area_code"]: row for row in classes_seen(small_city, run_id) if row["key"] == "topic:poverty"
    }
    stored = estimates(small_city, run_id, "topic:poverty")
    assert len(stored) == len(rows)
    for one in stored:
        seen = rows[one.area_code]
        p, ends = one.exceedance, (one.rank_lower, one.rank_upper)
        assert seen["exceedance"] == 1 + (p >= 0.05) + (p >= 0.2) + (p > 0.8) + (p > 0.95)
        assert (seen["rank_low"], seen["rank_high"]) == tuple(-(-10 * end // 12) for end in ends)


def test_every_map_says_how_sure_it_is_and_the_worst_areas_rank_first(city_run):
    store, made = city_run
    for key in ("need", "index", "topic:poverty", "indicator:stove", "reach"):
        rows = estimates(store, made.run_id, key)
        assert all(0 <= row.exceedance <= 1 and 0 < row.membership <= 1 for row in rows)
        assert all(1 <= row.rank_lower <= row.rank_upper <= 12 for row in rows)
        by_value = sorted(rows, key=lambda row: row.value, reverse=key != "reach")
        worst, best = by_value[0], by_value[-1]
        assert worst.rank_lower <= best.rank_lower
        assert worst.rank_upper <= best.rank_upper
        assert worst.exceedance > best.exceedance


def test_draws_of_need_are_kept_for_siting_jointly_over_groups(city_run):
    store, made = city_run
    with store.session(Login.REFRESH) as session:
        codes, everybody = runs.need_draws(session, made.run_id, "all")
        told = runs.need(session, made.run_id, "all")
        kept = session.scalars(
            text("SELECT grp FROM plan.need_draws WHERE run_id = :r"), {"r": made.run_id}
        ).all()
        parts = {name: runs.need_draws(session, made.run_id, name)[1] for name in kept}
        with pytest.raises(RefusedError, match=r"runs\.no_group"):
            runs.need_draws(session, made.run_id, "nobody")
    assert everybody.shape == (12, 200)
    assert everybody.mean(axis=1) == pytest.approx([told[code][1] for code in codes], rel=0.05)
    assert all((part <= everybody + 0.01).all() for part in parts.values())


def test_the_index_keeps_the_base_of_the_first_published_run(small_city):
    first = published(small_city)
    with small_city.session(Login.REFRESH) as session:
        base = runs.get(session, first).parameters["index_base"]
    with small_city.session(Login.SERVICE) as session:
        session.execute(text("UPDATE survey.households SET answers = answers || '{\"income_try\": 1000}'"))
    second = draft(small_city)
    with small_city.session(Login.REFRESH) as session:
        assert runs.get(session, second.run_id).parameters["index_base"] == base
    before = np.array([row.value for row in estimates(small_city, first, "index")])
    after = np.array([row.value for row in estimates(small_city, second.run_id, "index")])
    assert (after > 1.5 * before).all()


def test_a_targeted_survey_carries_no_estimate(small_city):
    with small_city.session(Login.SERVICE) as session:
        session.execute(text("UPDATE survey.campaigns SET kind = 'targeted'"))
    made = draft(small_city)
    with small_city.session(Login.REFRESH) as session:
        kinds = {
            m
            for (m,) in session.execute(
                text("SELECT kind FROM plan.maps WHERE run_id = :r"), {"r": made.run_id}
            )
        }
    assert kinds == {"indicator"}  # of cases only
    with pytest.raises(RefusedError, match=r"refresh\.campaign"):
        draft(small_city, campaign="river-2026")


def test_nothing_loaded_says_what_to_load(store):
    with pytest.raises(RefusedError, match=r"places\.no_areas"):
        draft(store)


def test_a_map_is_due_when_it_has_reached_its_age(small_city):
    assert is_due(small_city, now=NOW)
    published(small_city)
    assert not is_due(small_city, now=NOW + dt.timedelta(days=300))
    later = NOW + dt.timedelta(days=370)
    assert is_due(small_city, now=later)
    refresh(small_city, RefreshOptions(indicators=INDICATORS), actor="timer", now=later)
    assert not is_due(small_city, now=later + dt.timedelta(days=1))


def test_a_complete_round_is_surer_than_a_sample_of_the_same_answers(small_city):
    with small_city.session(Login.SERVICE) as session:
        # few enough people that the households asked are nearly all of them
        session.execute(text("UPDATE geo.population SET persons = 7"))
    sample = estimates(small_city, draft(small_city).run_id, "topic:poverty")
    with small_city.session(Login.SERVICE) as session:
        session.execute(text("UPDATE survey.campaigns SET kind = 'complete'"))
    whole = estimates(small_city, draft(small_city).run_id, "topic:poverty")
    widths = [(a.upper - a.lower, b.upper - b.lower) for a, b in zip(sample, whole, strict=True)]
    assert all(sure < 0.6 * unsure for unsure, sure in widths)


RICH_AND_QUICK = """
UPDATE survey.households SET answers = answers || jsonb_build_object('income_try', 900000,
    'start', '2026-04-01T10',
    'end', '2026-04-01T' || CASE WHEN hashtext(source_key) % 4 = 0 THEN '11' ELSE '20' END)
"""
TIMED = """
UPDATE survey.forms SET definition = jsonb_set(definition, '{questions}', definition -> 'questions' ||
    (SELECT jsonb_agg((definition -> 'questions' -> 0) || jsonb_build_object('name', side, 'type', side,
        'path', side)) FROM unnest(ARRAY['start', 'end']) AS side))
"""


def test_interviews_that_look_made_up_are_counted_and_told(small_city):
    clean = draft(small_city)
    assert (clean.suspicious, clean.changed_without) == (0, 0)
    with small_city.session(Login.SERVICE) as session:
        for statement in (TIMED, RICH_AND_QUICK):
            session.execute(text(statement))
    made = draft(small_city)
    assert made.suspicious > 10
    assert made.changed_without is not None
    with small_city.session(Login.REFRESH) as session:
        told = runs.get(session, made.run_id).parameters["suspicious"]
    assert told["interviews"] == told["short"] == made.suspicious
    assert told["alike"] == 0
    assert told["areas_changed"] == made.changed_without
    bases = [[row.base for row in estimates(small_city, one.run_id, "need")] for one in (clean, made)]
    assert bases[0] == bases[1]  # the quick ones count too
