from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.plans import pinned, site_reasons, stability, why_not
from models.siting import p_median


def town(seed, homes=25, sites=8, holes=0.0):
    rng = np.random.default_rng(seed)
    living, places = rng.uniform(0, 50, (homes, 2)), rng.uniform(0, 50, (sites, 2))
    minutes = np.linalg.norm(living[:, None] - places, axis=2)
    minutes[rng.random(minutes.shape) < holes] = np.nan
    return minutes, np.round(rng.lognormal(3, 1, homes))


def near(minutes, sites, price=1440.0):
    return np.nanmin(np.where(np.isnan(minutes), price, minutes)[:, list(sites)], axis=1, initial=price)


def every(minutes, weights, p, fixed=()):
    sets = (s for s in combinations(range(minutes.shape[1]), p) if set(fixed) <= set(s))
    return {chosen: float(weights @ near(minutes, chosen)) for chosen in sets}


def test_reasons_say_what_each_site_is_for():
    minutes, weights = town(1)
    halves = np.stack([weights * 0.25, weights * 0.75])
    plan = p_median(minutes, weights, 4, fixed=[2])
    found = site_reasons(minutes, halves, plan)
    costs = every(minutes, weights, 4, [2])
    assert found.site.tolist() == plan.new.tolist()
    for place, site in enumerate(found.site):
        rest = [s for s in plan.sites if s != site]
        longer = near(minutes, rest) > near(minutes, plan.sites)
        assert found.loss_if_dropped[place] == pytest.approx(weights @ near(minutes, rest) - plan.objective)
        assert found.longer_if_dropped[place] == pytest.approx(halves[:, longer].sum(axis=1))
        swaps = {other: costs[tuple(sorted([*rest, other]))] for other in range(8) if other not in plan.sites}
        assert found.substitute[place] == min(swaps, key=swaps.get)
        assert found.substitute_cost[place] == pytest.approx(min(swaps.values()) - plan.objective)
        mine = plan.assignment == site
        was = minutes[:, 2]
        assert found.served[place] == pytest.approx(halves[:, mine].sum(axis=1))
        assert found.served_minutes[place] == pytest.approx(
            np.average(minutes[mine, site], weights=weights[mine])
        )
        assert found.shorter[place] == pytest.approx(halves[:, mine].sum(axis=1))
        assert found.saved[place] == pytest.approx(weights[mine] @ (was - minutes[:, site])[mine])
        assert found.shorter_minutes[place] == pytest.approx(found.saved[place] / weights[mine].sum())
    assert found.newly_reached.sum() == 0
    assert found.to_frame()["served"].tolist() == pytest.approx(found.served.sum(axis=1).tolist())


def test_persons_who_had_no_site_are_newly_reached_and_save_nothing():
    minutes, weights = town(2)
    plan = p_median(minutes, weights, 3)
    found = site_reasons(minutes, weights, plan)
    assert found.newly_reached.sum() == pytest.approx(weights.sum())
    assert found.saved.tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(found.shorter_minutes).all()
    again = site_reasons(minutes, weights, plan, before=plan.sites.tolist())
    assert again.shorter.sum() == 0
    whole = p_median(minutes, weights, 8)
    assert site_reasons(minutes, weights, whole).substitute.tolist() == [-1] * 8


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 0.15]))
def test_why_not_is_the_best_plan_with_one_of_the_columns(seed, holes):
    minutes, weights = town(seed, holes=holes)
    kept = ~np.isnan(minutes).all(axis=1)
    minutes, weights = minutes[kept], weights[kept]
    plan = p_median(minutes, weights, 3, fixed=[4])
    asked = [site for site in (0, 1, 2, 3) if site not in plan.sites][:2]
    found = why_not(minutes, weights, plan, asked)
    costs = every(minutes, weights, 3, [4])
    least = min(cost for chosen, cost in costs.items() if set(asked) & set(chosen))
    assert found.status == "costs_more"
    assert found.proven
    assert found.objective == pytest.approx(least)
    assert found.extra_person_minutes == pytest.approx(least - plan.objective, abs=1e-6)
    assert found.least_extra <= found.extra_person_minutes
    assert set(found.enters.tolist()) & set(asked)
    assert len(found.displaced) == len(found.enters)
    change = near(minutes, found.sites) - near(minutes, plan.sites)
    assert found.lose.tolist() == pytest.approx([weights[change > 1e-9].sum()])
    assert found.gain.tolist() == pytest.approx([weights[change < -1e-9].sum()])
    assert found.lost_person_minutes - found.gained_person_minutes == pytest.approx(
        found.extra_person_minutes, abs=1e-6
    )


