import numpy as np
import pytest
from scipy.stats import binom, poisson

from models.rates import binomial_share, expected_counts, poisson_rate, standardised_ratio


@pytest.mark.parametrize(
    ("cases", "lower", "upper"),
    [(0, 0.0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.390), (50, 37.111, 65.919)],
)
def test_poisson_limits_equal_the_published_table(cases, lower, upper):
    # Garwood (1936) / Pearson & Hartley, Biometrika Tables for Statisticians I, table 40
    rate = poisson_rate([cases], [1.0])
    assert rate.lower[0] == pytest.approx(lower, abs=6e-4)
    assert rate.upper[0] == pytest.approx(upper, abs=6e-4)


def test_poisson_limits_leave_the_stated_tails():
    rate = poisson_rate([7], [1.0], level=0.9)
    assert poisson.sf(6, rate.lower[0]) == pytest.approx(0.05)
    assert poisson.cdf(7, rate.upper[0]) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("yes", "n", "lower", "upper"), [(0, 10, 0.0, 0.3085), (1, 10, 0.0025, 0.4450), (10, 10, 0.6915, 1.0)]
)
def test_binomial_limits_equal_the_published_table(yes, n, lower, upper):
    share = binomial_share([yes], [n])
    assert (share.lower[0], share.upper[0]) == pytest.approx((lower, upper), abs=6e-5)


def test_binomial_limits_leave_the_stated_tails():
    share = binomial_share([3], [20])
    assert binom.sf(2, 20, share.lower[0]) == pytest.approx(0.025)
    assert binom.cdf(3, 20, share.upper[0]) == pytest.approx(0.025)


def test_a_rate_is_given_in_its_unit_and_unknown_without_people():
    rate = poisson_rate([5, 5], [2500.0, 0.0], per=1000)
    assert rate.rate[0] == 2.0
    assert np.isnan(rate.rate[1])
    assert np.isnan(binomial_share([0], [0]).upper[0])


def test_expected_counts_by_hand():
    # two areas, two strata with city rates 10/100 and 30/100
    expected = expected_counts(
        [4, 12, 6, 18], [50, 20, 50, 80], area=[0, 0, 1, 1], stratum=[0, 1, 0, 1], n_areas=2
    )
    assert expected == pytest.approx([5 + 6, 5 + 24])
    assert expected.sum() == pytest.approx(40)


def test_cases_in_a_stratum_without_people_are_refused():
    with pytest.raises(ValueError, match="stratum 1"):
        expected_counts([1, 1], [10, 0], area=[0, 0], stratum=[0, 1], n_areas=1)


def test_the_standardised_ratio_is_observed_over_expected():
    ratio = standardised_ratio([9], [1.4])
    assert ratio.rate[0] == pytest.approx(9 / 1.4)
    assert ratio.lower[0] < ratio.rate[0] < ratio.upper[0]


@pytest.mark.parametrize("cases", [[-1.0], [np.nan], [np.inf]])
def test_impossible_counts_are_refused(cases):
    with pytest.raises(ValueError, match="cases must be >= 0"):
        poisson_rate(cases, [1.0])


def test_more_positives_than_total_are_refused():
    with pytest.raises(ValueError, match="exceed"):
        binomial_share([2], [1])
