import datetime as dt
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sqlalchemy import text

from app.refresh import RefreshOptions, move, refresh
from app.refresh.change import _likeness, _within
from app.refresh.earlier import read_earlier
from app.refresh.inputs import read_cases, read_city, read_survey
from app.store import runs
from app.store.logins import Login

INDICATORS = (Path(__file__).parents[2] / "data" / "city" / "indicators.toml").read_text("utf-8")
NOW = dt.datetime(2026, 5, 1, 9, tzinfo=dt.UTC)
SECOND_ROUND = (
    """
    INSERT INTO survey.campaigns (key, kind, year, form_id, is_simulation)
    SELECT 'second', kind, year + 1, form_id, is_simulation FROM survey.campaigns
    """,
    """
    INSERT INTO survey.households (id, campaign_id, source_key, content_sha, version, batch_id, boundary_id,
        area_code, stratum, block, weight, outcome, household, superseded, day, answers, roster)
    SELECT gen_random_uuid(), (SELECT max(id) FROM survey.campaigns), source_key, content_sha, version,
        batch_id, boundary_id, area_code, stratum, block, weight, outcome, '', superseded, day + 365, answers,
        roster
    FROM survey.households
    """,
)
POORER = """
UPDATE survey.households SET answers = answers || '{"income_try": 1000}'
WHERE campaign_id = (SELECT max(id) FROM survey.campaigns) AND area_code = ANY(:codes)
"""


def do(store, *statements, **values):
    with store.session(Login.SERVICE) as session:
        for statement in statements:
            session.execute(text(statement), values)


def draft(store):
    return refresh(store, RefreshOptions(indicators=INDICATORS), actor="test", now=NOW).run_id


def publish(store):
    run_id = draft(store)
    for state in ("checked", "approved", "published"):
        move(store, run_id, state, actor=state, now=NOW)
    return run_id


def told(store, run_id):
    """By key of map: what its definition says of change, and the chances by area."""
    query = "SELECT key, definition -> 'change' FROM plan.maps WHERE run_id = :r"
    with store.session(Login.REFRESH) as session:
        words = dict(map(tuple, session.execute(text(query), {"r": run_id})))
        return {
            key: (said, {row.area_code: row.rose for row in runs.estimates(session, run_id, key)})
            for key, said in words.items()
        }


def test_the_first_map_has_nothing_before_it(small_city):
    for said, rose in told(small_city, draft(small_city)).values():
        assert said == {"why_not": "first"}
        assert set(rose.values()) == {None}


def test_the_same_round_and_the_same_window_are_no_change(small_city):
    publish(small_city)
    found = told(small_city, draft(small_city))
    assert found["topic:poverty"][0] == {"why_not": "same_campaign"}
    assert found["indicator:cash"][0] == {"why_not": "windows_shared"}
    assert found["reach"][0] == found["index"][0] == {"why_not": "not_compared"}


def test_need_that_rose_is_told_where_it_rose_and_published_in_steps(small_city):
    publish(small_city)
    do(small_city, *SECOND_ROUND)
    with small_city.session(Login.REFRESH) as session:
        codes = sorted(read_city(session).codes)[:6]
    do(small_city, POORER, codes=codes)
    run_id = publish(small_city)
    said, rose = told(small_city, run_id)["topic:poverty"]
    assert said["of"] == "survey"
    assert not said["shared"]  # no household has a number
    poorer, same = ([p for code, p in rose.items() if (code in codes) == inside] for inside in (True, False))
    assert min(poorer) > 0.9
    assert max(same) < 0.9
    with small_city.session(Login.PLANNER) as session:
        query = "SELECT area_code, rose FROM agg.classes WHERE run_id = :r AND key = 'topic:poverty'"
        steps = dict(map(tuple, session.execute(text(query), {"r": run_id})))
    assert {steps[code] for code in codes} <= {None, 4, 5}
    assert set(steps.values()) <= {None, 1, 2, 3, 4, 5}


