import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from models.siting import InfeasibleRequest, maximal_cover, p_center, set_cover


@st.composite
def nearest(draw):
    """The k nearest sites of each demand, the minutes of all others, and the same as a full matrix."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n, m = draw(st.integers(1, 10)), draw(st.integers(2, 8))
    k = draw(st.integers(1, m))
    minutes = rng.integers(0, 40, (n, m)).astype(float)
    order = np.argsort(minutes, axis=1)[:, :k]
    near = np.take_along_axis(minutes, order, axis=1)
    beyond = near.max(axis=1) + rng.integers(0, 9, n)
    full = np.repeat(beyond[:, None], m, axis=1)
    np.put_along_axis(full, order, near, axis=1)
    sparse = csr_array((near.ravel(), order.ravel(), np.arange(0, n * k + 1, k)), shape=(n, m))
    weights = rng.integers(1, 9, n).astype(float)
    return sparse, beyond, full, weights, draw(st.integers(1, m)), float(draw(st.integers(0, 40)))


def same(one, other):
    assert (one.objective, one.bound, one.proven) == (other.objective, other.bound, other.proven)
    assert one.sites.tolist() == other.sites.tolist()


def served_alike(plan, full, beyond):
    """A site within `beyond` serves; -1 where the plan's sites were not stored."""
    own = plan.assignment >= 0
    near = full[:, plan.sites].min(axis=1)
    assert (full[np.flatnonzero(own), plan.assignment[own]] == near[own]).all()
    assert (near[~own] == beyond[~own]).all()
    assert plan.unserved.tolist() == np.flatnonzero(~own).tolist()


@settings(max_examples=80, deadline=None)
@given(nearest())
def test_the_centre_is_that_of_the_full_matrix(instance):
    sparse, beyond, full, weights, p, _ = instance
    plan = p_center(sparse, p, weights=weights, beyond=beyond)
    same(plan, p_center(full, p, weights=weights))
    served_alike(plan, full, beyond)


@settings(max_examples=80, deadline=None)
@given(nearest())
def test_covers_are_those_of_the_full_matrix(instance):
    sparse, beyond, full, weights, p, radius = instance
    most = maximal_cover(sparse, weights, p, radius, beyond=beyond)
    other = maximal_cover(full, weights, p, radius)
    same(most, other)
    served_alike(most, full, beyond)
    assert most.covered.tolist() == other.covered.tolist()
    assert most.times.tolist() == other.times.tolist()
    if (full.min(axis=1) <= radius).all():
        same(set_cover(sparse, radius, beyond=beyond), set_cover(full, radius))
        return
    with pytest.raises(InfeasibleRequest) as refused:
        set_cover(full, radius)
    with pytest.raises(InfeasibleRequest) as sparse_refused:
        set_cover(sparse, radius, beyond=beyond)
    assert sparse_refused.value.details == refused.value.details


def test_a_pair_not_stored_covers_only_within_the_radius():
    near = csr_array(([1.0, 2.0], [0, 1], [0, 1, 2]), shape=(2, 2))
    assert set_cover(near, 5, beyond=[5, 6]).sites.tolist() == [1]
    assert set_cover(near, 4, beyond=[5, 6]).sites.tolist() == [0, 1]


ASKED = {
    "p-centre": lambda minutes, **how: p_center(minutes, 1, **how),
    "set cover": lambda minutes, **how: set_cover(minutes, 9, **how),
    "maximal cover": lambda minutes, **how: maximal_cover(minutes, [1.0, 1.0], 1, 9, **how),
}


@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED)
def test_sparse_minutes_and_beyond_go_together(ask):
    near = csr_array(([1.0, 2.0], [0, 1], [0, 1, 2]), shape=(2, 2))
    with pytest.raises(ValueError, match="sparse minutes need beyond="):
        ask(near)
    with pytest.raises(ValueError, match="beyond must be 2 minutes"):
        ask(near, beyond=[5.0])
    with pytest.raises(ValueError, match="beyond= goes with sparse minutes"):
        ask(near.toarray(), beyond=[5.0, 5.0])
