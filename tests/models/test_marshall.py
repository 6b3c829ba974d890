import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array

from models.marshall import marshall


def ring(n):
    i = np.arange(n)
    edges = coo_array((np.ones(n), (i, (i + 1) % n)), shape=(n, n))
    return (edges + edges.T).tocsr()


def counts(seed=0, n=30):
    rng = np.random.default_rng(seed)
    exposure = rng.uniform(50, 2000, n)
    return rng.poisson(exposure * rng.gamma(4, 0.005, n)).astype(float), exposure


def plain_local(cases, exposure, near, convention):
    """Each neighbourhood by itself, the slow and obvious way."""
    raw, out = cases / exposure, []
    inside = [np.append(near[[i]].nonzero()[1], i) for i in range(len(raw))]
    means = np.array([cases[j].sum() / exposure[j].sum() for j in inside])
    for i, j in enumerate(inside):
        centre = means[i] if convention == "shared" else means[j]
        spread = (exposure[j] * (raw[j] - centre) ** 2).sum() / exposure[j].sum()
        between = max(spread - means[i] / exposure[j].mean(), 0)
        weight = between / (between + means[i] / exposure[i]) if means[i] > 0 else 0
        out.append(means[i] + weight * (raw[i] - means[i]))
    return out


@pytest.mark.parametrize("convention", ["shared", "own"])
def test_local_rates_equal_the_plain_loop(convention):
    cases, exposure = counts()
    near = ring(30)
    found = marshall(cases, exposure, near, convention=convention)
    assert found.rate == pytest.approx(plain_local(cases, exposure, near, convention))


@pytest.mark.parametrize("near", [None, ring(30)])
def test_rates_lie_between_the_raw_ones_and_their_means(near):
    found = marshall(*counts(), near)
    low, high = np.minimum(found.raw, found.mean), np.maximum(found.raw, found.mean)
    assert ((found.rate >= low - 1e-15) & (found.rate <= high + 1e-15)).all()
    assert ((found.shrinkage >= 0) & (found.shrinkage <= 1)).all()
    assert len(found.to_frame()) == 30


def test_permuted_areas_get_permuted_rates():
    cases, exposure = counts()
    near, order = ring(30), np.random.default_rng(1).permutation(30)
    moved = marshall(cases[order], exposure[order], near[order][:, order])
    assert moved.rate == pytest.approx(marshall(cases, exposure, near).rate[order])


def test_an_island_keeps_its_rate_and_changes_nobody_elses():
    cases, exposure = counts()
    near = ring(30)
    wider = csr_array((near.data, near.indices, np.append(near.indptr, near.indptr[-1])), shape=(31, 31))
    found = marshall(np.append(cases, 4), np.append(exposure, 100), wider)
    assert found.rate[30] == pytest.approx(0.04)
    assert found.rate[:30] == pytest.approx(marshall(cases, exposure, near).rate, rel=1e-14)


def test_equal_rates_and_no_cases_at_all_are_kept():
    assert marshall([1, 2, 4], [10, 20, 40]).rate == pytest.approx([0.1] * 3)
    assert marshall([0, 0, 0], [10, 20, 40], ring(3)).rate.tolist() == [0, 0, 0]
    assert marshall([5], [10]).rate[0] == 0.5


def test_impossible_input_is_refused():
    with pytest.raises(ValueError, match="exposure must be > 0"):
        marshall([1, 1], [1, 0])
    with pytest.raises(ValueError, match="cases must be >= 0"):
        marshall([1, -1], [1, 1])
    with pytest.raises(ValueError, match="one length"):
        marshall([1], [1, 1])
    with pytest.raises(ValueError, match="shape"):
        marshall([1, 1], [1, 1], ring(3))
    with pytest.raises(ValueError, match="convention must be"):
        marshall([1, 1], [1, 1], convention="geoda")
