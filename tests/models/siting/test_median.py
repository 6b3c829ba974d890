from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from models.siting import InfeasibleRequest, assign, p_median, verify


def brute_force(minutes, weights, p, fixed=(), excluded=(), price=1440.0):
    weights = np.where(np.isnan(minutes).all(axis=1), 0.0, weights)
    filled = np.where(np.isnan(minutes), max(price, 2 * np.nanmax(minutes, initial=0.0)), minutes)
    free = [site for site in range(minutes.shape[1]) if site not in {*fixed, *excluded}]
    chosen = combinations(free, p - len(fixed))
    return min((float(filled[:, [*fixed, *one]].min(axis=1) @ weights) for one in chosen), default=np.inf)


@st.composite
def instances(draw):
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, m = draw(st.integers(1, 14)), draw(st.integers(2, 9))
    whole = draw(st.booleans())
    minutes = rng.integers(0, 40, (n, m)).astype(float) if whole else rng.uniform(0, 40, (n, m))
    minutes[rng.random((n, m)) < draw(st.sampled_from([0, 0, 0.3]))] = np.nan
    columns = rng.permutation(m).tolist()
    fixed, excluded = columns[: draw(st.integers(0, m // 3))], columns[m - draw(st.integers(0, m // 3)) :]
    p = draw(st.integers(max(len(fixed), 1), m - len(excluded)))
    weights = rng.integers(0, 9, n).astype(float) if whole else rng.exponential(1, n)
    return minutes, weights, p, fixed, excluded


@settings(max_examples=200, deadline=None)
@given(instances())
def test_plan_and_proof_equal_brute_force_on_small_instances(instance):
    minutes, weights, p, fixed, excluded = instance
    plan = p_median(minutes, weights, p, fixed=fixed, excluded=excluded)
    best = brute_force(minutes, weights, p, fixed, excluded)
    assert plan.objective == pytest.approx(best, abs=1e-9)
    assert (plan.proven, plan.gap, len(plan.sites)) == (True, 0.0, p)
    assert plan.certified_bound <= best * (1 + 1e-9) + 1e-9
    assert verify(plan, minutes, weights)


@settings(max_examples=60, deadline=None)
@given(instances(), st.integers(0, 2**32 - 1))
def test_numbering_of_sites_and_demands_does_not_matter(instance, seed):
    minutes, weights, p, fixed, excluded = instance
    rng = np.random.default_rng(seed)
    row, column = rng.permutation(len(weights)), rng.permutation(minutes.shape[1])
    place = np.argsort(column)
    columns = {"fixed": place[fixed].tolist(), "excluded": place[excluded].tolist()}
    moved = p_median(minutes[row][:, column], weights[row], p, **columns)
    plan = p_median(minutes, weights, p, fixed=fixed, excluded=excluded)
    assert moved.objective == pytest.approx(plan.objective, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(instances(), st.floats(0.01, 100))
def test_scaled_weights_scale_the_objective_and_one_site_more_never_harms(instance, factor):
    minutes, weights, p, fixed, excluded = instance
    plan = p_median(minutes, weights, p, fixed=fixed, excluded=excluded)
    assert p_median(minutes, weights * factor, p, fixed=fixed, excluded=excluded).objective == pytest.approx(
        plan.objective * factor, abs=1e-9
    )
    assert p_median(minutes, weights, p, fixed=fixed).objective <= plan.objective + 1e-9  # more candidates


def city(sites=83, seed=0, homes=913):
    rng = np.random.default_rng(seed)
    centres = rng.uniform(0, 100, (19, 2))
    living = centres[rng.integers(0, 19, homes)] + rng.normal(0, 6, (homes, 2))
    places = centres[rng.integers(0, 19, sites)] + rng.normal(0, 5, (sites, 2))
    minutes = np.linalg.norm(living[:, None] - places, axis=2) * 1.3 / 40 * 60
    return minutes, rng.lognormal(4, 1.5, homes)


@pytest.mark.parametrize("p", [5, 20])
def test_a_city_is_proven_and_the_proof_holds(p):
    minutes, weights = city(300)
    plan = p_median(minutes, weights, p)
    assert plan.proven
    assert plan.seconds < 10
    assert verify(plan, minutes, weights)


@pytest.fixture(scope="module")
def proven():
    minutes, weights = city(60, homes=200)
    return p_median(minutes, weights, 4, fixed=[7]), minutes, weights


def shifted(plan, by):
    own = plan.certificate
    return replace(plan, certificate=replace(own, multipliers=own.multipliers + by))


def cut(plan):
    """A proof whose root claims to be a leaf."""
    own = plan.certificate
    site, row = own.site.copy(), own.multipliers_row.copy()
    site[0], row[0] = -1, 0
    return replace(plan, certificate=replace(own, site=site, multipliers_row=row))


FORGED = {
    "multipliers a little higher": lambda plan: shifted(plan, 1.0),
    "multipliers a little lower": lambda plan: shifted(plan, -0.5),
    "endless multipliers": lambda plan: shifted(plan, np.inf),
    "objective": lambda plan: replace(plan, objective=plan.objective * 0.999),
    "bound above what is shown": lambda plan: replace(plan, bound=plan.bound * 1.01),
    "certified bound": lambda plan: replace(plan, certified_bound=plan.certified_bound * 1.001),
    "another site": lambda plan: replace(plan, sites=np.union1d(plan.sites[1:], [(plan.sites[0] + 1) % 60])),
    "a site less": lambda plan: replace(plan, sites=plan.sites[1:]),
    "a site that is not there": lambda plan: replace(plan, sites=np.append(plan.sites[:-1], 99)),
    "assignment": lambda plan: replace(plan, assignment=np.roll(plan.assignment, 1)),
    "other fixed sites": lambda plan: replace(plan, fixed=plan.new[:1]),
    "part of the tree": cut,
    "no proof": lambda plan: replace(plan, certificate=None),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_a_forged_plan_is_not_verified(proven, forge):
    plan, minutes, weights = proven
    assert verify(plan, minutes, weights)
    assert not verify(forge(plan), minutes, weights)


def test_a_plan_is_not_verified_on_other_minutes_or_weights(proven):
    plan, minutes, weights = proven
    assert not verify(plan, minutes * 0.9, weights)
    assert not verify(plan, minutes, weights[::-1])


def test_on_a_time_limit_the_best_plan_comes_back_with_its_gap_and_a_proof_of_its_bound():
    rng = np.random.default_rng(1)
    minutes, weights = rng.uniform(1, 60, (300, 120)), np.ones(300)
    plan = p_median(minutes, weights, 12, time_limit_s=0.01)
    assert (plan.status, len(plan.sites)) == ("time_limit", 12)
    assert 0 < plan.gap < 1
    assert plan.bound <= plan.objective
    assert verify(plan, minutes, weights)


def nearest(minutes, k):
    order = np.argsort(minutes, axis=1)[:, : k + 1]
    near = np.take_along_axis(minutes, order, axis=1)
    n = len(minutes)
    stored = (near[:, :k].ravel(), order[:, :k].ravel(), np.arange(0, n * k + 1, k))
    return csr_array(stored, shape=minutes.shape), near[:, k]


def test_the_k_nearest_sites_give_the_full_plan_where_k_suffices_and_a_valid_bound_where_not():
    minutes, weights = city(60, homes=200)
    full = p_median(minutes, weights, 6)
    many, beyond = nearest(minutes, 50)
    enough = p_median(many, weights, 6, beyond=beyond)
    assert enough.objective == pytest.approx(full.objective)
    assert enough.sites.tolist() == full.sites.tolist()
    assert verify(enough, many, weights)
    few, beyond = nearest(minutes, 5)
    short = p_median(few, weights, 6, beyond=beyond)
    assert short.bound <= full.objective
    assert (short.assignment == -1).any()
    assert verify(short, few, weights)


def test_a_stored_zero_is_a_site_at_the_door():
    minutes = csr_array(([0.0, 3.0, 0.0], ([0, 0, 1], [0, 1, 1])), shape=(2, 2))
    plan = p_median(minutes, [1.0, 5.0], 1, beyond=[9.0, 9.0])
    assert plan.sites.tolist() == [1]
    assert plan.objective == 3.0


def test_a_city_of_thousands_of_blocks_is_bounded_within_a_thousandth():
    rng = np.random.default_rng(0)
    blocks, sites = rng.uniform(0, 100, (4000, 2)), rng.uniform(0, 100, (200, 2))
    distance, order = cKDTree(sites).query(blocks, 41)
    stored = (distance[:, :40].ravel(), order[:, :40].ravel(), np.arange(0, 160_001, 40))
    near = csr_array(stored, shape=(4000, 200))
    weights = rng.lognormal(3, 1, 4000)
    plan = p_median(near, weights, 30, beyond=distance[:, 40], time_limit_s=20)
    assert plan.gap < 0.001
    assert verify(plan, near, weights)


def test_the_same_seed_gives_the_same_plan():
    minutes, weights = city(40)
    first, second = (p_median(minutes, weights, 5, seed=3) for _ in range(2))
    assert first.sites.tolist() == second.sites.tolist()
    assert first.certified_bound == second.certified_bound


@pytest.mark.parametrize(
    ("p", "given_", "code", "change"),
    [
        (4, {"excluded": [0]}, "siting.too_few_candidates", 3),
        (5, {}, "siting.too_few_candidates", 4),
        (1, {"fixed": [0, 1]}, "siting.more_fixed_than_open", 2),
    ],
)
def test_a_request_that_cannot_be_met_names_the_least_change(p, given_, code, change):
    with pytest.raises(InfeasibleRequest) as caught:
        p_median(np.ones((3, 4)), np.ones(3), p, **given_)
    assert caught.value.code == code
    assert caught.value.details["least_change_new"] == change


SPARSE = csr_array(([1.0, 2.0], ([0, 1], [0, 1])), shape=(2, 2))
WRONG = {
    "minutes below zero": (([[-1.0, 1.0]], [1.0], 1), {}, "minutes must be"),
    "endless minutes": (([[np.inf, 1.0]], [1.0], 1), {}, "minutes must be"),
    "weights below zero": (([[2.0, 1.0]], [-1.0], 1), {}, "weights"),
    "weights of others": (([[2.0, 1.0]], [1.0, 1.0], 1), {}, "one weight a row"),
    "no site wanted": (([[2.0, 1.0]], [1.0], 0), {}, "p must be"),
    "no such column": (([[2.0, 1.0]], [1.0], 1), {"fixed": [2]}, "fixed"),
    "fixed and excluded": (([[2.0, 1.0]], [1.0], 1), {"fixed": [0], "excluded": [0]}, "at once"),
    "no time": (([[2.0, 1.0]], [1.0], 1), {"time_limit_s": 0.0}, "time_limit_s"),
    "sparse without beyond": ((SPARSE, [1.0, 1.0], 1), {}, "beyond="),
    "no number of sites": (([[2.0, 1.0]], [1.0], None), {}, "p=None"),
    "demand without capacity": (([[2.0, 1.0]], [1.0], 1), {"demand": [1.0]}, "demand= needs"),
    "beyond of others": ((SPARSE, [1.0, 1.0], 1), {"beyond": [1.0]}, "beyond must be"),
    "sparse NaN": ((SPARSE * np.nan, [1.0, 1.0], 1), {"beyond": [1.0, 1.0]}, "NaN"),
}


@pytest.mark.parametrize(("given_", "how", "words"), WRONG.values(), ids=WRONG)
def test_bad_input_says_what_was_wrong(given_, how, words):
    with pytest.raises(ValueError, match=words):
        p_median(*given_, **how)


def test_a_village_only_one_site_reaches_pulls_that_site_into_the_plan():
    minutes = np.array([[1.0, 9.0], [1.0, 9.0], [np.nan, 50.0]])
    plan = p_median(minutes, np.array([10.0, 10.0, 1.0]), 1)
    assert plan.sites.tolist() == [1]
    assert plan.unserved.tolist() == []


def test_an_unreachable_village_is_listed_and_left_out_of_the_objective():
    plan = p_median([[1.0, 2.0], [np.nan, np.nan]], [5.0, 7.0], 1)
    assert plan.objective == 5.0
    assert plan.unserved.tolist() == [1]
    assert plan.assignment.tolist() == [0, -1]


@pytest.mark.parametrize("weights", [[0.0, 0.0], []])
def test_nobody_to_serve_still_gives_a_plan(weights):
    minutes = np.ones((len(weights), 3))
    plan = p_median(minutes, weights, 2)
    assert len(plan.sites) == 2
    assert (plan.objective, plan.gap, plan.proven) == (0.0, 0.0, True)
    assert verify(plan, minutes, weights)


def test_everybody_goes_to_the_nearest_open_site():
    served = assign([[5.0, 1.0, 3.0], [2.0, np.nan, 2.0]], [0, 2])
    assert served.site.tolist() == [2, 0]
    assert served.minutes.tolist() == [3.0, 2.0]


def test_a_table_of_the_plan_tells_new_sites_from_old(proven):
    plan, _, _ = proven
    table = plan.to_frame()
    assert table["site"].tolist() == plan.sites.tolist()
    assert table.loc[table["site"] == 7, "is_new"].tolist() == [False]
