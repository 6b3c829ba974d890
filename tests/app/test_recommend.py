import datetime as dt
import itertools
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from app.errors import RefusedError
from app.recommend import (
    RecommendOptions,
    SaveAs,
    compare,
    copy_plan,
    recommend,
    rename_plan,
    undo_plan,
    withdraw_plan,
)
from app.recommend import publish_plan as publish_one
from app.refresh import RefreshOptions, refresh
from app.store import plans
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
    metres = np.linalg.norm(xy[:, None] - xy[None], axis=2)
    # within a square of side a the mean distance to the middle is 0.38260 a
    minutes = np.where(metres == 0, 0.3825978 * 1500, metres) * 1.3 * 60 / 40_000
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
    assert found["travel"] == {
        "method": "straight_line",
        "detour": 1.3,
        "km_per_hour": 40.0,
        "left_out": ["roads", "barriers", "traffic"],
    }


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


def test_groups_are_served_by_their_weights(mapped):
    with mapped.session(Login.SERVICE) as session:
        rows = session.execute(text("SELECT DISTINCT grp FROM plan.need ORDER BY grp")).scalars().all()
    group = next(name for name in rows if name != "all")
    alone = plan(mapped, new=1, group=group)
    weighted = plan(mapped, new=1, groups={group: 3.0})
    both = plan(mapped, new=1, groups={group: 1.0, "all": 1.0})
    everybody = plan(mapped, new=1)
    assert weighted["objective_person_minutes"] == pytest.approx(alone["objective_person_minutes"])
    assert weighted["weights"]["groups"] == {group: 3.0}
    low, high = sorted(p["objective_person_minutes"] for p in (alone, everybody))
    assert low * 0.999 <= both["objective_person_minutes"] <= high * 1.001
    with pytest.raises(RefusedError, match=r"recommend\.priority"):
        RecommendOptions(new=1, groups={"all": 0.0})


def test_a_region_is_planned_for_by_itself(mapped, city):
    with mapped.session(Login.SERVICE) as session:
        codes = city.CODES[:5]
        rows = [{"c": code, "r": "Yaka" if code in codes else "Öte"} for code in city.CODES]
        session.execute(text("INSERT INTO geo.regions (code, region) VALUES (:c, :r)"), rows)
    found = plan(mapped, new=1, region="Yaka")
    whole = plan(mapped, new=1)
    assert found["areas"] == 5
    assert found["groups"]["all"]["persons"] < whole["groups"]["all"]["persons"]
    assert set(found["regions"]) == set(whole["regions"])
    with mapped.session(Login.SERVICE) as session:
        line = plans.all_plans(session, region="Yaka")[-1]
        assert (line.region, line.sites) == ("Yaka", (found["new"][0]["key"],))
    with pytest.raises(RefusedError) as refusal:
        plan(mapped, new=1, region="Yok")
    assert refusal.value.fields["regions"] == "Yaka, Öte"


def test_alternatives_are_never_better_with_as_many_centres(mapped):
    found = plan(mapped, new=2, alternatives=True)
    kinds = [other["kind"] for other in found["alternatives"]]
    assert kinds == ["without", "without", "fewer", "more"]
    chosen = {site["key"] for site in found["new"]}
    for other in found["alternatives"][:2]:
        assert other["site"] not in {site["key"] for site in other["new"]}
        assert other["site"] in chosen
        assert other["person_minutes"] >= found["after"]["person_minutes"] * (1 - 1e-9)
    fewer, more = found["alternatives"][2:]
    assert more["person_minutes"] <= found["after"]["person_minutes"] <= fewer["person_minutes"]


def test_an_alternative_that_nothing_meets_says_so(mapped):
    found = plan(mapped, new=12, alternatives=True)
    assert {other["possible"] for other in found["alternatives"] if other["kind"] != "fewer"} == {False}


def test_it_tells_how_far_it_is_and_stops_when_told(mapped):
    seen = []
    options = RecommendOptions(new=1, alternatives=True)
    recommend(mapped, options, actor="t", now=NOW, tell=lambda stage, share: seen.append((stage, share)))
    assert seen[0] == ("plans.stage_ground", 0.0)
    assert seen[-1] == ("plans.stage_done", 1.0)
    assert [share for _, share in seen] == sorted(share for _, share in seen)

    def stop(stage, _share):
        if stage == "plans.stage_alternatives":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        recommend(mapped, options, actor="t", now=NOW, tell=stop)
    with mapped.session(Login.SERVICE) as session:
        assert len(plans.all_plans(session)) == 1


def test_a_saved_plan_is_edited_undone_copied_and_withdrawn(mapped):
    number = recommend(mapped, RecommendOptions(new=1), actor="a", now=NOW, save=SaveAs(name="İlk"))["plan"]
    again = SaveAs(plan_id=number)
    assert recommend(mapped, RecommendOptions(new=2), actor="a", now=NOW, save=again)["plan"] == number
    rename_plan(mapped, number, "Son", actor="a", now=NOW)
    undo_plan(mapped, number, actor="a", now=NOW)
    undo_plan(mapped, number, actor="a", now=NOW)
    copied = copy_plan(mapped, number, "Kopya", actor="b", now=NOW)
    withdraw_plan(mapped, copied, actor="b")
    publish_one(mapped, number, actor="a")
    with mapped.session(Login.SERVICE) as session:
        now = plans.get(session, number)
        assert (now.name, len(now.result["new"]), now.state) == ("İlk", 1, "published")
        assert plans.get(session, copied).state == "withdrawn"
    with pytest.raises(RefusedError, match=r"plans\.closed"):
        recommend(mapped, RecommendOptions(new=2), actor="a", now=NOW, save=again)
    with pytest.raises(RefusedError, match=r"plans\.other_region"):
        recommend(mapped, RecommendOptions(new=1, region="C1"), actor="a", now=NOW, save=again)


def test_two_plans_stand_side_by_side(mapped):
    one, two = plan(mapped, new=1), plan(mapped, new=2)
    found = compare(one, two)
    assert found.alike
    assert found.better == "other"
    assert len(found.both) + len(found.only_other) == 2
    assert {row.group for row in found.groups} == set(one["groups"])
    everybody = next(row for row in found.groups if row.group == "all")
    assert everybody.one["mean_after"] > everybody.other["mean_after"]
    assert compare(one, one).better == ""
    assert not compare(one, {**two, "region": "C1"}).alike
