import numpy as np
import pytest
from scipy.sparse import diags_array, eye_array, kron

from models.hotspots import eb_standardised, local_rate_moran, rate_getis_ord, rate_moran
from models.smoothing import EmpiricalBayes


def chain(n):
    return diags_array([1.0, 1.0], offsets=[-1, 1], shape=(n, n)).tocsr()


def null_counts(seed, n=400):
    rng = np.random.default_rng(seed)
    population = rng.lognormal(6, 1.5, n)
    return rng.poisson(0.02 * population), population


def test_small_populations_do_not_vary_more_once_standardised():
    spread = [[], []]
    for seed in range(20):
        cases, population = null_counts(seed)
        standard, small = eb_standardised(cases, population), population < np.median(population)
        for into, chosen in zip(spread, (small, ~small), strict=True):
            into.append(standard[chosen].var())
    assert np.mean(spread[0]) == pytest.approx(np.mean(spread[1]), rel=0.2)


def test_scaling_both_counts_changes_nothing():
    cases, population = null_counts(1)
    first = eb_standardised(cases, population)
    assert np.corrcoef(first, eb_standardised(cases, population / 1000))[0, 1] == pytest.approx(1)


def test_a_negative_prior_variance_leaves_the_poisson_variance():
    population = np.array([100.0, 1e5, 100.0, 1e5])
    cases = np.array([1.0, 1000.0, 1.0, 1000.0])
    np.testing.assert_allclose(eb_standardised(cases, population), 0, atol=1e-12)
    cases[0] += 1
    rate = cases.sum() / population.sum()
    expected = (cases[0] / 100 - rate) / np.sqrt(rate / 100)
    spread = np.average((cases / population - rate) ** 2, weights=population) - rate / population.mean()
    assert spread + rate / 1e5 < 0
    assert eb_standardised(cases, population)[1] == pytest.approx((0.01 - rate) / np.sqrt(rate / 1e5))
    assert np.sign(eb_standardised(cases, population)[0]) == np.sign(expected)


def test_rates_are_tested_as_their_standardised_values():
    cases, population = null_counts(2, 60)
    links = chain(60)
    assert rate_moran(cases, population, links).method == "permutation"
    assert rate_moran(cases, population, links, permutations=0).method == "analytic"
    assert local_rate_moran(cases, population, links).p_value.shape == (60,)
    gi = rate_getis_ord(cases, population, links)
    assert set(gi.quadrant) == {"high", "low"}
    assert gi.expected.tolist() == [0] * 60


@pytest.mark.parametrize(
    ("cases", "population", "why"),
    [
        ([1, -1, 2, 3], [1, 1, 1, 1], "cases must be >= 0"),
        ([1, np.nan, 2, 3], [1, 1, 1, 1], "cases must be >= 0"),
        ([1, 1, 2, 3], [1, 0, 1, 1], "population must be > 0"),
        ([0, 0, 0, 0], [1, 1, 1, 1], "all zero"),
        ([1, 2, 3], [1, 1, 1, 1], "one length"),
    ],
)
def test_counts_that_cannot_be_tested_are_refused(cases, population, why):
    with pytest.raises(ValueError, match=why):
        rate_moran(cases, population, chain(4))


def test_a_smoothed_map_is_no_count():
    smoothed = EmpiricalBayes().fit([1, 2, 3, 9.0], [1, 2, 9.0, 2]).result_
    with pytest.raises(ValueError, match="autocorrelated by construction"):
        eb_standardised(smoothed, [1, 2, 3, 4])


def lattice(side):
    step = diags_array([1.0, 1.0], offsets=[-1, 1], shape=(side, side))
    return (kron(step, eye_array(side)) + kron(eye_array(side), step)).tocsr()


def overdispersed_counts(seed, spread, risk=1.0):
    """Counts of 400 areas of uneven size whose rates vary by a gamma of this coefficient of variation."""
    rng = np.random.default_rng(seed)
    population = rng.lognormal(6, 1, 400)
    own = rng.gamma(1 / spread**2, spread**2, 400) if spread else 1.0
    return rng.poisson(0.02 * own * risk * population), population


@pytest.mark.slow
@pytest.mark.parametrize("spread", [0.0, 0.3, 0.55])
@pytest.mark.parametrize("test", [local_rate_moran, rate_getis_ord])
def test_few_null_maps_of_rates_flag_anything(spread, test):
    flagged, links = 0, lattice(20)
    for seed in range(200):
        result = test(*overdispersed_counts(seed, spread), links, method="adaptive", seed=seed)
        flagged += (result.hotspots() != "").any()
    assert flagged / 200 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)


@pytest.mark.slow
def test_a_planted_cluster_of_rates_is_found_and_little_else():
    block, links = np.add.outer(np.arange(8, 12) * 20, np.arange(8, 12)).ravel(), lattice(20)
    risk = np.ones(400)
    risk[block] = 2.5
    found, inside, outside = 0, 0, 0
    for seed in range(50):
        counts = overdispersed_counts(seed, 0.3, risk)
        spots = local_rate_moran(*counts, links, method="adaptive", seed=seed).hotspots() == "high-high"
        found += spots[block].any()
        inside, outside = inside + spots[block].sum(), outside + spots.sum() - spots[block].sum()
    assert found >= 35
    assert outside <= 0.1 * inside
