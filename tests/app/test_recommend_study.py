"""What a plan knows of itself: how sure, for whom, why, in what order, at what cost; and places tried."""

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from app.errors import RefusedError
from app.recommend import Pin, RecommendOptions, SaveAs, recommend, try_pin
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


def result_of(store, number):
    with store.session(Login.SERVICE) as session:
        return plans.get(session, number).result


def test_a_studied_plan_says_how_sure_for_whom_why_and_in_what_order(mapped):
    found = plan(mapped, new=2, alternatives=True)
    sure, fair, why, order = (found[name] for name in ("certainty", "fairness", "reasons", "phases"))
    assert sure["known"] is True
    assert sure["largest_gap"] == pytest.approx(0, abs=1e-9)
    chosen = {site["key"] for site in sure["sites"] if site["chosen"]}
    assert chosen == {site["key"] for site in found["new"]}
    assert all(0 <= site["inclusion"] <= site["group_inclusion"] <= 1 for site in sure["sites"])
    first = fair["points"][0]
    assert first["mean_minutes"] == pytest.approx(found["after"]["mean_minutes"], rel=1e-6)
    assert [p["tail_minutes"] for p in fair["points"]] == sorted(
        (p["tail_minutes"] for p in fair["points"]), reverse=True
    )
    assert {one["key"] for one in why["sites"]} == chosen
    assert all(one["loss_minutes"] > 0 for one in why["sites"])
    assert order["phases"][-1]["open"] == 2
    assert len(order["phases"]) == 2


def test_the_best_of_the_draws_is_the_plan_of_their_mean(mapped):
    found = plan(mapped, new=1, alternatives=True)
    lost = found["certainty"]["regret_minutes"]
    assert 0 <= lost["mean"] <= lost["largest"]
    assert 0 <= lost["p95"] <= lost["largest"]
    cautious = found["certainty"]["cautious"]
    assert cautious["extra_minutes"] >= -1e-9
    assert cautious["worst_minutes"] <= cautious["own_worst_minutes"] + 1e-12


@pytest.mark.parametrize("rule", [{"apart_m": 2500.0}, {"others": "*"}])
def test_plans_under_rules_are_measured_too(mapped, rule):
    found = plan(mapped, new=2, alternatives=True, **rule)["certainty"]
    assert found["known"] is True
    assert found["draws"] >= 20
    assert {site["key"] for site in found["sites"] if site["chosen"]}


def test_a_required_site_opens_and_says_what_it_costs(mapped):
    free = plan(mapped, new=1)
    other = next(f"S{number}" for number in range(1, 12) if f"S{number}" != free["new"][0]["key"])
    found = plan(mapped, new=1, required=(other,))
    assert [site["key"] for site in found["new"]] == [other]
    persons = found["objective_person_minutes"] / found["after"]["mean_minutes"]
    cost = (found["objective_person_minutes"] - free["objective_person_minutes"]) / persons
    assert found["required_price_minutes"] == pytest.approx(cost, rel=1e-6)
    assert free["required_price_minutes"] is None


def test_sites_left_out_stay_closed(mapped):
    free = plan(mapped, new=1)["new"][0]["key"]
    assert plan(mapped, new=1, left_out=(free,))["new"][0]["key"] != free


def test_new_centres_stand_as_far_apart_as_asked(mapped):
    found = plan(mapped, new=2, apart_m=4000)
    (one, other) = found["new"]
    metres = np.hypot((one["lon"] - other["lon"]) * 89_000, (one["lat"] - other["lat"]) * 111_000)
    assert metres > 3900


def test_rules_that_cannot_be_kept_are_refused_by_code(mapped):
    with pytest.raises(RefusedError) as caught:
        plan(mapped, new=3, apart_m=1e6)
    assert caught.value.key.startswith("siting.")


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"new": None}, "recommend.no_number"),
        ({"new": 3, "phases": (2, 2)}, "recommend.phases"),
        ({"new": 3, "phases": (1, 2)}, "recommend.phases"),
    ],
)
def test_requests_that_ask_for_nothing_are_refused(given, key):
    with pytest.raises(RefusedError) as caught:
        RecommendOptions(**given)
    assert caught.value.key == key


def test_an_unknown_site_is_named(mapped):
    with pytest.raises(RefusedError) as caught:
        plan(mapped, new=1, required=("nowhere",))
    assert caught.value.key == "recommend.no_site"
    assert caught.value.fields["site"] == "nowhere"


def test_a_place_tried_is_kept_with_the_plan_and_can_be_undone(mapped):
    options = RecommendOptions(new=1)
    made = recommend(mapped, options, actor="test", now=NOW, save=SaveAs(name="Deneme"))
    area = made["existing"][0]
    pin = Pin(name="Başkanın yeri", lon=area["lon"], lat=area["lat"])
    answer = try_pin(mapped, made["plan"], pin, actor="test", now=NOW)
    assert answer["status"] == "costs_more"
    assert answer["extra_minutes"] > 0
    assert answer["displaced"][0]["key"] == made["new"][0]["key"]
    assert answer["groups"]["all"]["lose"] >= 0
    kept = result_of(mapped, made["plan"])
    assert [one["name"] for one in kept["pins"]] == ["Başkanın yeri"]
    assert kept["new"] == made["new"]


def test_the_site_of_the_plan_itself_costs_nothing_as_a_pin(mapped):
    made = plan(mapped, new=1)
    site = made["new"][0]
    answer = try_pin(
        mapped, made["plan"], Pin(name="aynı", lon=site["lon"], lat=site["lat"]), actor="test", now=NOW
    )
    assert answer["extra_minutes"] == pytest.approx(0, abs=1e-9)


def test_a_place_outside_the_city_is_refused(mapped):
    made = plan(mapped, new=1)
    with pytest.raises(RefusedError) as caught:
        try_pin(mapped, made["plan"], Pin(name="uzak", lon=0.0, lat=0.0), actor="test", now=NOW)
    assert caught.value.key == "recommend.pin_outside"


def test_what_is_shown_holds_no_exact_count_of_persons(mapped):
    made = plan(mapped, new=2, alternatives=True)
    area = made["existing"][0]
    try_pin(mapped, made["plan"], Pin(name="p", lon=area["lon"], lat=area["lat"]), actor="test", now=NOW)
    told = plans.shown(result_of(mapped, made["plan"]))
    counts = [site[name] for site in told["reasons"]["sites"] for name in ("longer", "newly_reached")]
    counts += [n for site in told["reasons"]["sites"] for n in site["served"].values()]
    counts += [pin[name] for pin in told["pins"] for name in ("lose", "gain")]
    counts += [one.get("persons") for one in told["fairness"]["districts"]]
    assert all(count is None or count % 50 == 0 for count in counts)
    assert all("loss_person_minutes" not in site for site in told["reasons"]["sites"])
