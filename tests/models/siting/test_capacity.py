from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from models.siting import InfeasibleRequest, p_median, verify


def audit(plan, minutes, weights, demand, capacity, p, beyond=None):
    """Whether a plan holds, from nothing but its numbers."""
    capacity = np.broadcast_to(capacity, minutes.shape[1])
    site = plan.assignment
    own = np.flatnonzero(site >= 0)
    assert len(plan.sites) == p
    assert np.isin(site[own], plan.sites).all()
    load = np.bincount(site[own], np.asarray(demand)[own], minlength=minutes.shape[1])
    assert (load <= capacity * (1 + 1e-9)).all()
    cost = np.zeros(len(site)) if beyond is None else np.nan_to_num(np.asarray(beyond) * weights)
    cost[own] = minutes[own, site[own]] * np.asarray(weights)[own]
    assert plan.objective == pytest.approx(cost.sum())
    assert plan.bound <= plan.objective + 1e-9
    assert not verify(plan, minutes, weights)  # there is no certificate


def brute_force(minutes, weights, demand, capacity, p, fixed=(), excluded=(), beyond=None):
    n, m = minutes.shape
    rows = np.flatnonzero(~np.isnan(minutes).all(axis=1)) if beyond is None else np.arange(n)
    free = [site for site in range(m) if site not in {*fixed, *excluded}]
    best = np.inf
    for chosen in combinations(free, p - len(fixed)):
        opened = [*fixed, *chosen, *([-1] if beyond is not None else [])]
        for places in product(opened, repeat=len(rows)):
            at = np.array(places, dtype=int)
            near = minutes[rows, at] if beyond is None else np.where(at < 0, beyond[rows], minutes[rows, at])
            load = np.bincount(at[at >= 0], demand[rows][at >= 0], minlength=m)
            if not np.isnan(near).any() and (load <= capacity).all():
                best = min(best, float(near @ weights[rows]))
    return best


