import numpy as np
import pytest
from scipy.stats import binom, poisson

from models.rates import (
    binomial_share,
    choynowski,
    directly_standardised,
    expected_counts,
    freeman_tukey,
    poisson_rate,
    poisson_regression,
    standardised_ratio,
)


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


def strata(seed=0, areas=20):
    rng = np.random.default_rng(seed)
    area, stratum = np.repeat(np.arange(areas), 3), np.tile(np.arange(3), areas)
    exposure = rng.uniform(500, 3000, 3 * areas)
    cases = rng.poisson(exposure * np.array([0.002, 0.005, 0.02])[stratum]).astype(float)
    return cases, exposure, area, stratum


@pytest.mark.parametrize("interval", ["gamma", "dobson"])
def test_direct_standardisation_equals_the_plain_loop(interval):
    cases, exposure, area, stratum = strata()
    found = directly_standardised(
        cases, exposure, area=area, stratum=stratum, n_areas=20, standard=[5, 3, 2], interval=interval
    )
    for i in range(20):
        rows = area == i
        assert found.rate[i] == pytest.approx(
            (np.array([0.5, 0.3, 0.2]) * cases[rows] / exposure[rows]).sum()
        )
    assert (found.lower < found.rate).all()
    assert (found.upper > found.rate).all()


@pytest.mark.parametrize("interval", ["gamma", "dobson"])
def test_one_stratum_has_the_exact_poisson_interval(interval):
    kinds = {"area": [0], "stratum": [0], "n_areas": 1, "standard": [7.0]}
    found = directly_standardised([10], [1000], **kinds, interval=interval)
    plain = poisson_rate([10], [1000])
    assert [found.lower[0], found.upper[0]] == pytest.approx([plain.lower[0], plain.upper[0]])


def test_an_area_like_the_standard_keeps_its_crude_rate():
    cases, exposure, area, stratum = strata(areas=1)
    found = directly_standardised(
        cases, exposure, area=area, stratum=stratum, n_areas=1, standard=exposure, per=1000
    )
    assert found.rate[0] == pytest.approx(1000 * cases.sum() / exposure.sum())


def test_no_case_leaves_an_upper_gamma_limit_and_a_missing_stratum_leaves_nothing():
    kinds = {"area": [0, 0, 1], "stratum": [0, 1, 0], "n_areas": 2, "standard": [1, 1]}
    found = directly_standardised([0, 0, 5], [100, 50, 100], **kinds)
    assert (found.rate[0], found.lower[0]) == (0, 0)
    assert found.upper[0] == pytest.approx(0.01 * 3.688879)
    assert np.isnan([found.rate[1], found.lower[1], found.upper[1]]).all()
    dobson = directly_standardised([0, 0, 5], [100, 50, 100], **kinds, interval="dobson")
    assert np.isnan(dobson.upper[0])


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"cases": [1], "exposure": [0]}, "area 0, stratum 0 has cases but no exposure"),
        ({"standard": [0.0]}, "standard must have people"),
        ({"standard": [-1.0]}, "standard must be >= 0"),
        ({"interval": "wald"}, "interval must be"),
        ({"stratum": [1]}, "stratum must lie"),
        ({"level": 0.1}, "level must lie"),
    ],
)
def test_impossible_standards_are_refused(changed, words):
    given = {
        "cases": [1],
        "exposure": [10],
        "area": [0],
        "stratum": [0],
        "n_areas": 1,
        "standard": [1],
    } | changed
    with pytest.raises(ValueError, match=words):
        directly_standardised(**given)


@pytest.mark.slow
@pytest.mark.parametrize(("interval", "least"), [("gamma", 0.95), ("dobson", 0.935)])
def test_standardised_intervals_cover_as_stated(interval, least):
    rng = np.random.default_rng(0)
    exposure = np.tile([3000.0, 2000, 300], 4000)
    rate = np.tile([0.001, 0.004, 0.02], 4000)
    found = directly_standardised(
        rng.poisson(exposure * rate),
        exposure,
        area=np.repeat(np.arange(4000), 3),
        stratum=np.tile(np.arange(3), 4000),
        n_areas=4000,
        standard=[4, 4, 2],
        interval=interval,
    )
    truth = 0.4 * 0.001 + 0.4 * 0.004 + 0.2 * 0.02
    assert least <= np.mean((found.lower <= truth) & (truth <= found.upper)) < 0.99


def test_poisson_regression_solves_its_equations_and_ignores_units():
    cases, exposure, _, stratum = strata()
    x = np.column_stack([stratum, np.linspace(0, 1, len(cases))])
    found = poisson_regression(cases, exposure, x)
    assert found.expected.sum() == pytest.approx(cases.sum())
    assert x.T @ (cases - found.expected) == pytest.approx([0, 0], abs=1e-7)
    scaled = poisson_regression(cases, exposure, x * 1e6 + 5e6)
    assert scaled.expected == pytest.approx(found.expected)
    assert scaled.coefficients[1:] == pytest.approx(found.coefficients[1:] / 1e6)
    assert found.dispersion == pytest.approx(1, abs=0.4)
    assert found.df == 57
    assert len(found.to_frame()) == 60


def test_a_constant_rate_is_the_crude_rate():
    found = poisson_regression([3, 7], [100, 300])
    assert np.exp(found.coefficients[0]) == pytest.approx(10 / 400)
    assert found.covariance[0, 0] == pytest.approx(1 / 10)


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ({"cases": [0, 0]}, "all 0"),
        ({"exposure": [1, 0]}, "exposure must be > 0"),
        ({"covariates": [[1], [1]]}, "depend on each other"),
        ({"covariates": [[1], [np.nan]]}, "covariates must be known"),
        ({"covariates": [[1]]}, "covariates must be known"),
        ({"cases": [0, 5, 0, 5], "exposure": [1] * 4, "covariates": [[0], [1], [0], [1]]}, "exactly"),
    ],
)
def test_an_impossible_regression_is_refused(kinds, words):
    with pytest.raises(ValueError, match=words):
        poisson_regression(**({"cases": [1, 2], "exposure": [1, 1]} | kinds))


def test_square_root_rates_have_an_even_variance():
    rng = np.random.default_rng(0)
    spread = [freeman_tukey(rng.poisson(mean, 20000), np.full(20000, 1000.0)).var() for mean in (2, 10, 50)]
    assert spread == pytest.approx([1, 1, 1], abs=0.08)


def test_count_probabilities_point_to_their_tail():
    found = choynowski([0, 10, 2], [100, 100, 100])
    assert found.low.tolist() == [True, False, True]
    assert found.probability[0] == pytest.approx(np.exp(-4))
    assert found.probability[1] == pytest.approx(poisson.sf(9, 4))
    assert len(found.to_frame()) == 3
    with pytest.raises(ValueError, match="whole numbers"):
        choynowski([0.5], [1])
    with pytest.raises(ValueError, match="all 0"):
        choynowski([0], [1])
