import datetime as dt
import itertools
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from app.errors import RefusedError
from app.recommend import RecommendOptions, recommend
from app.refresh import RefreshOptions, refresh
from app.store.logins import Login

INDICATORS = (Path(__file__).parents[1] / "data" / "city" / "indicators.toml").read_text("utf-8")
NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


@pytest.fixture
def mapped(small_city):
    refresh(small_city, RefreshOptions(indicators=INDICATORS), actor="test", now=NOW)
    return small_city


def plan(store, **options):
    return recommend(store, RecommendOptions(**options), actor="test", now=NOW)


def test_the_plan_is_the_best_of_all_choices(mapped, city):
    found = plan(mapped, new=2)
    assert found["status"] == "optimal"
    assert found["gap"] == pytest.approx(0, abs=1e-9)
    centres = city.frame().geometry.centroid
    xy = np.column_stack([centres.x, centres.y])
    with mapped.session(Login.SERVICE) as session:
        rows = session.execute(text("SELECT area_code, persons FROM plan.need WHERE grp = 'all'")).all()
    weight = np.array([dict(map(tuple, rows))[code] for code in city.CODES])
    minutes = np.linalg.norm(xy[:, None] - xy[None], axis=2) * 1.3 * 60 / 40_000
    totals = [
        (weight * minutes[:, [0, *pair]].min(axis=1)).sum() for pair in itertools.combinations(range(12), 2)
    ]
    assert found["objective_person_minutes"] == pytest.approx(min(totals), rel=1e-3)


def test_everybody_has_a_centre_and_nobodys_way_grows(mapped):
    found = plan(mapped, new=1)
    assert set(found["regions"].values()) <= {"C1", found["new"][0]["key"]}
    assert None not in found["regions"].values()
    assert found["unserved"] == []
    assert found["after"]["mean_minutes"] < found["before"]["mean_minutes"]
    for group in found["groups"].values():
        assert group["mean_after"] <= group["mean_before"]
        assert group["p95_after"] <= group["p95_before"]


def test_a_minimum_in_a_group_of_districts_is_kept(mapped):
    found = plan(mapped, new=2, at_least={"south": 2})
    assert {site["district"] for site in found["new"]} == {"Güney Irmak"}
    with pytest.raises(RefusedError) as refusal:
        plan(mapped, new=1, at_least={"south": 2})
    assert refusal.value.key == "siting.minimums_exceed_new"
    assert refusal.value.fields["least_change_new"] == 2


def test_only_allowed_buildings_are_opened(mapped):
    found = plan(mapped, new=3, ownership=("own",))
    assert {site["ownership"] for site in found["new"]} == {"own"}


def test_the_share_lost_by_calling_a_neighbourhood_a_point_is_printed(mapped):
    found = plan(mapped, new=1)
    # squares of 1.5 km: the farthest corner is 1,061 m from the middle
    assert found["point_error_minutes"] == pytest.approx(1060.66 * 1.3 * 60 / 40_000, rel=1e-3)
    assert found["travel"] == {"method": "straight_line", "detour": 1.3, "km_per_hour": 40.0}


def test_unknown_groups_and_missing_sites_say_what_there_is(mapped):
    with pytest.raises(RefusedError) as refusal:
        plan(mapped, new=1, group="nobody")
    assert "all" in refusal.value.fields["groups"]
    with pytest.raises(RefusedError, match=r"recommend\.no_district_group"):
        plan(mapped, new=1, at_least={"east": 1})
    with mapped.session(Login.SERVICE) as session:
        session.execute(text("DELETE FROM geo.sites"))
    with pytest.raises(RefusedError, match=r"recommend\.no_sites"):
        plan(mapped, new=1)


def test_more_centres_than_candidates_names_the_least_change(mapped):
    with pytest.raises(RefusedError) as refusal:
        plan(mapped, new=13)
    assert refusal.value.fields["least_change_new"] == 12
