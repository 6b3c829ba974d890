from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.plans import phased_plan
from models.plans.nested import added, assigned
from models.plans.reorder import swap_gains
from models.siting import InfeasibleRequest, p_median
from models.siting.pairs import dense_pairs


def town(seed, homes=25, sites=8, holes=0.0):
    rng = np.random.default_rng(seed)
    living, places = rng.uniform(0, 50, (homes, 2)), rng.uniform(0, 50, (sites, 2))
    minutes = np.linalg.norm(living[:, None] - places, axis=2)
    minutes[rng.random(minutes.shape) < holes] = np.nan
    return minutes, np.round(rng.lognormal(3, 1, homes))


def chains(sites, counts, fixed, excluded):
    """Every nested choice."""
    may = [site for site in range(sites) if site not in (*fixed, *excluded)]

    def grow(open_sites, left):
        if not left:
            yield ()
            return
        for extra in combinations([s for s in may if s not in open_sites], left[0] - len(open_sites)):
            for rest in grow(open_sites | set(extra), left[1:]):
                yield (open_sites | set(extra), *rest)

    return grow(set(fixed), list(counts))


def cost(minutes, weights, open_sites, price=1440.0):
    reached = ~np.isnan(minutes).all(axis=1)
    near = np.nanmin(minutes[reached][:, sorted(open_sites)], axis=1, initial=price)
    return float(weights[reached] @ near)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from(
        [((1, 2, 4), (), ()), ((2, 3), (1,), (0,)), ((1, 3), (), (2, 5)), ((2, 4, 5), (3, 4), ())]
    ),
    st.sampled_from([0.0, 0.15]),
)
def test_the_plan_is_the_best_of_all_nested_choices(seed, request_, holes):
    counts, fixed, excluded = request_
    minutes, weights = town(seed, sites=7, holes=holes)
    rng = np.random.default_rng(seed)
    persons = weights * rng.uniform(0.2, 2.0, (len(counts), 1)) * rng.uniform(0.5, 1.5, (len(counts), 25))
    share = rng.uniform(0.5, 3.0, len(counts))
    found = phased_plan(minutes, persons, counts, importance=share, fixed=fixed, excluded=excluded)
    totals = [
        sum(a * cost(minutes, w, s) for a, w, s in zip(share, persons, chain, strict=True))
        for chain in chains(7, counts, fixed, excluded)
    ]
    assert found.objective == pytest.approx(min(totals))
    assert found.bound <= min(totals) * (1 + 1e-9)
    assert found.proven
    for number, p in enumerate(counts):
        here = found.open_in(number)
        assert len(here) == p
        assert set(fixed) <= set(here.tolist())
        assert not set(excluded) & set(here.tolist())
        assert found.cost[number] == pytest.approx(cost(minutes, persons[number], here.tolist()))
        assert found.regret[number] >= 0
        assert found.regret[number] == pytest.approx(
            found.cost[number] - found.free[number].objective, abs=1e-6
        )


def test_one_phase_is_the_p_median():
    minutes, weights = town(3, homes=60, sites=15)
    found, plan = phased_plan(minutes, weights, [4]), p_median(minutes, weights, 4)
    assert found.objective == pytest.approx(plan.objective)
    assert np.sort(found.sites).tolist() == plan.sites.tolist()
    assert found.regret.tolist() == pytest.approx([0.0], abs=1e-6)


def test_a_phase_that_weighs_all_has_no_regret():
    minutes, weights = town(4, homes=60, sites=15)
    first = phased_plan(minutes, weights, [2, 4, 6], importance=[1e6, 1.0, 1.0])
    last = phased_plan(minutes, weights, [2, 4, 6], importance=[1.0, 1.0, 1e6])
    assert first.regret[0] == pytest.approx(0.0, abs=1e-6)
    assert last.regret[2] == pytest.approx(0.0, abs=1e-6)
    assert first.phase.tolist() == [0, 0, 1, 1, 2, 2]
    assert first.mean_minutes == pytest.approx(first.cost / weights.sum())
    assert list(first.to_frame().columns)[:2] == ["cost", "regret"]