def test_cases_are_compared_over_days_that_the_windows_do_not_share(small_city):
    publish(small_city)
    with small_city.session(Login.REFRESH) as session:
        first, last = runs.get(session, state="published").parameters["case_days"]
    do(small_city, "UPDATE survey.cases SET day = day + 300 WHERE hashtext(source_key) % 2 = 0")
    said, rose = told(small_city, draft(small_city))["indicator:cash"]
    assert said["of"] == "cases"
    assert said["first_day"] == first
    assert first < said["last_day"] < last
    chances = [p for p in rose.values() if p is not None]  # an area without a case in either has none
    assert len(chances) > 6
    assert all(0 < p < 1 for p in chances)


def test_a_run_without_its_windows_days_is_not_compared_by_cases(small_city):
    publish(small_city)
    do(small_city, "UPDATE plan.runs SET parameters = parameters - 'case_days'")
    assert told(small_city, draft(small_city))["indicator:cash"][0] == {"why_not": "window_unknown"}


def test_areas_whose_past_is_not_known_are_not_compared(small_city):
    publish(small_city)
    with small_city.session(Login.REFRESH) as session:
        city = read_city(session)
    split, beside, merged, new = sorted(city.codes)[:4]
    do(
        small_city,
        """
        INSERT INTO geo.boundaries (code_system, valid_from, source, constructed, metric_epsg, content_sha,
            report, loaded_at)
        SELECT code_system, valid_from - 1000, source, constructed, metric_epsg, 'older', report, loaded_at
        FROM geo.boundaries
        """,
        """
        INSERT INTO geo.areas (boundary_id, code, name, district, geom)
        SELECT (SELECT max(id) FROM geo.boundaries), code, name, district, geom FROM geo.areas
        WHERE NOT code = ANY(ARRAY[:beside, :merged, :new])
        """,
        """
        INSERT INTO geo.crosswalk (valid_from, old_code, new_code, share) VALUES
            ('2025-01-01', :split, :split, 0.6), ('2025-01-01', :split, :beside, 0.4),
            ('2025-01-01', 'old-1', :merged, 1), ('2025-01-01', 'old-2', :merged, 1)
        """,
        "UPDATE plan.runs SET boundary_id = (SELECT max(id) FROM geo.boundaries)",
        split=split,
        beside=beside,
        merged=merged,
        new=new,
    )
    with small_city.session(Login.REFRESH) as session:
        survey, cases = read_survey(session, city), read_cases(session, city)
        known = read_earlier(session, city, survey, cases).known
    assert {code for code, one in zip(city.codes, known, strict=True) if not one} == {split, beside, new}


def test_a_round_before_the_published_one_is_no_change_since(small_city):
    publish(small_city)
    do(small_city, *SECOND_ROUND)
    do(
        small_city,
        "UPDATE survey.households SET day = day - 900 WHERE campaign_id = :second",
        second=2,
    )
    assert told(small_city, draft(small_city))["topic:poverty"][0] == {"why_not": "not_later"}


def a_round(answers, numbers, area):
    rows = [SimpleNamespace(household=number) for number in numbers]
    places = np.asarray(area)
    survey = SimpleNamespace(rows=rows, area=places, member_of=np.arange(len(rows)))
    return SimpleNamespace(survey=survey, city=SimpleNamespace(size=int(places.max()) + 1)), np.asarray(
        answers
    )


def test_households_asked_again_make_the_errors_alike_and_others_do_not():
    rng = np.random.default_rng(0)
    area = np.repeat(np.arange(4), 50)
    first = rng.integers(0, 2, 200).astype(float)
    second = np.where(rng.random(200) < 0.8, first, 1 - first)
    numbers = [str(place) for place in range(200)]
    like = _likeness(a_round(first, numbers, area), a_round(second, numbers, area), persons=False)
    assert like == pytest.approx(0.6, abs=0.15)
    half = [number if place % 2 else "" for place, number in enumerate(numbers)]
    again = _likeness(a_round(first, half, area), a_round(second, half, area), persons=False)
    assert (again > 0).all()
    strangers = _likeness(a_round(first, [""] * 200, area), a_round(second, [""] * 200, area), persons=False)
    assert not strangers.any()
    alike = _likeness(
        a_round(first, numbers, area), a_round(rng.permutation(first), numbers, area), persons=False
    )
    assert alike.max() < 0.2


def test_answers_that_never_vary_say_nothing_of_likeness():
    assert _within(np.ones((2, 6)), np.array([0, 0, 0, 1, 1, 1])) == 0
