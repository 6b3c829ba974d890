from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.siting.centre import p_center
from models.siting.request import InfeasibleRequest


def worst(minutes, weights, sites):
    most = max(1440.0, 2 * np.nanmax(minutes, initial=0.0)) * weights.max()
    counted = (weights > 0) & ~np.isnan(minutes).all(axis=1)
    cost = np.where(np.isnan(minutes), most, minutes * weights[:, None])[counted]
    return cost[:, sites].min(axis=1).max(initial=0.0)


def brute_force(minutes, weights, p, fixed, excluded):
    free = [site for site in range(minutes.shape[1]) if site not in {*fixed, *excluded}]
    chosen = combinations(free, p - len(fixed))
    return min(worst(minutes, weights, [*fixed, *one]) for one in chosen)


@st.composite
def instances(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, m = draw(st.integers(1, 14)), draw(st.integers(2, 9))
    whole = draw(st.booleans())
    minutes = rng.integers(0, 40, (n, m)).astype(float) if whole else rng.uniform(0, 40, (n, m))
    minutes[rng.random((n, m)) < draw(st.sampled_from([0, 0, 0.3, 0.7]))] = np.nan
    columns = rng.permutation(m).tolist()
    fixed, excluded = columns[: draw(st.integers(0, m // 3))], columns[m - draw(st.integers(0, m // 3)) :]
    p = draw(st.integers(max(len(fixed), 1), m - len(excluded)))
    weights = draw(st.sampled_from([np.ones(n), rng.integers(0, 4, n).astype(float)]))
    return minutes, weights, p, fixed, excluded


@settings(max_examples=150, deadline=None)
@given(instances())
def test_plan_equals_brute_force_on_small_instances(instance):
    minutes, weights, p, fixed, excluded = instance
    plan = p_center(minutes, p, weights=weights, fixed=fixed, excluded=excluded)
    assert plan.objective == plan.bound == brute_force(minutes, weights, p, fixed, excluded)
    assert plan.objective == worst(minutes, weights, plan.sites)
    assert (plan.proven, plan.gap, len(plan.sites)) == (True, 0.0, p)
    assert set(fixed) <= set(plan.sites.tolist())
    assert not set(excluded) & set(plan.sites.tolist())
    assert plan.certificate is None
    assert plan.certified_bound == -np.inf


@settings(max_examples=50, deadline=None)
@given(instances(), st.integers(0, 2**32 - 1))
def test_numbering_does_not_matter(instance, seed):
    minutes, weights, p, fixed, excluded = instance
    rng = np.random.default_rng(seed)
    row, column = rng.permutation(len(weights)), rng.permutation(minutes.shape[1])
    place = np.argsort(column)
    moved = p_center(
        minutes[row][:, column],
        p,
        weights=weights[row],
        fixed=place[fixed].tolist(),
        excluded=place[excluded].tolist(),
    )
    plan = p_center(minutes, p, weights=weights, fixed=fixed, excluded=excluded)
    assert moved.objective == plan.objective


@settings(max_examples=40, deadline=None)
@given(instances())
def test_one_site_more_or_one_candidate_more_never_harms(instance):
    minutes, weights, p, fixed, excluded = instance
    plan = p_center(minutes, p, weights=weights, fixed=fixed, excluded=excluded)
    assert p_center(minutes, p, weights=weights, fixed=fixed).objective <= plan.objective
    if p + len(excluded) < minutes.shape[1]:
        more = p_center(minutes, p + 1, weights=weights, fixed=fixed, excluded=excluded)
        assert more.objective <= plan.objective


def test_scaled_weights_scale_the_objective():
    rng = np.random.default_rng(3)
    minutes, weights = rng.uniform(0, 60, (60, 25)), rng.exponential(1, 60)
    plan, scaled = (p_center(minutes, 4, weights=weights * factor) for factor in (1, 4))
    assert scaled.objective == pytest.approx(4 * plan.objective, rel=1e-12)
    assert p_center(minutes, 4, weights=np.full(60, 1.0)).objective == p_center(minutes, 4).objective


def clustered(homes, seed=0):
    rng = np.random.default_rng(seed)
    centres, spread = rng.uniform(0, 200, (12, 2)), rng.uniform(3, 20, 12)
    cluster = rng.integers(0, 12, homes)
    place = centres[cluster] + rng.normal(0, 1, (homes, 2)) * spread[cluster][:, None]
    return np.linalg.norm(place[:, None] - place, axis=2) * 1.3


def test_a_province_is_proven():
    minutes = clustered(913)
    plan = p_center(minutes, 20)
    assert plan.proven
    assert minutes[:, plan.sites].min(axis=1).max() == plan.objective
    assert plan.seconds < 20


def test_a_time_limit_gives_a_plan_with_its_gap():
    rng = np.random.default_rng(0)
    place = rng.uniform(0, 100, (400, 2))  # evenly spread: hard to prove
    minutes = np.linalg.norm(place[:, None] - place, axis=2)
    plan = p_center(minutes, 25, time_limit_s=0.2)
    assert len(plan.sites) == 25
    assert (plan.proven, plan.status) == (False, "time_limit")
    assert 0 < plan.bound < plan.objective == minutes[:, plan.sites].min(axis=1).max()
    assert plan.gap == pytest.approx((plan.objective - plan.bound) / plan.objective)
    assert plan.seconds < 3


def test_a_small_weight_does_not_make_the_unreachable_near():
    nan = np.nan
    plan = p_center([[nan, 30.0], [1.0, 300.0]], 1, weights=[0.001, 1.0])
    assert plan.sites.tolist() == [1]
    assert (plan.objective, plan.unserved.tolist()) == (300.0, [])


def test_rows_without_weight_or_any_site_do_not_count():
    plan = p_center([[1.0, 9.0], [9.0, 1.0], [np.nan, np.nan]], 1, weights=[1.0, 0.0, 5.0])
    assert (plan.sites.tolist(), plan.objective, plan.unserved.tolist()) == ([0], 1.0, [2])
    nobody = p_center(np.ones((3, 4)), 2, weights=np.zeros(3))
    assert (nobody.objective, nobody.gap, nobody.proven, len(nobody.sites)) == (0.0, 0.0, True, 2)


def test_equal_minutes_and_a_single_row_have_a_plan():
    assert p_center(np.full((5, 4), 7.0), 2).objective == 7.0
    assert p_center([[3.0, 2.0]], 1).sites.tolist() == [1]
    assert p_center([[3.0, 2.0]], 2, fixed=[0]).sites.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"p": 0}, "p must be >= 1"),
        ({"minutes": [[-1.0, 2.0]]}, "minutes must be >= 0"),
        ({"minutes": [1.0, 2.0]}, "minutes must have 2 dimension"),
        ({"weights": [1.0]}, "one weight a row"),
        ({"weights": [1.0, np.nan]}, "weights must be >= 0"),
        ({"fixed": [2]}, "fixed must lie in 0..1"),
        ({"fixed": [0], "excluded": [0]}, "fixed and excluded"),
        ({"time_limit_s": 0.0}, "time_limit_s must be > 0"),
    ],
)
def test_bad_input_is_refused(changes, message):
    given = {"minutes": [[1.0, 2.0], [2.0, 1.0]], "p": 1} | changes
    with pytest.raises(ValueError, match=message):
        p_center(given.pop("minutes"), given.pop("p"), **given)


def test_more_sites_than_there_are_is_infeasible():
    with pytest.raises(InfeasibleRequest) as refused:
        p_center(np.ones((2, 3)), 3, excluded=[0])
    assert refused.value.details == {"asked": 3, "available": 2, "least_change_new": 2}


def test_another_seed_finds_the_same_distance():
    minutes = clustered(150, seed=4)
    plans = [p_center(minutes, 7, seed=seed) for seed in (0, 1, 2)]
    assert len({plan.objective for plan in plans}) == 1
    assert all(plan.proven for plan in plans)
