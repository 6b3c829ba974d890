import time
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.plans import robust_plan
from models.siting import InfeasibleRequest, Rules, p_median


def town(seed=0, homes=60, sites=14, draws=40):
    """Minutes, and need that rises and falls together over a district."""
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 60, (5, 2))
    district = rng.integers(0, 5, homes)
    living = centres[district] + rng.normal(0, 4, (homes, 2))
    places = centres[rng.integers(0, 5, sites)] + rng.normal(0, 5, (sites, 2))
    minutes = np.linalg.norm(living[:, None] - places, axis=2)
    people = rng.lognormal(4, 1, homes)
    return minutes, people * np.exp(rng.normal(0, 0.7, (draws, 5)))[:, district]


def costs(minutes, draws, chosen):
    return draws @ minutes[:, list(chosen)].min(axis=1)


@pytest.fixture(scope="module")
def made():
    minutes, draws = town()
    return robust_plan(minutes, draws, 3), minutes, draws


def test_every_draw_has_the_optimum_that_it_has_alone(made):
    found, minutes, draws = made
    alone = [p_median(minutes, weights, 3) for weights in draws]
    assert found.optimum == pytest.approx([plan.objective for plan in alone])
    assert (found.optimum_bound <= found.optimum).all()
    assert found.optimum_bound == pytest.approx(found.optimum, rel=1e-9)
    counts = np.zeros(minutes.shape[1])
    for plan in alone:
        counts[plan.sites] += 1
    assert found.inclusion == pytest.approx(counts / len(draws))
    assert found.inclusion_error == pytest.approx(
        np.sqrt(counts / len(draws) * (1 - counts / len(draws)) / len(draws))
    )