def test_why_not_has_an_answer_for_every_district():
    minutes, weights = town(3)
    plan = p_median(minutes, weights, 3, excluded=[0])
    inside = why_not(minutes, weights, plan, plan.sites[:1].tolist())
    assert (inside.status, inside.extra_person_minutes) == ("in_plan", 0.0)
    assert why_not(minutes, weights, plan, [0]).status == "no_candidate"
    assert why_not(minutes, weights, plan, []).status == "no_candidate"
    full = p_median(minutes, weights, 2, fixed=[1, 2])
    assert why_not(minutes, weights, full, [3]).status == "no_room"
    assert pinned(minutes, weights, full, 3).status == "no_room"
    with pytest.raises(ValueError, match="columns"):
        why_not(minutes, weights, plan, [8])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_a_pin_is_the_best_plan_that_has_it(seed):
    minutes, weights = town(seed)
    plan = p_median(minutes, weights, 3, excluded=[0])
    costs = every(minutes[:, 1:], weights, 3)
    column = int(np.setdiff1d(np.arange(1, 8), plan.sites)[0])
    found = pinned(minutes, weights, plan, column)
    least = min(cost for chosen, cost in costs.items() if column - 1 in chosen)
    assert found.objective == pytest.approx(least)
    assert found.bound == pytest.approx(least)
    assert found.enters.tolist().count(column) == 1
    assert pinned(minutes, weights, plan, int(plan.sites[0])).status == "in_plan"
    new = np.random.default_rng(seed).uniform(0, 60, len(weights))
    dropped = pinned(minutes, weights, plan, new)
    with_pin = every(np.column_stack([minutes[:, 1:], new]), weights, 3, [7])
    assert dropped.objective == pytest.approx(min(with_pin.values()))
    assert dropped.asked.tolist() == [8]
    assert 8 in dropped.sites
    assert 0 in pinned(minutes, weights, plan, 0).sites  # somebody insists: excluded or not


def test_a_pin_that_reaches_the_unreached_gains():
    minutes, weights = town(4)
    minutes[0] = np.nan
    plan = p_median(minutes, weights, 3)
    reach = np.where(np.arange(25) == 0, 10.0, np.nan)
    found = pinned(minutes, weights, plan, reach)
    assert found.gain.tolist() == pytest.approx([weights[0]])
    with pytest.raises(ValueError, match="one length"):
        pinned(minutes, weights, plan, reach[:-1])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([(), (5,)]))
def test_within_the_safe_factors_the_choice_is_best_and_beyond_the_others_it_is_not(seed, fixed):
    minutes, weights = town(seed, homes=15)
    plan = p_median(minutes, weights, 3, fixed=list(fixed))
    label = np.arange(15) // 4
    label[-1] = -1
    found = stability(minutes, weights, plan, groups=label)
    own = tuple(plan.sites.tolist())
    costs = every(minutes, weights, 3, fixed)
    for place, site in enumerate(plan.new):
        alone = min(cost for chosen, cost in costs.items() if site not in chosen)
        assert found.without_cost[place] == pytest.approx(alone)
        assert found.without_bound[place] == pytest.approx(alone)
        assert found.safe_plan[place] <= found.safe_site[place] <= found.change_site[place]
        for factor, kept in ((found.safe_plan[place], "plan"), (found.safe_site[place], "site")):
            grown = minutes.copy()
            grown[:, site] *= min(factor, 50.0)
            after = every(grown, weights, 3, fixed)
            best = min(after.values()) * (1 + 1e-9)
            if kept == "plan":
                assert after[own] <= best
            else:
                assert any(cost <= best for chosen, cost in after.items() if site in chosen)
        if np.isfinite(found.change_site[place]):
            grown = minutes.copy()
            grown[:, site] *= found.change_site[place] * 1.001
            after = every(grown, weights, 3, fixed)
            assert after[own] > min(after.values())
    assert found.group.tolist() == [0, 1, 2, 3]
    for group in range(4):
        for factor, safe in (
            (found.safe_up[group], True),
            (found.safe_down[group], True),
            (found.change_up[group] * 1.001, False),
            (found.change_down[group] * 0.999, False),
        ):
            if np.isinf(factor) and not safe:
                continue
            moved = np.where(label == group, weights * min(factor, 1e4), weights)
            after = every(minutes, moved, 3, fixed)
            best = min(after.values())
            assert (after[own] <= best * (1 + 1e-9) + 1e-9) if safe else (after[own] > best)
        assert found.change_down[group] <= found.safe_down[group] <= 1 <= found.safe_up[group]
        assert found.safe_up[group] <= found.change_up[group] * (1 + 1e-12)


def test_without_another_candidate_nothing_changes():
    minutes, weights = town(5)
    plan = p_median(minutes, weights, 8)
    found = stability(minutes, weights, plan)
    assert np.isinf(found.without_cost).all()
    assert np.isinf(found.safe_plan).all()
    assert (found.without == -1).all()
    assert len(found.group) == 25
    assert len(found.to_frame()) == 8
    with pytest.raises(ValueError, match="one length"):
        stability(minutes, weights, plan, groups=[0, 1])


def test_a_plan_of_another_matrix_is_refused():
    minutes, weights = town(6)
    plan = p_median(minutes, weights, 3, fixed=[7])
    with pytest.raises(ValueError, match=r"fixed|column"):
        site_reasons(minutes[:, :6], weights, plan)