@st.composite
def instances(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, m = draw(st.integers(1, 6)), draw(st.integers(2, 5))
    whole = draw(st.booleans())
    minutes = rng.integers(0, 40, (n, m)).astype(float) if whole else rng.uniform(0, 40, (n, m))
    minutes[rng.random((n, m)) < draw(st.sampled_from([0, 0, 0.3]))] = np.nan
    demand = rng.integers(0, 9, n).astype(float) if whole else rng.exponential(4, n)
    weights = demand if draw(st.booleans()) else rng.integers(0, 5, n).astype(float)
    columns = rng.permutation(m).tolist()
    fixed, excluded = columns[: draw(st.integers(0, 1))], columns[m - draw(st.integers(0, 1)) :]
    p = draw(st.integers(max(len(fixed), 1), min(3, m - len(excluded))))
    tight = draw(st.sampled_from([0.9, 1.1, 1.5, 3.0]))
    capacity = np.ceil(demand.sum() / p * tight * rng.uniform(0.7, 1.3, m))
    return minutes, weights, demand, capacity, p, fixed, excluded


@settings(max_examples=150, deadline=None)
@given(instances())
def test_the_plan_equals_brute_force_on_small_instances(instance):
    minutes, weights, demand, capacity, p, fixed, excluded = instance
    counted = np.where((weights > 0) | (demand > 0), 1.0, np.nan)
    best = brute_force(minutes * counted[:, None], weights, demand, capacity, p, fixed, excluded)
    how = {"capacity": capacity, "demand": demand, "fixed": fixed, "excluded": excluded}
    if best == np.inf:
        with pytest.raises(InfeasibleRequest) as refused:
            p_median(minutes, weights, p, **how)
        assert refused.value.code != "siting.no_assignment_found"
        return
    plan = p_median(minutes, weights, p, **how)
    audit(plan, minutes, weights, demand, capacity, p)
    assert plan.objective == pytest.approx(best, abs=1e-9)
    assert (plan.proven, plan.gap) == (True, 0.0)


@settings(max_examples=60, deadline=None)
@given(instances(), st.integers(0, 2**32 - 1))
def test_where_others_serve_too_nothing_is_impossible(instance, seed):
    minutes, weights, demand, capacity, p, fixed, excluded = instance
    beyond = np.random.default_rng(seed).integers(0, 40, len(weights)).astype(float)
    best = brute_force(minutes, weights, demand, capacity, p, fixed, excluded, beyond)
    how = {"fixed": fixed, "excluded": excluded, "beyond": beyond}
    plan = p_median(minutes, weights, p, capacity=capacity, demand=demand, **how)
    audit(plan, minutes, weights, demand, capacity, p, beyond)
    assert plan.objective == pytest.approx(best, abs=1e-9)
    assert plan.unserved.tolist() == []
    columns = np.tile(np.arange(minutes.shape[1]), len(minutes))
    stored = ~np.isnan(minutes.ravel())
    start = np.concatenate([[0], np.cumsum((~np.isnan(minutes)).sum(axis=1))])
    sparse = csr_array((minutes.ravel()[stored], columns[stored], start), shape=minutes.shape)
    near = p_median(sparse, weights, p, capacity=capacity, demand=demand, **how)
    assert near.objective == pytest.approx(best)


@settings(max_examples=40, deadline=None)
@given(instances(), st.integers(0, 2**32 - 1), st.floats(0.1, 9))
def test_scale_numbering_and_one_candidate_more(instance, seed, factor):
    minutes, weights, demand, capacity, p, fixed, excluded = instance
    try:
        plan = p_median(minutes, weights, p, capacity=capacity, demand=demand, fixed=fixed, excluded=excluded)
    except InfeasibleRequest:
        return
    how = {"capacity": capacity, "demand": demand, "fixed": fixed}
    scaled = p_median(minutes, weights * factor, p, excluded=excluded, **how)
    assert scaled.objective == pytest.approx(plan.objective * factor, abs=1e-9)
    assert p_median(minutes, weights, p, **how).objective <= plan.objective + 1e-9
    rng = np.random.default_rng(seed)
    row, column = rng.permutation(len(weights)), rng.permutation(minutes.shape[1])
    place = np.argsort(column)
    how = {"fixed": place[fixed].tolist(), "excluded": place[excluded].tolist()}
    moved = p_median(
        minutes[row][:, column], weights[row], p, capacity=capacity[column], demand=demand[row], **how
    )
    assert moved.objective == pytest.approx(plan.objective, abs=1e-9)
    roomy = p_median(minutes, weights, p, capacity=np.inf, fixed=fixed, excluded=excluded)
    assert roomy.bound <= plan.objective + 1e-9


def town(n, seed, load=0.88, share=0.1):
    rng = np.random.default_rng(seed)
    place = rng.integers(1, 101, (n, 2))
    minutes = np.floor(np.sqrt(((place[:, None] - place) ** 2).sum(axis=2)))
    demand, p = rng.integers(1, 21, n).astype(float), int(n * share)
    return minutes, demand, float(np.ceil(demand.sum() / (p * load))), p


def by_programme(minutes, demand, capacity, p):
    """The textbook integer programme, for scipy's HiGHS."""
    n, m = minutes.shape
    x = n * m
    once = csr_array((np.ones(x), (np.repeat(np.arange(n), m), np.arange(x))), shape=(n, x + m))
    load = np.zeros((m, x + m))
    for j in range(m):
        load[j, np.arange(n) * m + j] = demand
        load[j, x + j] = -capacity
    number = np.concatenate([np.zeros(x), np.ones(m)])[None]
    ends = np.stack([np.arange(x), x + np.arange(x) % m], axis=1).ravel()
    link = csr_array((np.tile([1.0, -1.0], x), (np.repeat(np.arange(x), 2), ends)), shape=(x, x + m))
    found = milp(
        np.concatenate([minutes.ravel(), np.zeros(m)]),
        integrality=np.ones(x + m),
        bounds=Bounds(0, 1),
        constraints=[
            LinearConstraint(once, 1, 1),
            LinearConstraint(load, -np.inf, 0),
            LinearConstraint(number, p, p),
            LinearConstraint(link, -np.inf, 0),
        ],
    )
    return found.fun


@pytest.mark.parametrize("seed", [1, 2])
def test_a_plain_integer_programme_finds_nothing_better(seed):
    minutes, demand, capacity, p = town(30, seed)
    plan = p_median(minutes, np.ones(30), p, capacity=capacity, demand=demand)
    assert plan.proven
    assert plan.objective == pytest.approx(by_programme(minutes, demand, capacity, p))
    audit(plan, minutes, np.ones(30), demand, capacity, p)


def test_a_town_of_fifty_blocks_is_proven_in_seconds():
    minutes, demand, capacity, p = town(50, 3)
    plan = p_median(minutes, np.ones(50), p, capacity=capacity, demand=demand)
    assert plan.proven
    assert plan.seconds < 10
    audit(plan, minutes, np.ones(50), demand, capacity, p)


@pytest.mark.parametrize(("seed", "load", "optimum"), [(2, 0.955, 1030), (5, 0.955, 1070), (0, 0.88, 1083)])
def test_a_town_whose_rooms_are_almost_full_is_proven(seed, load, optimum):
    minutes, demand, capacity, p = town(100, seed, load)
    plan = p_median(minutes, np.ones(100), p, capacity=capacity, demand=demand)
    audit(plan, minutes, np.ones(100), demand, capacity, p)
    assert (plan.objective, plan.proven) == (optimum, True)


def test_a_hundredth_of_a_second_is_enough_for_some_plan():
    minutes, demand, capacity, p = town(100, 1, load=0.85)
    how = {"capacity": capacity, "demand": demand}
    p_median(minutes, np.ones(100), p, time_limit_s=0.2, **how)  # compiled
    plan = p_median(minutes, np.ones(100), p, time_limit_s=0.01, **how)
    audit(plan, minutes, np.ones(100), demand, capacity, p)
    assert plan.status == "time_limit"
    assert plan.seconds < 0.21


def test_the_same_seed_gives_the_same_plan_where_time_does_not_bind():
    minutes, demand, capacity, p = town(60, 4, load=0.93)
    first, second = (
        p_median(minutes, np.ones(60), p, capacity=capacity, demand=demand, seed=3) for _ in range(2)
    )
    assert first.proven
    assert first.assignment.tolist() == second.assignment.tolist()


def test_on_a_time_limit_the_best_plan_comes_back_with_its_gap():
    minutes, demand, capacity, p = town(100, 1, load=0.955)
    plan = p_median(minutes, np.ones(100), p, capacity=capacity, demand=demand, time_limit_s=0.3)
    audit(plan, minutes, np.ones(100), demand, capacity, p)
    assert plan.status == "time_limit"
    assert 0 < plan.gap < 1


REFUSED = {
    "a row larger than any site": (
        {"demand": [1, 9, 1], "capacity": 6, "p": 2},
        ("siting.demand_too_large", "least_change_capacity_factor", 1.5),
    ),
    "more in all than two sites take": (
        {"demand": [3, 3, 3], "capacity": 4, "p": 2},
        ("siting.capacity_too_small", "least_change_new", 3),
    ),
    "more than all sites take": (
        {"demand": [4, 4, 4], "capacity": [4, 4, 2], "p": 3},
        ("siting.capacity_never_enough", "least_change_capacity_factor", 1.2),
    ),
    "room in all but not in one": (
        {"demand": [4, 4, 4], "capacity": 6, "p": 2},
        ("siting.cannot_assign", "least_change_new", 3),
    ),
    "no allowed site reaches a row": (
        {"demand": [1, 1, 1], "capacity": 9, "p": 2, "excluded": [2], "far": True},
        ("siting.cannot_serve", "rows", [2]),
    ),
}


@pytest.mark.parametrize(("asked", "refusal"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_served_is_named_with_the_least_change(asked, refusal):
    minutes = np.array([[1.0, 2.0, 3.0], [2.0, 1.0, 4.0], [3.0, 5.0, 1.0]])
    if asked.pop("far", False):
        minutes[2, :2] = np.nan
    code, name, value = refusal
    with pytest.raises(InfeasibleRequest) as refused:
        p_median(minutes, np.ones(3), **asked)
    assert refused.value.code == code
    assert refused.value.details[name] == pytest.approx(value)


def test_rows_that_no_site_can_share_out_are_refused_for_good():
    with pytest.raises(InfeasibleRequest) as refused:
        p_median(np.ones((3, 2)), np.ones(3), 2, capacity=[5, 5], demand=[3, 3, 3])
    assert refused.value.code == "siting.never_assignable"
    assert refused.value.details["least_overload"] == 1
    assert refused.value.details["unserved"] == 1


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"capacity": -1}, "capacity must be >= 0"),
        ({"capacity": np.nan}, "capacity must be >= 0"),
        ({"capacity": [1.0]}, "one a site"),
        ({"capacity": 5, "demand": [1.0]}, "one demand a row"),
        ({"capacity": 5, "demand": [1.0, -1.0]}, "demand must be >= 0"),
        ({"demand": [1.0, 1.0]}, "demand= needs capacity="),
    ],
)
def test_bad_capacities_say_what_was_wrong(how, words):
    with pytest.raises(ValueError, match=words):
        p_median([[1.0, 2.0], [2.0, 1.0]], [1.0, 1.0], 1, **how)


def test_rows_out_of_reach_are_listed_and_take_no_room():
    plan = p_median([[1.0, 2.0], [np.nan, np.nan]], [2.0, 9.0], 1, capacity=3)
    assert (plan.objective, plan.unserved.tolist(), plan.assignment.tolist()) == (2.0, [1], [0, -1])
