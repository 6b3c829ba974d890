"""Centres of others are what a fixed column is that has no limit and is in no count."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.plans import fairness_frontier, phased_plan, pinned, site_reasons, stability, why_not
from models.sampling import survey_value
from models.siting import Rules, p_median

SITES = 9


def town(seed, homes=25):
    rng = np.random.default_rng(seed)
    living, places = rng.uniform(0, 50, (homes, 2)), rng.uniform(0, 50, (SITES, 2))
    minutes = np.linalg.norm(living[:, None] - places, axis=2)
    minutes[rng.random(minutes.shape) < 0.1] = np.nan
    beyond = np.where(rng.random(homes) < 0.5, rng.uniform(5, 40, homes), np.nan)
    return minutes, np.round(rng.lognormal(3, 1, homes)), beyond


def beside(minutes, beyond):
    """The others' centres as one column more, the last."""
    return np.column_stack([minutes, beyond])


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000))
def test_the_frontier_is_that_with_a_column_more(seed):
    minutes, weights, beyond = town(seed)
    found = fairness_frontier(minutes, weights, 3, fixed=[1], beyond=beyond, points=4)
    same = fairness_frontier(beside(minutes, beyond), weights, 4, fixed=[1, SITES], points=4)
    assert found.mean_bound == pytest.approx(same.mean_bound)
    assert found.tail_bound == pytest.approx(same.tail_bound, rel=1e-5)
    assert len(found.points) == len(same.points)
    for one, other in zip(found.points, same.points, strict=True):
        assert one.mean_minutes == pytest.approx(other.mean_minutes)
        assert one.tail_minutes == pytest.approx(other.tail_minutes)
    assert found.never_reached == same.never_reached


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([(), (2,)]))
def test_phases_are_those_with_a_column_more(seed, fixed):
    minutes, weights, beyond = town(seed)
    found = phased_plan(minutes, weights, [1, 2, 4], fixed=fixed, beyond=beyond)
    same = phased_plan(beside(minutes, beyond), weights, [2, 3, 5], fixed=[*fixed, SITES])
    assert found.objective == pytest.approx(same.objective)
    assert found.cost == pytest.approx(same.cost)
    assert found.regret == pytest.approx(same.regret, abs=1e-6)
    assert found.proven
    assert SITES not in found.sites


@pytest.mark.parametrize("call", [fairness_frontier, phased_plan])
def test_rules_are_not_taken_where_they_are_not_kept(call):
    minutes, weights, _ = town(0)
    with pytest.raises(TypeError, match="rules"):
        call(minutes, weights, 3, rules=Rules(conflicts=[(0, 1)]))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10_000), st.booleans())
def test_reasons_are_those_with_a_column_more(seed, ruled):
    minutes, weights, beyond = town(seed)
    rules = Rules(groups={"a": range(5)}, at_least={"a": 1}) if ruled else None
    how = {"rules": rules, "beyond": beyond}
    plan = p_median(minutes, weights, 3, **how)
    wide = beside(minutes, beyond)
    same = p_median(wide, weights, 4, fixed=[SITES], rules=rules)
    if plan.sites.tolist() != np.setdiff1d(same.sites, [SITES]).tolist():
        return  # a tie
    one, other = (
        site_reasons(minutes, weights, plan, **how),
        site_reasons(wide, weights, same, rules=rules),
    )
    for name in ("loss_if_dropped", "longer_if_dropped", "substitute", "substitute_cost", "saved"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), nan_ok=True), name
    assert one.newly_reached == pytest.approx(other.newly_reached)
    asked = [site for site in range(SITES) if site not in plan.sites][:2]
    one, other = (
        why_not(minutes, weights, plan, asked, **how),
        why_not(wide, weights, same, asked, rules=rules),
    )
    assert one.extra_person_minutes == pytest.approx(other.extra_person_minutes, abs=1e-6)
    assert one.lose == pytest.approx(other.lose)
    place = np.random.default_rng(seed).uniform(0, 50, len(weights))
    dropped = pinned(minutes, weights, plan, place, **how)
    widest = np.column_stack([minutes, place, beyond])
    there = p_median(widest, weights, 4, fixed=[SITES, SITES + 1], rules=rules)
    assert dropped.objective == pytest.approx(there.objective)
    one, other = stability(minutes, weights, plan, **how), stability(wide, weights, same, rules=rules)
    for name in ("without_cost", "safe_site", "safe_plan", "change_site", "safe_up", "safe_down"):
        assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-6), name


def test_interviews_are_worth_nothing_where_others_are_next_door():
    minutes, weights, _ = town(1)
    draws = weights * np.random.default_rng(2).lognormal(0, 1, (20, 25))
    found = survey_value(minutes, draws, np.full(25, 100.0), 2, budget=50, beyond=np.full(25, 1e-3))
    assert found.evpi < 1.0
    assert found.no_survey_would_change_this_plan
    alone = survey_value(minutes, draws, np.full(25, 100.0), 2, budget=50)
    assert alone.evpi > 100.0
    ruled = survey_value(
        minutes, draws, np.full(25, 100.0), 2, budget=50, rules=Rules(groups={"a": [0, 1]}, at_least={"a": 2})
    )
    assert ruled.evpi == pytest.approx(0.0, abs=1e-6)  # nothing left to choose