@pytest.mark.parametrize("seed", range(4))
def test_a_larger_town_is_proven_and_never_below_its_free_plans(seed):
    minutes, weights = town(seed, homes=200, sites=40)
    found = phased_plan(minutes, weights, [2, 4, 8])
    assert found.gap < 1e-3
    assert found.bound >= sum(plan.bound for plan in found.free) - 1e-6
    assert found.objective <= sum(
        p_median(minutes, weights, p, fixed=fixed).objective
        for p, fixed in ((2, []), (4, found.free[0].sites.tolist()))
    ) + p_median(
        minutes,
        weights,
        8,
        fixed=p_median(minutes, weights, 4, fixed=found.free[0].sites.tolist()).sites.tolist(),
    ).objective * (1 + 1e-12)


def test_no_time_keeps_an_honest_gap():
    minutes, weights = town(1, homes=150, sites=60)
    hasty = phased_plan(minutes, weights, [3, 5, 9], time_limit_s=1e-3)
    careful = phased_plan(minutes, weights, [3, 5, 9])
    assert hasty.bound <= careful.objective * (1 + 1e-9)
    assert 0 <= hasty.gap < 1


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_the_relaxed_choice_and_its_changes_agree_with_all_choices(seed):
    rng = np.random.default_rng(seed)
    reward = np.vstack([np.cumsum(-rng.uniform(0, 5, (2, 5)), axis=0)[::-1], np.zeros((1, 5))])
    allowed, opens = rng.random((3, 5)) < 0.85, np.array([1, 2])
    choices = {
        phase: sum(reward[t, j] for j, t in enumerate(phase))
        for phase in product(range(3), repeat=5)
        if phase.count(0) == 1 and phase.count(1) == 2 and all(allowed[t, j] for j, t in enumerate(phase))
    }
    value, phase = assigned(reward, allowed, opens)
    if not choices:
        assert value == np.inf
        return
    least = min(choices.values())
    assert value == pytest.approx(least)
    rise = added(reward, allowed, phase)
    for (t, j), more in np.ndenumerate(rise):
        with_it = [total for choice, total in choices.items() if choice[j] == t]
        assert least + more <= min(with_it, default=np.inf) + 1e-9
    assert (rise[phase, np.arange(5)] == 0).all()


def test_gains_of_swaps_are_the_costs_saved():
    minutes, weights = town(6)
    pairs = dense_pairs(minutes * weights[:, None], np.full(25, 1e9))
    chosen = np.array([1, 4, 6])
    gains = swap_gains(pairs.start, pairs.row, pairs.cost, pairs.fallback, chosen)
    before = pairs.totals(chosen).sum()
    for place in range(3):
        for site in (0, 2, 3, 5, 7):
            after = pairs.totals(np.append(np.delete(chosen, place), site)).sum()
            assert gains[place, site] == pytest.approx(before - after)


@pytest.mark.parametrize(
    ("counts", "how", "words"),
    [
        ((), {}, "rise"),
        ((2, 2), {}, "rise"),
        ((1, 2), {"importance": [1.0]}, "one a phase"),
        ((1, 2), {"importance": [1.0, 0.0]}, "importance"),
    ],
)
def test_bad_input_says_what_was_wrong(counts, how, words):
    with pytest.raises(ValueError, match=words):
        phased_plan(*town(0), counts, **how)


def test_weights_must_be_one_a_phase():
    minutes, weights = town(0)
    with pytest.raises(ValueError, match="one a phase"):
        phased_plan(minutes, np.stack([weights] * 3), (1, 2))
    with pytest.raises(InfeasibleRequest):
        phased_plan(minutes, weights, (1, 99))
    empty = phased_plan(minutes, np.zeros(25), (1, 2))
    assert empty.objective == 0.0
    assert empty.gap == 0.0
