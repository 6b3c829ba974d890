from itertools import chain, combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.siting import InfeasibleRequest, Rules, p_median, too_close, verify


def holds(chosen, rules, fixed=()):
    inside = {name: len(set(chosen) & set(columns)) for name, columns in rules.groups.items()}
    return (
        all(inside[name] >= least for name, least in rules.at_least.items())
        and all(inside[name] <= most for name, most in rules.at_most.items())
        and all({a, b} <= set(fixed) or not {a, b} <= set(chosen) for a, b in rules.conflicts)
        and (rules.budget is None or np.asarray(rules.cost)[list(chosen)].sum() <= rules.budget + 1e-9)
    )


def choices(m, p, fixed, excluded):
    free = [site for site in range(m) if site not in {*fixed, *excluded}]
    sizes = range(len(free) + 1) if p is None else [p - len(fixed)]
    every = chain.from_iterable(combinations(free, size) for size in sizes)
    return [[*fixed, *one] for one in every if fixed or one]


def brute_force(minutes, weights, p, rules, fixed=(), excluded=(), beyond=None):
    price = max(1440.0, 2 * np.nanmax(minutes, initial=0.0))
    other = np.full(len(weights), price) if beyond is None else np.where(np.isnan(beyond), price, beyond)
    counted = ~(np.isnan(minutes).all(axis=1) & (other == price))
    filled = np.where(np.isnan(minutes), price, minutes)
    costs = [
        float((np.minimum(filled[:, chosen].min(axis=1), other) * weights)[counted].sum())
        for chosen in choices(minutes.shape[1], p, fixed, excluded)
        if holds(chosen, rules, fixed)
    ]
    return min(costs, default=np.inf)


