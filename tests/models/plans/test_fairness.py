import time
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.plans import fairness_frontier, group_minutes, tail_minutes
from models.plans.ground import parse_ground
from models.plans.mixture import Memory, least_mixture
from models.siting import InfeasibleRequest, p_center, p_median


def town(seed, homes=30, sites=9, holes=0.0):
    rng = np.random.default_rng(seed)
    living, places = rng.uniform(0, 50, (homes, 2)), rng.uniform(0, 50, (sites, 2))
    minutes = np.linalg.norm(living[:, None] - places, axis=2)
    minutes[rng.random(minutes.shape) < holes] = np.nan
    return minutes, np.round(rng.lognormal(3, 1, homes))


def both(minutes, weights, chosen, share, price=1440.0):
    """Mean and tail, by the definition: persons one by one."""
    reached = ~np.isnan(minutes).all(axis=1)
    near = np.nan_to_num(np.nanmin(minutes[reached][:, list(chosen)], axis=1, initial=price), nan=price)
    persons = np.sort(np.repeat(near, weights[reached].astype(int)))[::-1]
    count = share * len(persons)
    whole = int(count)
    edge = (count - whole) * persons[whole] if whole < len(persons) else 0.0
    return persons.mean(), (persons[:whole].sum() + edge) / count


def every(minutes, weights, p, share, fixed=()):
    m = minutes.shape[1]
    return {
        chosen: both(minutes, weights, chosen, share)
        for chosen in combinations(range(m), p)
        if set(fixed) <= set(chosen)
    }


def test_the_tail_splits_the_row_at_its_edge():
    minutes, weights = town(0)
    for share in (0.01, 0.05, 0.37, 1.0):
        assert tail_minutes(minutes[:, 0], weights, share) == pytest.approx(
            both(minutes, weights, [0], share)[1]
        )


def test_a_hamlet_does_not_decide_the_tail_as_it_decides_the_longest_way():
    near, persons = np.array([5.0, 30.0, 180.0]), np.array([9_000.0, 973.0, 27.0])
    assert tail_minutes(near, persons) < 40
    minutes = np.array([[10.0, 12.0], [10.0, 9.0], [180.0, 20.0]])
    weights = np.array([9_000.0, 973.0, 27.0])
    found = fairness_frontier(minutes, weights, 1)
    assert p_center(minutes, 1).sites.tolist() == [1]
    assert all(point.sites.tolist() == [0] or point.mean_minutes > 11 for point in found.points)
    assert p_median(minutes, weights, 1).sites.tolist() == [0]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000),
    st.integers(1, 4),
    st.sampled_from([0.0, 0.2]),
    st.sampled_from([0.05, 0.3]),
    st.floats(0.0, 1.0),
)
def test_the_best_of_a_mixture_is_the_best_of_all_sets(seed, p, holes, share, mix):
    minutes, weights = town(seed, homes=14, sites=8, holes=holes)
    ground = parse_ground(minutes, weights, p)
    memory = Memory(ground, share)
    memory.measure(np.arange(p, dtype=np.int64))
    answer = least_mixture(memory, mix, tolerance=1e-9, stop=np.inf)
    costs = [(1 - mix) * mean + mix * tail for mean, tail in every(minutes, weights, p, share).values()]
    assert answer.best.mixed(mix) == pytest.approx(min(costs), rel=1e-8)
    assert answer.bound <= min(costs) * (1 + 1e-12)
    assert answer.bound == pytest.approx(min(costs), rel=1e-8)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 3), st.sampled_from([0.0, 0.15]))
def test_points_are_the_supported_plans_and_nothing_dominates_them(seed, p, holes):
    minutes, weights = town(seed, homes=20, sites=8, holes=holes)
    found = fairness_frontier(minutes, weights, p, points=30)
    sets = every(minutes, weights, p, 0.05)
    values = np.array(list(sets.values()))
    for point in found.points:
        mean, tail = sets[tuple(point.sites.tolist())]
        assert (point.mean_minutes, point.tail_minutes) == pytest.approx((mean, tail))
        better = (values <= [mean * (1 - 1e-6), tail * (1 - 1e-6)]).all(axis=1)
        assert not better.any()
        assert point.gap <= 1e-5
    assert found.points[0].mean_minutes == pytest.approx(values[:, 0].min())
    assert found.points[-1].tail_minutes == pytest.approx(values[:, 1].min(), rel=1e-5)
    assert found.tail_bound <= values[:, 1].min() * (1 + 1e-12)
    for mix, bound in zip(found.mix, found.bound, strict=True):
        least = ((1 - mix) * values[:, 0] + mix * values[:, 1]).min()
        assert bound <= least * (1 + 1e-9)
        own = min((1 - mix) * one.mean_minutes + mix * one.tail_minutes for one in found.points)
        assert own == pytest.approx(least, rel=1e-5)


