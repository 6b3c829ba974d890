from itertools import chain, combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.siting.cover import maximal_cover, set_cover
from models.siting.reduce import reduced
from models.siting.request import InfeasibleRequest
from models.siting.rules import Rules

RADIUS = 20.0


@st.composite
def instances(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, m = draw(st.integers(1, 14)), draw(st.integers(2, 8))
    minutes = rng.integers(0, 40, (n, m)).astype(float)
    minutes[rng.random((n, m)) < draw(st.sampled_from([0, 0, 0.3]))] = np.nan
    columns = rng.permutation(m).tolist()
    fixed, excluded = columns[: draw(st.integers(0, m // 3))], columns[m - draw(st.integers(0, m // 3)) :]
    p = draw(st.integers(max(len(fixed), 1), m - len(excluded)))
    weights = draw(st.sampled_from([rng.integers(0, 9, n).astype(float), rng.exponential(1, n)]))
    return minutes, weights, p, fixed, excluded


def choices(minutes, fixed, excluded):
    free = [site for site in range(minutes.shape[1]) if site not in {*fixed, *excluded}]
    subsets = chain.from_iterable(combinations(free, size) for size in range(len(free) + 1))
    return [[*fixed, *one] for one in subsets]


def covers(minutes, sites):
    return (minutes[:, sites] <= RADIUS).sum(axis=1)


@settings(max_examples=150, deadline=None)
@given(instances(), st.integers(0, 2), st.booleans())
def test_set_cover_and_backup_equal_brute_force(instance, backup, priced):
    minutes, weights, _, fixed, excluded = instance
    costs = np.resize(np.round(weights), minutes.shape[1]) if priced else np.ones(minutes.shape[1])
    holding = [s for s in choices(minutes, fixed, excluded) if (covers(minutes, s) > 0).all()]
    if not holding:
        with pytest.raises(InfeasibleRequest, match="cannot_cover"):
            set_cover(minutes, RADIUS, fixed=fixed, excluded=excluded)
        return
    given_costs = costs if priced else None
    plan = set_cover(minutes, RADIUS, costs=given_costs, fixed=fixed, excluded=excluded, backup=backup)
    least = min(costs[s].sum() for s in holding)
    assert plan.objective == plan.bound == least == costs[plan.sites].sum()
    assert (plan.times == covers(minutes, plan.sites)).all()
    assert (plan.times > 0).all()
    assert plan.backup_share == (plan.times > max(backup, 1)).mean()
    assert set(fixed) <= set(plan.sites.tolist())
    assert not set(excluded) & set(plan.sites.tolist())
    if backup:
        best = max((covers(minutes, s) > backup).mean() for s in holding if costs[s].sum() == least)
        assert plan.backup_share == plan.backup_bound == best


@settings(max_examples=100, deadline=None)
@given(instances(), st.sampled_from([None, (10.0, 30.0), (0.0, 39.0), (15.0, 15.0)]))
def test_maximal_cover_equals_brute_force(instance, partial):
    minutes, weights, p, fixed, excluded = instance
    plan = maximal_cover(minutes, weights, p, RADIUS, fixed=fixed, excluded=excluded, partial=partial)
    full, zero = partial or (RADIUS, RADIUS)
    fading = (zero - minutes) / (zero - full) if zero > full else (minutes <= full)
    share = np.clip(np.nan_to_num(fading), 0, 1)
    every = [s for s in choices(minutes, fixed, excluded) if len(s) == p]
    best = max(share[:, s].max(axis=1) @ weights for s in every)
    assert plan.objective == pytest.approx(best, rel=1e-12)
    assert plan.covered == pytest.approx(share[:, plan.sites].max(axis=1))
    assert (plan.proven, plan.gap, plan.bound) == (True, 0.0, plan.objective)
    assert plan.covered_share * weights.sum() == pytest.approx(plan.objective)


@settings(max_examples=40, deadline=None)
@given(instances(), st.integers(0, 2**32 - 1))
def test_numbering_does_not_matter_and_more_radius_never_harms(instance, seed):
    minutes, weights, p, fixed, excluded = instance
    rng = np.random.default_rng(seed)
    row, column = rng.permutation(len(weights)), rng.permutation(minutes.shape[1])
    place = np.argsort(column)
    columns = {"fixed": place[fixed].tolist(), "excluded": place[excluded].tolist()}
    plan = maximal_cover(minutes, weights, p, RADIUS, fixed=fixed, excluded=excluded)
    moved = maximal_cover(minutes[row][:, column], weights[row], p, RADIUS, **columns)
    assert moved.objective == pytest.approx(plan.objective)
    wider = maximal_cover(minutes, weights, p, RADIUS + 5, fixed=fixed, excluded=excluded)
    assert wider.objective >= plan.objective - 1e-9


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_dominance_keeps_a_cheapest_cover(seed):
    rng = np.random.default_rng(seed)
    matrix = rng.random((rng.integers(1, 90), rng.integers(1, 8))) < rng.uniform(0.2, 0.9)
    matrix[:, 0] |= ~matrix.any(axis=1)
    price = rng.integers(0, 4, matrix.shape[1]).astype(float)
    rows, columns = reduced(matrix, price)

    def least(part, own):
        every = chain.from_iterable(combinations(range(len(own)), size) for size in range(len(own) + 1))
        return min(own[list(s)].sum() for s in every if part[:, list(s)].any(axis=1).all())

    assert least(matrix[np.ix_(rows, columns)], price[columns]) == least(matrix, price)


@st.composite
def limited(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, m = draw(st.integers(1, 5)), draw(st.integers(2, 5))
    minutes = rng.integers(0, 40, (n, m)).astype(float)
    minutes[rng.random((n, m)) < 0.1] = np.nan
    weights, demand = rng.integers(0, 9, n).astype(float), rng.integers(0, 9, n).astype(float)
    return minutes, weights, demand, rng.integers(0, 15, m).astype(float), draw(st.integers(1, min(3, m)))


@settings(max_examples=120, deadline=None)
@given(limited(), st.sampled_from([None, (10.0, 30.0)]), st.booleans())
def test_cover_within_capacities_and_rules_equals_brute_force(instance, partial, ruled):
    minutes, weights, demand, capacity, p = instance
    n, m = minutes.shape
    rules = Rules(groups={"first": [0]}, at_least={"first": 1}, conflicts=[(0, 1)]) if ruled else None
    full, zero = partial or (RADIUS, RADIUS)
    fading = (zero - minutes) / (zero - full) if zero > full else (minutes <= full)
    share = np.clip(np.nan_to_num(fading), 0, 1)
    best = -np.inf
    for sites in combinations(range(m), p):
        if ruled and (0 not in sites or 1 in sites):
            continue
        for places in product([-1, *sites], repeat=n):
            at = np.array(places)
            own = np.flatnonzero(at >= 0)
            if (np.bincount(at[own], demand[own], minlength=m) <= capacity).all():
                best = max(best, float((share[own, at[own]] * weights[own]).sum()))
    how = {"capacity": capacity, "demand": demand, "partial": partial, "rules": rules}
    if best < 0:
        with pytest.raises(InfeasibleRequest):
            maximal_cover(minutes, weights, p, RADIUS, **how)
        return
    plan = maximal_cover(minutes, weights, p, RADIUS, **how)
    assert plan.objective == pytest.approx(best, abs=1e-9)
    assert (plan.proven, plan.gap) == (True, 0.0)
    own = plan.assignment >= 0
    assert (np.bincount(plan.assignment[own], demand[own], minlength=m) <= capacity).all()
    assert np.isin(plan.assignment[own], plan.sites).all()
    assert plan.covered[own] == pytest.approx(share[own, plan.assignment[own]])


@settings(max_examples=60, deadline=None)
@given(instances(), st.integers(0, 20))
def test_cover_under_a_budget_equals_brute_force(instance, budget):
    minutes, weights, _, fixed, excluded = instance
    cost = np.resize([3.0, 7.0, 5.0], minutes.shape[1])
    rules = Rules(cost=cost, budget=budget)
    allowed = [s for s in choices(minutes, fixed, excluded) if s and cost[s].sum() <= budget]
    if not allowed:
        with pytest.raises(InfeasibleRequest, match="budget_too_small"):
            maximal_cover(minutes, weights, None, RADIUS, fixed=fixed, excluded=excluded, rules=rules)
        return
    plan = maximal_cover(minutes, weights, None, RADIUS, fixed=fixed, excluded=excluded, rules=rules)
    best = max(weights[(minutes[:, s] <= RADIUS).any(axis=1)].sum() for s in allowed)
    assert plan.objective == pytest.approx(best)
    assert plan.proven


def city(homes, seed=0):
    rng = np.random.default_rng(seed)
    centres, spread = rng.uniform(0, 200, (12, 2)), rng.uniform(3, 20, 12)
    cluster = rng.integers(0, 12, homes)
    place = centres[cluster] + rng.normal(0, 1, (homes, 2)) * spread[cluster][:, None]
    return np.linalg.norm(place[:, None] - place, axis=2) * 1.3, np.round(rng.lognormal(6, 1.5, homes))


def test_a_province_is_proven():
    minutes, weights = city(913)
    plan = set_cover(minutes, 20)
    assert plan.proven
    assert (minutes[:, plan.sites].min(axis=1) <= 20).all()
    most = maximal_cover(minutes, weights, 20, 20)
    assert most.proven
    assert most.objective == weights[(minutes[:, most.sites] <= 20).any(axis=1)].sum()
    assert most.seconds < 10


def even(homes=900):
    place = np.random.default_rng(0).uniform(0, 100, (homes, 2))  # evenly spread: hard to prove
    return np.linalg.norm(place[:, None] - place, axis=2)


def test_a_time_limit_gives_a_plan_with_its_gap():
    minutes = even()
    plan = set_cover(minutes, 13, backup=1, time_limit_s=0.02)
    assert (plan.times > 0).all()
    assert 0 < plan.bound < plan.objective == len(plan.sites)
    assert plan.gap == pytest.approx((plan.objective - plan.bound) / plan.objective)
    assert plan.backup_share <= plan.backup_bound <= 1
    most = maximal_cover(minutes, np.ones(900), 25, 9, time_limit_s=0.01)
    assert len(most.sites) == 25
    assert most.objective == (most.times > 0).sum() < most.bound <= 900
    assert most.gap == pytest.approx((most.bound - most.objective) / most.bound)
    assert (most.proven, most.status) == (False, "time_limit")


def test_what_cannot_be_covered_is_named_with_the_least_radius():
    minutes = np.full((14, 3), 50.0)
    minutes[0], minutes[5] = [1, 2, 3], [70, 35, 90]
    with pytest.raises(InfeasibleRequest) as refused:
        set_cover(minutes, 30, excluded=[1])
    assert refused.value.code == "siting.cannot_cover"
    assert refused.value.details == {
        "radius_minutes": 30,
        "rows": list(range(1, 11)),
        "uncoverable": 13,
        "least_change_radius_minutes": 70.0,
    }
    assert set_cover(minutes, 70.0, excluded=[1]).objective == 1
    minutes[3] = np.nan
    with pytest.raises(InfeasibleRequest) as refused:
        set_cover(minutes, 70)
    assert refused.value.details["rows"] == [3]
    assert refused.value.details["least_change_radius_minutes"] == np.inf


def test_fixed_sites_count_and_cost():
    minutes = [[1.0, 9.0, 1.0], [9.0, 1.0, 1.0]]
    assert set_cover(minutes, 2).sites.tolist() == [2]
    assert set_cover(minutes, 2, fixed=[0]).objective == 2
    plan = set_cover(minutes, 2, costs=[1.0, 1.0, 2.5], fixed=[0])
    assert (plan.sites.tolist(), plan.objective, plan.new.tolist()) == ([0, 1], 2.0, [1])


def test_shares_of_persons_are_not_shares_of_rows():
    plan = maximal_cover([[1.0, 9.0], [9.0, 1.0], [9.0, 2.0]], [90, 5, 5], 1, 2)
    assert (plan.sites.tolist(), plan.covered_share, plan.backup_share) == ([0], 0.9, 0.0)
    assert plan.uncovered.tolist() == [1, 2]
    frame = plan.demand_frame()
    assert frame["covered"].tolist() == [1.0, 0.0, 0.0]
    assert frame["times"].tolist() == [1, 0, 0]
    assert plan.to_frame()["site"].tolist() == [0]


def test_nobody_to_cover_has_a_plan():
    plan = maximal_cover(np.ones((2, 3)), [0.0, 0.0], 2, 5)
    assert (plan.objective, plan.gap, plan.covered_share, len(plan.sites)) == (0.0, 0.0, 1.0, 2)
    far = maximal_cover(np.full((2, 3), np.nan), [1.0, 2.0], 2, 5)
    assert (far.objective, far.bound, far.covered_share, far.unserved.tolist()) == (0.0, 0.0, 0.0, [0, 1])
    none = set_cover(np.empty((0, 3)), 5, backup=1)
    assert (none.objective, len(none.sites), none.proven) == (0.0, 0, True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"radius_minutes": -1}, "radius_minutes must lie in"),
        ({"radius_minutes": np.nan}, "radius_minutes must lie in"),
        ({"backup": -1}, "backup must lie in"),
        ({"costs": [1.0]}, "one cost a site"),
        ({"costs": [1.0, -1.0]}, "costs must be >= 0"),
        ({"excluded": [5]}, "excluded must lie in 0..1"),
        ({"time_limit_s": -1.0}, "time_limit_s must be > 0"),
    ],
)
def test_bad_input_to_a_set_cover_is_refused(changes, message):
    given = {"radius_minutes": 5} | changes
    with pytest.raises(ValueError, match=message):
        set_cover([[1.0, 2.0], [2.0, 1.0]], **given)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"partial": (5.0, 4.0)}, "partial must be"),
        ({"partial": (-1.0, 4.0)}, "partial must be"),
        ({"radius_minutes": -1}, "radius_minutes must lie in"),
        ({"weights": [1.0]}, "one weight a row"),
        ({"weights": [1.0, -1.0]}, "weights must be >= 0"),
        ({"p": 3}, "too_few_candidates"),
        ({"p": None}, "p=None needs"),
        ({"demand": [1.0, 1.0]}, "demand= needs"),
    ],
)
def test_bad_input_to_a_maximal_cover_is_refused(changes, message):
    given = {"weights": [1.0, 1.0], "p": 1, "radius_minutes": 5} | changes
    with pytest.raises(ValueError, match=message):
        maximal_cover([[1.0, 2.0], [2.0, 1.0]], **given)