@st.composite
def instances(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, m = draw(st.integers(1, 10)), draw(st.integers(2, 8))
    minutes = rng.integers(0, 40, (n, m)).astype(float)
    minutes[rng.random((n, m)) < draw(st.sampled_from([0, 0, 0.3]))] = np.nan
    columns = rng.permutation(m).tolist()
    fixed, excluded = columns[: draw(st.integers(0, m // 3))], columns[m - draw(st.integers(0, m // 3)) :]
    groups = {name: rng.permutation(m)[: rng.integers(1, m + 1)].tolist() for name in ("west", "east")}
    at_least = {"west": draw(st.integers(0, 2))} if draw(st.booleans()) else {}
    at_most = {"east": draw(st.integers(0, 2))} if draw(st.booleans()) else {}
    pairs = list(combinations(range(m), 2))
    conflicts = [pairs[i] for i in rng.permutation(len(pairs))[: draw(st.integers(0, m))]]
    cost = rng.integers(0, 9, m).astype(float)
    budget = float(draw(st.integers(0, 25))) if draw(st.booleans()) else None
    p = draw(st.integers(max(len(fixed), 1), m - len(excluded)))
    p = None if budget is not None and draw(st.booleans()) else p
    rules = Rules(
        groups=groups, at_least=at_least, at_most=at_most, conflicts=conflicts, cost=cost, budget=budget
    )
    weights = rng.integers(0, 9, n).astype(float) if draw(st.booleans()) else rng.exponential(1, n)
    return minutes, weights, p, rules, fixed, excluded


@settings(max_examples=200, deadline=None)
@given(instances())
def test_the_plan_equals_brute_force_on_small_instances(instance):
    minutes, weights, p, rules, fixed, excluded = instance
    best = brute_force(minutes, weights, p, rules, fixed, excluded)
    if best == np.inf:
        with pytest.raises(InfeasibleRequest) as refused:
            p_median(minutes, weights, p, rules=rules, fixed=fixed, excluded=excluded)
        assert refused.value.code != "siting.no_assignment_found"
        return
    plan = p_median(minutes, weights, p, rules=rules, fixed=fixed, excluded=excluded)
    assert plan.objective == pytest.approx(best, abs=1e-9)
    assert (plan.proven, plan.gap) == (True, 0.0)
    assert holds(plan.sites.tolist(), rules, fixed)
    assert set(fixed) <= set(plan.sites.tolist())
    assert p is None or len(plan.sites) == p
    assert verify(plan, minutes, weights) == (plan.certificate is not None)


@settings(max_examples=60, deadline=None)
@given(instances(), st.integers(0, 2**32 - 1))
def test_centres_of_others_serve_where_they_are_nearer(instance, seed):
    minutes, weights, p, rules, fixed, excluded = instance
    rng = np.random.default_rng(seed)
    beyond = np.where(rng.random(len(weights)) < 0.5, np.nan, rng.integers(0, 40, len(weights)))
    best = brute_force(minutes, weights, p, rules, fixed, excluded, beyond)
    if best < np.inf:
        how = {"fixed": fixed, "excluded": excluded, "beyond": beyond}
        plan = p_median(minutes, weights, p, rules=rules, **how)
        assert plan.objective == pytest.approx(best, abs=1e-9)
        p = len(plan.sites)
        free = p_median(minutes, weights, p, **how)
        assert free.objective == pytest.approx(
            brute_force(minutes, weights, p, Rules(), fixed, excluded, beyond), abs=1e-9
        )
        assert verify(free, minutes, weights)
        nearer = free.assignment < 0
        assert (
            np.nan_to_num(beyond, nan=np.inf)[~nearer] >= minutes[~nearer, free.assignment[~nearer]]
        ).all()
        assert not set(free.unserved.tolist()) & set(np.flatnonzero(~np.isnan(beyond)).tolist())


@settings(max_examples=40, deadline=None)
@given(instances(), st.integers(0, 2**32 - 1), st.floats(0.1, 9))
def test_scale_numbering_and_one_candidate_more(instance, seed, factor):
    minutes, weights, p, rules, fixed, excluded = instance
    best = brute_force(minutes, weights, p, rules, fixed, excluded)
    if best == np.inf:
        return
    scaled = p_median(minutes, weights * factor, p, rules=rules, fixed=fixed, excluded=excluded)
    assert scaled.objective == pytest.approx(best * factor, abs=1e-9)
    assert p_median(minutes, weights, p, rules=rules, fixed=fixed).objective <= best + 1e-9
    rng = np.random.default_rng(seed)
    row, column = rng.permutation(len(weights)), rng.permutation(minutes.shape[1])
    place = np.argsort(column)
    moved_rules = Rules(
        groups={name: place[columns].tolist() for name, columns in rules.groups.items()},
        at_least=rules.at_least,
        at_most=rules.at_most,
        conflicts=[(int(place[a]), int(place[b])) for a, b in rules.conflicts],
        cost=np.asarray(rules.cost)[column],
        budget=rules.budget,
    )
    how = {"fixed": place[fixed].tolist(), "excluded": place[excluded].tolist()}
    moved = p_median(minutes[row][:, column], weights[row], p, rules=moved_rules, **how)
    assert moved.objective == pytest.approx(best, abs=1e-9)


def cheapest_within(minutes, weights, sites):
    """Cost of serving all from these sites within capacities, inf if that cannot be."""
    try:
        return p_median(minutes, weights, len(sites), fixed=sites, capacity=12).objective
    except InfeasibleRequest:
        return np.inf


@settings(max_examples=25, deadline=None)
@given(instances())
def test_rules_and_capacities_together(instance):
    minutes, weights, p, rules, fixed, excluded = instance
    every = choices(minutes.shape[1], p, fixed, excluded)
    allowed = [sites for sites in every if holds(sites, rules, fixed)]
    best = min((cheapest_within(minutes, weights, sites) for sites in allowed), default=np.inf)
    how = {"fixed": fixed, "excluded": excluded, "capacity": 12, "rules": rules}
    if best == np.inf:
        with pytest.raises(InfeasibleRequest):
            p_median(minutes, weights, p, **how)
        return
    plan = p_median(minutes, weights, p, **how)
    own = plan.assignment >= 0
    assert (np.bincount(plan.assignment[own], weights[own]) <= 12 * (1 + 1e-9)).all()
    assert holds(plan.sites.tolist(), rules, fixed)
    assert plan.proven
    assert plan.objective == pytest.approx(best, abs=1e-9)


def province(sites=120, seed=0):
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 100, (19, 2))
    homes = centres[rng.integers(0, 19, 913)] + rng.normal(0, 6, (913, 2))
    places = centres[rng.integers(0, 19, sites)] + rng.normal(0, 5, (sites, 2))
    between = np.linalg.norm(places[:, None] - places, axis=2)
    return np.linalg.norm(homes[:, None] - places, axis=2) * 1.95, rng.lognormal(4, 1.5, 913), between


def test_a_province_with_spacing_groups_and_a_budget_is_proven_in_seconds():
    minutes, weights, between = province()
    cost = np.random.default_rng(1).integers(10, 60, 120).astype(float)
    west = np.arange(0, 40).tolist()
    rules = Rules(
        groups={"west": west}, at_least={"west": 3}, conflicts=too_close(between, 8), cost=cost, budget=300.0
    )
    plan = p_median(minutes, weights, None, rules=rules)
    assert plan.proven
    assert plan.seconds < 20
    assert cost[plan.sites].sum() <= 300
    assert between[np.ix_(plan.sites, plan.sites)][~np.eye(len(plan.sites), dtype=bool)].min() >= 8
    assert np.isin(plan.sites, west).sum() >= 3


REFUSED = {
    "a group that is too small": (
        Rules(groups={"west": [0]}, at_least={"west": 2}),
        ("siting.group_too_small", "least_change_minimum", 1),
    ),
    "a group that is full before": (
        Rules(groups={"west": [0, 1]}, at_most={"west": 0}),
        ("siting.group_too_full", "least_change_maximum", 1),
    ),
    "minimums above the number": (
        Rules(groups={"west": [1, 2], "east": [3]}, at_least={"west": 2, "east": 1}),
        ("siting.minimums_exceed_new", "least_change_new", 4),
    ),
    "spacing that leaves too few": (
        Rules(conflicts=list(combinations(range(1, 5), 2))),
        ("siting.rules_leave_fewer", "least_change_new", 2),
    ),
    "a budget below the cheapest choice": (
        Rules(cost=[5, 4, 3, 2, 9], budget=7.5),
        ("siting.budget_too_small", "least_change_budget", 10.0),
    ),
}


@pytest.mark.parametrize(("rules", "refusal"), REFUSED.values(), ids=REFUSED)
def test_rules_that_cannot_be_kept_name_the_least_change(rules, refusal):
    code, name, value = refusal
    with pytest.raises(InfeasibleRequest) as refused:
        p_median(np.ones((3, 5)), np.ones(3), 3, rules=rules, fixed=[0])
    assert refused.value.code == code
    assert refused.value.details[name] == value


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ({"at_least": {"west": 1}}, "no such group"),
        ({"groups": {"west": [9]}, "at_least": {"west": 1}}, "group west"),
        ({"groups": {"west": [0]}, "at_least": {"west": 2}, "at_most": {"west": 1}}, "at_least <= at_most"),
        ({"groups": {"west": [0]}, "at_least": {"west": -1}}, "at_least <= at_most"),
        ({"conflicts": [(0, 5)]}, "conflicts"),
        ({"conflicts": [(0, 0)]}, "with itself"),
        ({"budget": 5.0}, "needs cost="),
        ({"cost": [1.0], "budget": 5.0}, "one cost a site"),
        ({"cost": [1.0, -1.0], "budget": 5.0}, "cost must be >= 0"),
        ({"cost": [1.0, 1.0], "budget": -5.0}, "budget must be >= 0"),
    ],
)
def test_bad_rules_say_what_was_wrong(rules, words):
    with pytest.raises(ValueError, match=words):
        p_median([[1.0, 2.0]], [1.0], 1, rules=Rules(**rules))


def test_no_number_without_a_budget_is_refused():
    with pytest.raises(ValueError, match="p=None needs a budget"):
        p_median([[1.0, 2.0]], [1.0], None, rules=Rules())


def test_rules_that_rule_nothing_leave_the_proof():
    minutes, weights, _ = province(20)
    plan = p_median(minutes, weights, 3, rules=Rules(groups={"west": [0, 1]}))
    assert plan.proven
    assert verify(plan, minutes, weights)


def test_distances_must_be_square():
    with pytest.raises(ValueError, match="n_sites, n_sites"):
        too_close([[1.0, 2.0]], 1)
