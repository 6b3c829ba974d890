"""Reasons, pins and safe factors of plans under rules, against every set that keeps them."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.plans import pinned, site_reasons, stability, why_not
from models.siting import Rules, p_median

SITES = 8
COST = np.array([1.0, 2, 3, 1, 2, 3, 1, 2])
GROUPS = Rules(groups={"a": [0, 1, 2], "b": [3, 4, 5, 6]}, at_least={"a": 1}, at_most={"b": 1})
SPACING = Rules(conflicts=[(0, 1), (2, 3), (4, 5), (6, 7), (1, 2)])
BUDGET = Rules(cost=COST, budget=5.0)
CASES = [(GROUPS, 3), (SPACING, 3), (BUDGET, 3), (BUDGET, None)]


def town(seed, homes=20):
    rng = np.random.default_rng(seed)
    living, places = rng.uniform(0, 50, (homes, 2)), rng.uniform(0, 50, (SITES, 2))
    return np.linalg.norm(living[:, None] - places, axis=2), np.round(rng.lognormal(3, 1, homes))


def keeps(rules, sites):
    inside = {name: len(set(columns) & set(sites)) for name, columns in rules.groups.items()}
    return (
        all(inside[name] >= least for name, least in rules.at_least.items())
        and all(inside[name] <= most for name, most in rules.at_most.items())
        and not any({one, other} <= set(sites) for one, other in rules.conflicts)
        and (rules.budget is None or sum(rules.cost[site] for site in sites) <= rules.budget)
    )


def every(minutes, weights, rules, p):
    numbers = range(1, minutes.shape[1] + 1) if p is None else [p]
    sets = (chosen for number in numbers for chosen in combinations(range(minutes.shape[1]), number))
    return {
        chosen: float(weights @ minutes[:, list(chosen)].min(axis=1))
        for chosen in sets
        if keeps(rules, chosen)
    }


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(CASES))
def test_why_not_and_a_pin_are_the_best_plan_that_keeps_the_rules(seed, case):
    rules, p = case
    minutes, weights = town(seed)
    plan = p_median(minutes, weights, p, rules=rules)
    how = {"rules": rules, "any_number": p is None}
    costs = every(minutes, weights, rules, p)
    others = [site for site in range(SITES) if site not in plan.sites]
    for asked in (others[:1], others[1:3]):
        having = [cost for chosen, cost in costs.items() if set(asked) & set(chosen)]
        found = why_not(minutes, weights, plan, asked, **how)
        if not having:
            assert found.status == "against_rules"
            continue
        assert found.status == "costs_more"
        assert found.objective == pytest.approx(min(having))
        assert found.proven
        assert keeps(rules, found.sites.tolist())
        if len(asked) == 1:
            assert pinned(minutes, weights, plan, asked[0], **how).objective == pytest.approx(found.objective)


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(CASES), st.sampled_from([0.0, 2.0]))
def test_a_place_that_is_no_column_is_bound_by_its_cost_alone(seed, case, cost):
    rules, p = case
    minutes, weights = town(seed)
    plan = p_median(minutes, weights, p, rules=rules)
    place = np.random.default_rng(seed).uniform(0, 40, len(weights))
    found = pinned(minutes, weights, plan, place, rules=rules, any_number=p is None, pin_cost=cost)
    wide = rules if rules.cost is None else Rules(cost=np.append(COST, cost), budget=rules.budget)
    costs = every(np.column_stack([minutes, place]), weights, wide, p)
    having = [value for chosen, value in costs.items() if SITES in chosen]
    assert found.objective == pytest.approx(min(having))
    assert SITES in found.sites


def test_what_breaks_a_rule_is_told_and_not_raised():
    minutes, weights = town(1)
    near = Rules(conflicts=[(0, 1)])
    plan = p_median(minutes, weights, 3, fixed=[0], rules=near)
    assert pinned(minutes, weights, plan, 1, rules=near).status == "against_rules"
    assert why_not(minutes, weights, plan, [1], rules=near).status == "against_rules"
    poor = Rules(cost=COST, budget=3.0)
    plan = p_median(minutes, weights, 2, rules=poor)
    dear = pinned(minutes, weights, plan, 5, rules=poor)
    assert (dear.status, dear.sites.tolist()) == ("against_rules", plan.sites.tolist())
    place = np.full(len(weights), 10.0)
    assert pinned(minutes, weights, plan, place, rules=poor, pin_cost=3.0).status == "against_rules"
    named = Rules(conflicts=[(SITES, int(site)) for site in range(SITES)])
    assert pinned(minutes, weights, plan, place, rules=named).status == "against_rules"
    with pytest.raises(ValueError, match="budget"):
        why_not(minutes, weights, plan, [5], any_number=True)


def test_a_group_may_be_called_as_the_question_is():
    minutes, weights = town(2)
    rules = Rules(groups={"one of these": [0, 1, 2]}, at_most={"one of these": 1})
    plan = p_median(minutes, weights, 3, rules=rules)
    asked = next(site for site in (3, 4, 5, 6, 7) if site not in plan.sites)
    found = why_not(minutes, weights, plan, [asked], rules=rules)
    costs = every(minutes, weights, rules, 3)
    assert found.objective == pytest.approx(min(cost for chosen, cost in costs.items() if asked in chosen))


@pytest.mark.parametrize("case", CASES)
def test_substitutes_keep_the_rules_and_needed_sites_are_not_dropped(case):
    rules, p = case
    for seed in range(5):
        minutes, weights = town(seed)
        plan = p_median(minutes, weights, p, rules=rules)
        found = site_reasons(minutes, weights, plan, rules=rules)
        costs = every(minutes, weights, rules, len(plan.sites))
        for place, site in enumerate(found.site.tolist()):
            rest = [other for other in plan.sites.tolist() if other != site]
            swaps = {
                other: costs[tuple(sorted([*rest, other]))]
                for other in range(SITES)
                if other not in plan.sites and tuple(sorted([*rest, other])) in costs
            }
            assert found.substitute[place] == min(swaps, key=swaps.get, default=-1)
            least = min(swaps.values(), default=np.inf)
            assert found.substitute_cost[place] == pytest.approx(least - plan.objective)
            needed = not keeps(Rules(groups=rules.groups, at_least=rules.at_least), rest)
            assert np.isnan(found.loss_if_dropped[place]) == needed
            assert np.isnan(found.longer_if_dropped[place]).all() == needed


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(CASES))
def test_within_the_safe_factors_no_plan_that_keeps_the_rules_is_better(seed, case):
    rules, p = case
    minutes, weights = town(seed, homes=12)
    plan = p_median(minutes, weights, p, rules=rules)
    label = np.arange(12) // 4
    found = stability(minutes, weights, plan, groups=label, rules=rules, any_number=p is None)
    own = tuple(plan.sites.tolist())
    costs = every(minutes, weights, rules, p)
    for place, site in enumerate(found.site.tolist()):
        alone = min((cost for chosen, cost in costs.items() if site not in chosen), default=np.inf)
        assert found.without_cost[place] == pytest.approx(alone)
        grown = minutes.copy()
        grown[:, site] *= min(found.safe_plan[place], 50.0)
        after = every(grown, weights, rules, p)
        assert after[own] <= min(after.values()) * (1 + 1e-9)
        if np.isfinite(found.change_site[place]):
            grown[:, site] = minutes[:, site] * found.change_site[place] * 1.001
            after = every(grown, weights, rules, p)
            assert after[own] > min(after.values())
    for group in range(3):
        for factor in (found.safe_up[group], found.safe_down[group]):
            moved = np.where(label == group, weights * min(factor, 1e4), weights)
            after = every(minutes, moved, rules, p)
            assert after[own] <= min(after.values()) * (1 + 1e-9) + 1e-9


def test_a_plan_that_leaves_budget_and_gain_unused_is_not_called_safe():
    minutes, weights = town(3)
    loose = Rules(cost=COST, budget=100.0)
    plan = p_median(minutes, weights, 2)
    found = stability(minutes, weights, plan, groups=np.zeros(20, int), rules=loose, any_number=True)
    assert found.safe_plan.tolist() == [1.0, 1.0]
    assert (found.safe_up.tolist(), found.safe_down.tolist()) == ([1.0], [1.0])


def test_without_any_rule_the_answers_are_the_same():
    minutes, weights = town(4)
    plan = p_median(minutes, weights, 3)
    loose = Rules(groups={"all": range(SITES)}, at_most={"all": SITES})
    asked = [site for site in range(SITES) if site not in plan.sites]
    one, other = (why_not(minutes, weights, plan, asked, rules=rules) for rules in (None, loose))
    assert one.sites.tolist() == other.sites.tolist()
    safe, same = (stability(minutes, weights, plan, rules=rules) for rules in (None, loose))
    assert same.safe_plan == pytest.approx(safe.safe_plan)
    assert same.without.tolist() == safe.without.tolist()