def test_the_price_is_extra_mean_minutes_for_each_minute_of_tail():
    minutes, weights = town(3, homes=60, sites=12)
    found = fairness_frontier(minutes, weights, 3)
    first, last = found.points[0], found.points[-1]
    assert len(found.points) > 2
    assert np.isnan(first.price)
    assert first.extra_person_minutes == 0.0
    extra = last.mean_minutes - first.mean_minutes
    assert last.price == pytest.approx(extra / (first.tail_minutes - last.tail_minutes))
    assert last.extra_person_minutes == pytest.approx(extra * weights.sum())
    prices = [point.price for point in found.points[1:]]
    assert prices == sorted(prices)  # supported points: each further minute costs more
    assert list(found.to_frame().index.names) == ["point"]
    assert len(fairness_frontier(minutes, weights, 3, points=2).points) == 2


def test_times_and_persons_scale():
    minutes, weights = town(5, homes=40, sites=10)
    one = fairness_frontier(minutes, weights, 3)
    longer = fairness_frontier(minutes * 3, weights, 3)
    more = fairness_frontier(minutes, weights * 7, 3)
    for point, far, many in zip(one.points, longer.points, more.points, strict=True):
        assert point.sites.tolist() == far.sites.tolist() == many.sites.tolist()
        assert far.tail_minutes == pytest.approx(3 * point.tail_minutes)
        assert many.mean_minutes == pytest.approx(point.mean_minutes)
        assert many.extra_person_minutes == pytest.approx(7 * point.extra_person_minutes)


def test_groups_are_measured_apart_and_counted_together():
    minutes, weights = town(8, homes=40)
    halves = np.stack([weights * 0.25, weights * 0.75, np.zeros(40)])
    found = fairness_frontier(minutes, halves, 2)
    whole = fairness_frontier(minutes, weights, 2)
    assert [point.sites.tolist() for point in found.points] == [
        point.sites.tolist() for point in whole.points
    ]
    for point in found.points:
        assert point.group_tail[:2] == pytest.approx(point.tail_minutes)
        assert np.isnan(point.group_mean[2])
    side = np.arange(40) < 20
    mean, tail = group_minutes(minutes[:, 0], np.stack([weights * side, weights * ~side]))
    assert tail[0] == pytest.approx(tail_minutes(minutes[side, 0], weights[side]))
    assert mean @ [weights[side].sum(), weights[~side].sum()] == pytest.approx(weights @ minutes[:, 0])


def test_fixed_sites_stay_and_persons_out_of_reach_are_counted():
    minutes, weights = town(2, homes=25, sites=7)
    minutes[0] = np.nan
    minutes[1, 1:] = np.nan
    found = fairness_frontier(minutes, weights, 2, fixed=[3], excluded=[0, 5])
    assert found.never_reached == weights[0]
    assert found.persons == weights[1:].sum()
    for point in found.points:
        assert 3 in point.sites
        assert not {0, 5} & set(point.sites.tolist())
        assert point.unreached == weights[1]
    assert len(fairness_frontier(minutes, weights, 1, fixed=[3]).points) == 1


def test_a_short_time_keeps_honest_bounds():
    rng = np.random.default_rng(0)
    living = rng.uniform(0, 100, (150, 2))
    minutes = np.linalg.norm(living[:, None] - living[:60], axis=2)
    weights = rng.lognormal(3, 1, 150)
    began = time.perf_counter()
    hasty = fairness_frontier(minutes, weights, 6, time_limit_s=0.2)
    assert time.perf_counter() - began < 10
    careful = fairness_frontier(minutes, weights, 6, points=2, time_limit_s=2.0)
    for mix, bound in zip(hasty.mix, hasty.bound, strict=True):
        assert all(
            bound <= (1 - mix) * one.mean_minutes + mix * one.tail_minutes + 1e-9 for one in careful.points
        )
    assert all(0 <= point.gap <= 1 for point in hasty.points)


@pytest.mark.parametrize(
    ("weights", "how", "words"),
    [
        (np.zeros(30), {}, "nobody"),
        (np.ones(29), {}, "one weight"),
        (-np.ones(30), {}, "weights"),
        (np.ones(30), {"share": 0.0}, "share"),
        (np.ones(30), {"points": 1}, "points"),
        (np.ones((2, 2, 30)), {}, "weights"),
    ],
)
def test_bad_input_says_what_was_wrong(weights, how, words):
    with pytest.raises(ValueError, match=words):
        fairness_frontier(town(0)[0], weights, 2, **how)


def test_a_request_that_cannot_be_met_says_so():
    with pytest.raises(InfeasibleRequest):
        fairness_frontier(*town(0), 99)


def test_a_tail_needs_finite_minutes_where_persons_are():
    with pytest.raises(ValueError, match="finite"):
        tail_minutes([np.nan, 1.0], [1.0, 1.0])
    assert tail_minutes([np.nan, 1.0], [0.0, 1.0]) == 1.0
    assert np.isnan(tail_minutes([1.0], [0.0]))
