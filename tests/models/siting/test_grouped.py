from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.siting import InfeasibleRequest, SiteRequest, p_median_in_groups

DATA = Path(__file__).parents[2] / "data" / "location"


def san_francisco():
    table = np.genfromtxt(DATA / "san_francisco.csv", delimiter=",", skip_header=1)
    return table[:, 2:], table[:, 1]


def test_san_francisco_has_its_published_optimum():
    minutes, weights = san_francisco()
    plan = p_median_in_groups(minutes, weights, SiteRequest(new=4))
    assert plan.objective == pytest.approx(2848268129.7145104, rel=1e-9)
    assert plan.new.tolist() == [1, 2, 5, 10]
    assert (plan.status, plan.gap) == ("optimal", 0.0)


def brute_force(minutes, weights, request, price=1440.0):
    weights = np.where(np.isnan(minutes).all(axis=1), 0.0, weights)
    filled = np.where(np.isnan(minutes), max(price, 2 * np.nanmax(minutes, initial=0.0)), minutes)
    closed = {*request.existing, *request.excluded}
    best = np.inf
    for chosen in combinations([j for j in range(minutes.shape[1]) if j not in closed], request.new):
        counts = {g: len(set(chosen) & set(request.groups[g])) for g in request.group_minimum}
        if all(counts[g] >= least for g, least in request.group_minimum.items()):
            near = filled[:, [*request.existing, *chosen]].min(axis=1)
            best = min(best, float(near @ weights))
    return best


@st.composite
def instances(draw):
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    n, m = draw(st.integers(1, 12)), draw(st.integers(2, 9))
    minutes = rng.integers(0, 40, (n, m)).astype(float)
    minutes[rng.random((n, m)) < draw(st.sampled_from([0, 0, 0.3]))] = np.nan
    columns = rng.permutation(m)
    existing = columns[: draw(st.integers(0, m // 3))].tolist()
    groups = {"west": rng.permutation(m)[: m // 2].tolist(), "east": rng.permutation(m)[: m // 2].tolist()}
    minimum = {"west": draw(st.integers(0, 2)), "east": draw(st.integers(0, 1))}
    new = draw(st.integers(1, m - len(existing)))
    weights = rng.integers(0, 9, n).astype(float)
    return minutes, weights, SiteRequest(new=new, existing=existing, groups=groups, group_minimum=minimum)


@settings(max_examples=120, deadline=None)
@given(instances())
def test_the_plan_equals_brute_force_on_small_instances(instance):
    minutes, weights, request = instance
    best = brute_force(minutes, weights, request)
    try:
        plan = p_median_in_groups(minutes, weights, request)
    except InfeasibleRequest:
        assert best == np.inf
        return
    assert plan.objective == pytest.approx(best)
    assert plan.status == "optimal"
    assert len(plan.new) == request.new


def city(sites=83, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 100, (19, 2))
    homes = centres[rng.integers(0, 19, 913)] + rng.normal(0, 6, (913, 2))
    places = centres[rng.integers(0, 19, sites)] + rng.normal(0, 5, (sites, 2))
    minutes = np.linalg.norm(homes[:, None] - places, axis=2) * 1.3 / 40 * 60
    return minutes, rng.lognormal(4, 1.5, 913)


def test_a_city_of_913_areas_is_proven_in_seconds():
    minutes, weights = city()
    request = SiteRequest(
        new=3, existing=[0, 1, 2], groups={"west": list(range(3, 20))}, group_minimum={"west": 1}
    )
    plan = p_median_in_groups(minutes, weights, request)
    assert plan.status == "optimal"
    assert plan.seconds < 5
    assert plan.fixed.tolist() == [0, 1, 2]
    assert np.isin(plan.new, np.arange(3, 20)).any()


def test_on_a_time_limit_the_best_plan_comes_back_with_its_gap():
    rng = np.random.default_rng(1)
    minutes = rng.uniform(1, 60, (300, 120))
    plan = p_median_in_groups(minutes, np.ones(300), SiteRequest(new=12), time_limit_seconds=0.01)
    assert plan.status == "time_limit"
    assert 0 < plan.gap < 1
    assert plan.bound < plan.objective
    assert len(plan.new) == 12


def test_the_same_seed_gives_the_same_plan():
    minutes, weights = city(40)
    first, second = (p_median_in_groups(minutes, weights, SiteRequest(new=5), seed=3) for _ in range(2))
    assert first.new.tolist() == second.new.tolist()
    assert first.objective == second.objective


@pytest.mark.parametrize(
    ("request_", "code", "change"),
    [
        (SiteRequest(new=4, excluded=[0]), "siting.too_few_candidates", ("least_change_new", 3)),
        (
            SiteRequest(new=2, groups={"west": [0]}, group_minimum={"west": 2}),
            "siting.group_too_small",
            ("least_change_minimum", 1),
        ),
        (
            SiteRequest(new=1, groups={"west": [0], "east": [1]}, group_minimum={"west": 1, "east": 1}),
            "siting.minimums_exceed_new",
            ("least_change_new", 2),
        ),
    ],
)
def test_a_request_that_cannot_be_met_names_the_least_change(request_, code, change):
    with pytest.raises(InfeasibleRequest) as caught:
        p_median_in_groups(np.ones((3, 4)), np.ones(3), request_)
    assert caught.value.code == code
    assert caught.value.details[change[0]] == change[1]


def test_a_village_only_one_site_reaches_pulls_that_site_into_the_plan():
    minutes = np.array([[1.0, 9.0], [1.0, 9.0], [np.nan, 50.0]])
    plan = p_median_in_groups(minutes, np.array([10.0, 10.0, 1.0]), SiteRequest(new=1))
    assert plan.new.tolist() == [1]
    assert plan.unserved.tolist() == []


def test_an_unreachable_village_is_listed_and_left_out_of_the_objective():
    plan = p_median_in_groups([[1.0, 2.0], [np.nan, np.nan]], [5.0, 7.0], SiteRequest(new=1))
    assert plan.objective == 5.0
    assert plan.unserved.tolist() == [1]


@pytest.mark.parametrize("bad", [-1.0, np.inf])
def test_minutes_below_zero_or_endless_are_refused(bad):
    with pytest.raises(ValueError, match="minutes must be"):
        p_median_in_groups([[bad, 1.0]], [1.0], SiteRequest(new=1))


@pytest.mark.parametrize("weights", [[0.0, 0.0], []])
def test_nobody_to_serve_still_gives_a_plan(weights):
    plan = p_median_in_groups(np.ones((len(weights), 3)), weights, SiteRequest(new=2))
    assert len(plan.new) == 2
    assert (plan.objective, plan.gap, plan.status) == (0.0, 0.0, "optimal")
