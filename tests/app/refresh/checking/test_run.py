import contextlib
import datetime as dt
from pathlib import Path

import pytest
from sqlalchemy import text

from app.errors import RefusedError
from app.refresh import RefreshOptions, examine, refresh
from app.store import checks
from app.store.logins import Login
from app.store.session import Store

INDICATORS = (Path(__file__).parents[3] / "data" / "city" / "indicators.toml").read_text("utf-8")
NOW = dt.datetime(2026, 5, 1, 9, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def city_run(city_store, copy_store):
    with contextlib.closing(Store.open(copy_store(city_store))) as store:
        made = refresh(store, RefreshOptions(indicators=INDICATORS), actor="test", now=NOW)
        yield store, made.run_id


def test_maps_of_records_by_neighbourhood_and_topics_are_checked_and_kept_with_their_run(city_run):
    store, run_id = city_run
    found = examine(store, None, actor="test", now=NOW)
    assert found["run"] == run_id
    keys = {one["key"] for one in found["maps"]}
    assert "reach" in keys
    assert "indicator:violence_records" not in keys  # by district only
    assert {"topic:poverty", "topic:care"} <= keys
    with store.session(Login.SERVICE) as session:
        kept = checks.of_run(session, run_id)
        assert {one["key"] for one in kept.content["maps"]} == keys
        assert kept.actor == "test"


def test_the_index_tells_which_choice_moves_its_ranks(city_run):
    store, run_id = city_run
    examine(store, run_id, actor="test", now=NOW)
    with store.session(Login.SERVICE) as session:
        maps = checks.of_run(session, run_id).content["maps"]
    (found,) = [one for one in maps if one["key"] == "index"]
    moved = found["sensitivity"]
    # the base is that of the run itself, and so is certain
    assert [one["name"] for one in moved["factors"]] == ["weights", "aggregation", "normalisation", "draw"]
    assert 0 < moved["mean_shift"] < found["areas"] / 3
    assert all(one["total"] >= 0 for one in moved["factors"])
    assert sum(one["total"] for one in moved["factors"]) > 0.9  # all choices together explain the movement


def test_checking_again_takes_the_place_of_the_first(city_run):
    store, run_id = city_run
    later = NOW + dt.timedelta(days=1)
    for at in (NOW, later):
        examine(store, run_id, actor="test", now=at)
    with store.session(Login.REFRESH) as session:
        assert session.scalar(text("SELECT count(*) FROM plan.run_checks")) == 1
        assert checks.of_run(session, run_id).at == later


def test_what_cannot_be_checked_is_refused(city_run):
    store, run_id = city_run
    with pytest.raises(RefusedError, match=r"runs\.none"):
        examine(store, 999, actor="test", now=NOW)
    with store.session(Login.REFRESH) as session:
        assert checks.of_run(session, 999) is None
        assert {one.kind for one in checks.counted_maps(session, run_id)} <= {"reach", "indicator"}
