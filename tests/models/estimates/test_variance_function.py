import numpy as np
import pytest

from models.estimates import FayHerriot, variance_function


def survey(seed=0, areas=400, deff=1.5):
    """Proportions of blocks of five; many areas have one block, or nobody with the trait."""
    rng = np.random.default_rng(seed)
    truth = rng.beta(2, 12, areas)
    blocks = rng.integers(1, 6, areas)
    n = 5 * blocks
    rho = (deff - 1) / 4
    proportion, variance = np.empty(areas), np.empty(areas)
    for i in range(areas):
        p = rng.beta(truth[i] * (1 / rho - 1), (1 - truth[i]) * (1 / rho - 1), blocks[i])
        means = rng.binomial(5, p) / 5
        proportion[i] = means.mean()
        variance[i] = means.var(ddof=1) / blocks[i] if blocks[i] > 1 else np.nan
    return truth, n, proportion, variance, blocks - 1


def test_variances_come_near_the_truth_where_a_third_has_none():
    truth, n, proportion, variance, df = survey()
    found = variance_function(proportion, variance, n, df=df, slope=1.0)
    no_use = np.isnan(variance) | (variance == 0)
    assert no_use.mean() > 0.3
    assert found.undefined == np.isnan(variance).sum()
    assert found.zero == (variance == 0).sum()
    real = 1.5 * truth * (1 - truth) / n
    assert found.variance.mean() == pytest.approx(real.mean(), rel=0.1)
    assert found.deff == pytest.approx(1.5, rel=0.12)
    assert (found.variance > 0).all()
    usable = ~no_use
    assert np.std(np.log(found.variance / real)) < np.std(np.log(variance[usable] / real[usable])) * 0.6


def test_smoothed_variances_feed_the_area_model():
    truth, n, proportion, variance, df = survey()
    smooth = variance_function(proportion, variance, n, df=df).variance
    fit = FayHerriot().fit(proportion, smooth, np.ones((len(n), 1)))
    error = ((fit.estimates_ - truth) ** 2).mean()
    assert error < 0.35 * ((proportion - truth) ** 2).mean()
    assert fit.mse_.mean() == pytest.approx(error, rel=0.15)


def test_a_predicted_proportion_decides_instead_of_the_overall_one():
    found = variance_function([0.2, 0.4], [0.01, 0.02], [10, 10], predicted=[0.1, 0.5], slope=1.0)
    assert found.variance[1] / found.variance[0] == pytest.approx(0.25 / 0.09)


def test_an_exact_relation_is_found_exactly():
    n = np.array([10.0, 20, 40, 80])
    p = np.full(4, 0.3)
    variance = 2.0 * (0.21 / n) ** 0.9
    found = variance_function(p, variance, n, slope=None)
    assert found.slope == pytest.approx(0.9)
    assert np.exp(found.intercept) == pytest.approx(2.0)
    assert found.variance == pytest.approx(variance)
    assert found.predict(p, n) == pytest.approx(variance)
    assert found.standard_errors == pytest.approx([0, 0], abs=1e-6)


def test_areas_of_one_size_get_the_pooled_design_effect():
    found = variance_function([0.5] * 4, [0.05, 0.0, 0.1, np.nan], [10] * 4, slope=None)
    assert found.slope == 1.0
    assert found.deff == pytest.approx(0.05 / 0.025)


def test_an_area_without_answers_stays_unknown():
    found = variance_function([0.5, np.nan, 0.2], [0.02, np.nan, 0.01], [10, 0, 15])
    assert np.isnan(found.variance).tolist() == [False, True, False]
    assert len(found.to_frame()) == 3


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"variance": [0.0, np.nan]}, "nothing to smooth"),
        ({"proportion": [0.0, 0.0]}, "nothing to smooth"),
        ({"proportion": [1.5, 0.5]}, "must lie in"),
        ({"variance": [-1.0, 1]}, "variance must be >= 0"),
        ({"n": [-1, 5]}, "n must be >= 0"),
        ({"n": [5]}, "one length"),
        ({"predicted": [0.0, 0.5]}, "predicted must hold"),
        ({"predicted": [0.5]}, "predicted must hold"),
    ],
)
def test_impossible_input_is_refused(changed, words):
    given = {"proportion": [0.2, 0.4], "variance": [0.01, 0.02], "n": [10, 10]} | changed
    with pytest.raises(ValueError, match=words):
        variance_function(**given)