def test_regret_is_what_the_plan_costs_above_the_best_of_the_draw(made):
    found, minutes, draws = made
    own = costs(minutes, draws, found.plan.sites)
    assert found.regret == pytest.approx(own - found.optimum, abs=1e-6)
    assert found.regret_share == pytest.approx((own - found.optimum) / found.optimum, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_no_set_has_less_expected_regret_than_the_plan_at_the_mean_weights(seed):
    minutes, draws = town(seed, homes=15, sites=7, draws=12)
    found = robust_plan(minutes, draws, 2)
    every = {chosen: costs(minutes, draws, chosen) for chosen in combinations(range(7), 2)}
    best = np.min(list(every.values()), axis=0)
    means = {chosen: (cost - best).mean() for chosen, cost in every.items()}
    assert means[tuple(found.plan.sites.tolist())] == pytest.approx(min(means.values()), abs=1e-6)
    shares = {choice.sites: choice.share for choice in found.plans}
    assert sum(shares.values()) == pytest.approx(1.0)
    for choice in found.plans:
        assert choice.regret_mean == pytest.approx(means[choice.sites], abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_the_cautious_set_has_no_larger_tail_than_any_set_found(seed):
    minutes, draws = town(seed, homes=15, sites=7, draws=20)
    found = robust_plan(minutes, draws, 2, level=0.9)
    assert all(found.cvar.regret_cvar <= choice.regret_cvar + 1e-9 for choice in found.plans)
    worst = np.sort(costs(minutes, draws, found.cvar.sites) - found.optimum)[-2:]
    assert found.cvar.regret_cvar == pytest.approx(worst.mean(), abs=1e-6)


def test_alternatives_are_every_set_near_the_best_within_two_swaps(made):
    found, minutes, draws = made
    mean = draws.mean(axis=0)
    wide = robust_plan(minutes, draws, 3, tolerance=0.05)
    limit = float(mean @ minutes[:, wide.plan.sites].min(axis=1)) * 1.05
    own = set(wide.plan.sites.tolist())
    wanted = {
        chosen
        for chosen in combinations(range(14), 3)
        if 0 < len(own - set(chosen)) == 1 and mean @ minutes[:, list(chosen)].min(axis=1) <= limit
    }
    named = {choice.sites for choice in wide.alternatives}
    assert wanted <= named
    assert all(choice.objective <= limit * (1 + 1e-12) for choice in wide.alternatives)
    assert tuple(wide.plan.sites.tolist()) not in named
    assert len(found.alternatives) <= len(wide.alternatives)


def test_near_substitutes_are_counted_together():
    minutes, draws = town()
    twice = np.hstack([minutes, minutes[:, :1] + 0.5])  # a second building next to the first
    alone, both = robust_plan(minutes, draws, 3), robust_plan(twice, draws, 3, substitute_minutes=1.0)
    for site in np.flatnonzero(both.group >= 0):
        assert both.group_inclusion[both.group[site]] >= both.inclusion[site]
    if both.group[0] >= 0 and both.group[14] >= 0:
        assert both.group[0] == both.group[14]
    assert both.inclusion[:14] == pytest.approx(alone.inclusion)  # the farther twin adds nothing
    close = robust_plan(minutes, draws, 3, substitute_minutes=1e9)
    assert close.group_inclusion.tolist() == [1.0]  # all are substitutes: one of them is always right


def test_joint_draws_tell_of_more_regret_than_independent_ones():
    minutes, draws = town(homes=400, draws=60)
    rng = np.random.default_rng(1)
    apart = np.column_stack([rng.permutation(column) for column in draws.T])
    joint, independent = (robust_plan(minutes, one, 3).regret_share.mean() for one in (draws, apart))
    assert joint > 3 * independent


def test_fixed_sites_are_always_in_and_excluded_ones_never():
    minutes, draws = town()
    found = robust_plan(minutes, draws, 4, fixed=[2, 5], excluded=[7])
    assert found.inclusion[[2, 5]].tolist() == [1.0, 1.0]
    assert found.inclusion[7] == 0.0
    assert all({2, 5} <= set(choice.sites) and 7 not in choice.sites for choice in found.plans)


def test_nothing_to_choose_means_no_regret():
    minutes, draws = town()
    found = robust_plan(minutes, draws, 2, fixed=[2, 5])
    assert found.regret.max() == pytest.approx(0.0, abs=1e-6)
    assert [choice.sites for choice in found.plans] == [(2, 5)]


def test_threads_change_no_bit():
    minutes, draws = town()
    alone = robust_plan(minutes, draws, 3)
    with ThreadPoolExecutor(2) as pool:
        spread = robust_plan(minutes, draws, 3, executor=pool)
    for name in ("inclusion", "regret", "optimum", "optimum_bound", "group_inclusion"):
        assert getattr(spread, name).tobytes() == getattr(alone, name).tobytes()
    assert spread.plans == alone.plans


RULES = {
    "groups": (3, Rules(groups={"a": [0, 1, 2, 3], "b": [4, 5, 6]}, at_least={"a": 2}, at_most={"b": 0})),
    "spacing": (3, Rules(conflicts=[(1, 2), (3, 4), (5, 6), (7, 8), (9, 10), (11, 12)])),
    "budget": (None, Rules(cost=np.arange(14) % 4 + 1.0, budget=6.0)),
    "number and budget": (3, Rules(cost=np.arange(14) % 4 + 1.0, budget=5.0)),
}


def keeps(rules, sites):
    names = {*rules.at_least, *rules.at_most}
    inside = {name: len(set(rules.groups[name]) & set(sites)) for name in names}
    return (
        all(inside[name] >= least for name, least in rules.at_least.items())
        and all(inside[name] <= most for name, most in rules.at_most.items())
        and not any({one, other} <= set(sites) for one, other in rules.conflicts)
        and (rules.budget is None or sum(rules.cost[site] for site in sites) <= rules.budget + 1e-9)
    )


@pytest.mark.parametrize("name", RULES)
def test_under_rules_every_draw_has_the_optimum_that_it_has_alone(name):
    p, rules = RULES[name]
    minutes, draws = town(draws=12)
    found = robust_plan(minutes, draws, p, fixed=[13], rules=rules, tolerance=0.05)
    alone = [p_median(minutes, weights, p, fixed=[13], rules=rules) for weights in draws]
    assert found.optimum == pytest.approx([plan.objective for plan in alone])
    assert found.optimum_bound == pytest.approx(found.optimum)
    own = costs(minutes, draws, found.plan.sites)
    assert found.regret == pytest.approx(own - found.optimum, abs=1e-6)
    named = [*found.plans, *found.alternatives, found.cvar]
    assert all(keeps(rules, choice.sites) and 13 in choice.sites for choice in named)
    assert found.inclusion[13] == 1.0
    assert all(choice.regret_mean >= found.regret.mean() - 1e-6 for choice in named)


def test_rules_that_bind_nothing_change_no_answer(made):
    found, minutes, draws = made
    loose = robust_plan(minutes, draws, 3, rules=Rules(groups={"all": range(14)}, at_most={"all": 14}))
    assert loose.optimum == pytest.approx(found.optimum)
    assert loose.inclusion == pytest.approx(found.inclusion)
    assert [choice.sites for choice in loose.alternatives] == [choice.sites for choice in found.alternatives]
    empty = robust_plan(minutes, draws, 3, rules=Rules())
    assert empty.optimum.tobytes() == found.optimum.tobytes()


def test_threads_change_no_bit_under_rules():
    minutes, draws = town()
    p, rules = RULES["groups"]
    alone = robust_plan(minutes, draws, p, rules=rules)
    with ThreadPoolExecutor(2) as pool:
        spread = robust_plan(minutes, draws, p, rules=rules, executor=pool)
    assert spread.optimum.tobytes() == alone.optimum.tobytes()
    assert spread.plans == alone.plans


@pytest.mark.parametrize("rules", [None, RULES["groups"][1]])
def test_centres_of_others_shorten_ways_in_every_draw(rules):
    minutes, draws = town(draws=10)
    beyond = np.where(np.arange(60) < 20, 3.0, np.nan)
    found = robust_plan(minutes, draws, 3, rules=rules, beyond=beyond)
    alone = [p_median(minutes, weights, 3, rules=rules, beyond=beyond).objective for weights in draws]
    assert found.optimum == pytest.approx(alone)
    near = np.fmin(minutes[:, found.plan.sites].min(axis=1), beyond)
    assert found.regret == pytest.approx(draws @ near - found.optimum, abs=1e-6)


@pytest.mark.slow
def test_fifty_draws_under_group_minimums_take_seconds():
    rng = np.random.default_rng(0)
    centres = rng.uniform(0, 100, (19, 2))
    district = rng.integers(0, 19, 913)
    places = centres[rng.integers(0, 19, 80)] + rng.normal(0, 6, (80, 2))
    living = centres[district] + rng.normal(0, 6, (913, 2))
    minutes = np.linalg.norm(living[:, None] - places, axis=2)
    draws = rng.lognormal(4, 1, 913) * np.exp(rng.normal(0, 0.5, (50, 19)))[:, district]
    order = np.argsort(places[:, 0])
    rules = Rules(groups={"west": order[:12], "east": order[-12:]}, at_least={"west": 2, "east": 2})
    began = time.process_time()
    found = robust_plan(minutes, draws, 5, rules=rules)
    assert found.optimum_bound == pytest.approx(found.optimum)
    assert time.process_time() - began < 15


@pytest.mark.parametrize(
    ("draws", "how", "words"),
    [
        (np.ones((2, 3)), {}, "one weight"),
        (np.zeros((0, 60)), {}, "at least one draw"),
        (-np.ones((2, 60)), {}, "weight_draws"),
        (np.ones((2, 60)), {"level": 1.0}, "level"),
    ],
)
def test_bad_input_says_what_was_wrong(draws, how, words):
    with pytest.raises(ValueError, match=words):
        robust_plan(town()[0], draws, 2, **how)


def test_a_request_that_cannot_be_met_says_so():
    with pytest.raises(InfeasibleRequest):
        robust_plan(town()[0], town()[1], 99)
    with pytest.raises(InfeasibleRequest):
        robust_plan(*town(), 3, rules=Rules(groups={"a": [0, 1]}, at_least={"a": 3}))
    with pytest.raises(ValueError, match="p=None"):
        robust_plan(*town(), None)
