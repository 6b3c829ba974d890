import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from models.estimates import FayHerriot

METHODS = ["reml", "ml", "fh", "adjusted", "li-lahiri"]


def survey(seed=0, areas=60, between=0.04):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(areas), rng.normal(size=areas)])
    psi = rng.uniform(0.02, 0.2, areas)
    truth = x @ [1.0, 0.5] + rng.normal(size=areas) * np.sqrt(between)
    return truth + rng.normal(size=areas) * np.sqrt(psi), psi, x, truth


def log_likelihood(y, psi, x, variance, *, restricted):
    """By dense matrices, the slow and obvious way."""
    inverse = np.diag(1 / (variance + psi))
    information = x.T @ inverse @ x
    beta = np.linalg.solve(information, x.T @ inverse @ y)
    residual = y - x @ beta
    value = -0.5 * (np.log(variance + psi).sum() + residual @ inverse @ residual)
    return value - 0.5 * np.linalg.slogdet(information)[1] * restricted


@pytest.mark.parametrize("method", ["reml", "ml"])
def test_the_variance_is_where_the_likelihood_is_highest(method):
    y, psi, x, _ = survey()
    found = FayHerriot(method).fit(y, psi, x).variance_
    heights = [
        log_likelihood(y, psi, x, found * factor, restricted=method == "reml") for factor in (0.999, 1, 1.001)
    ]
    assert heights[1] > max(heights[0], heights[2])


def test_the_moment_variance_makes_weighted_squares_equal_their_freedom():
    y, psi, x, _ = survey()
    fit = FayHerriot("fh").fit(y, psi, x)
    squares = (y - x @ fit.coefficients_) ** 2 / (fit.variance_ + psi)
    assert squares.sum() == pytest.approx(58)


@pytest.mark.parametrize("method", METHODS)
def test_permuted_areas_get_permuted_results(method):
    y, psi, x, _ = survey()
    order = np.random.default_rng(1).permutation(len(y))
    plain, moved = FayHerriot(method).fit(y, psi, x), FayHerriot(method).fit(y[order], psi[order], x[order])
    assert moved.variance_ == pytest.approx(plain.variance_, rel=1e-9)
    assert moved.estimates_ == pytest.approx(plain.estimates_[order])
    assert moved.mse_ == pytest.approx(plain.mse_[order])


@settings(deadline=None, max_examples=30)
@given(scale=st.floats(1e-3, 1e3), method=st.sampled_from(METHODS))
def test_other_units_change_only_the_units(scale, method):
    y, psi, x, _ = survey()
    plain, scaled = FayHerriot(method).fit(y, psi, x), FayHerriot(method).fit(scale * y, scale**2 * psi, x)
    assert scaled.variance_ == pytest.approx(scale**2 * plain.variance_, rel=1e-6)
    assert scaled.estimates_ == pytest.approx(scale * plain.estimates_, rel=1e-6)
    assert scaled.mse_ == pytest.approx(scale**2 * plain.mse_, rel=1e-6)


def test_an_unsampled_area_gets_the_regression_with_its_larger_error():
    y, psi, x, _ = survey()
    y[3], psi[7] = np.nan, np.nan
    fit = FayHerriot().fit(y, psi, x)
    rest = np.ones(len(y), bool)
    rest[[3, 7]] = False
    alone = FayHerriot().fit(y[rest], psi[rest], x[rest])
    assert fit.variance_ == alone.variance_
    assert fit.estimates_[[3, 7]] == pytest.approx(x[[3, 7]] @ alone.coefficients_)
    regression_error = x[3] @ fit.coefficient_covariance_ @ x[3]
    assert fit.mse_[3] == pytest.approx(fit.variance_ + regression_error)
    assert not fit.result_.sampled[[3, 7]].any()
    assert fit.shrinkage_[[3, 7]].tolist() == [0, 0]


def test_a_vague_direct_estimate_is_as_none_at_all():
    y, psi, x, _ = survey()
    vague, none = psi.copy(), psi.copy()
    vague[0], none[0] = 1e12, np.nan
    a, b = (FayHerriot("ml").fit(y, variance, x) for variance in (vague, none))
    assert a.estimates_ == pytest.approx(b.estimates_, rel=1e-6)
    assert a.mse_[0] == pytest.approx(b.mse_[0], rel=0.05)


@pytest.mark.parametrize("method", ["reml", "ml", "fh"])
def test_areas_that_differ_less_than_chance_reach_the_boundary_and_say_so(method):
    x = np.ones((20, 1))
    fit = FayHerriot(method).fit(np.linspace(0.99, 1.01, 20), np.full(20, 1.0), x)
    assert fit.at_boundary_
    assert fit.variance_ == 0
    assert fit.estimates_ == pytest.approx(np.ones(20))
    assert (fit.mse_ > 0).all()
    assert np.isfinite(fit.draws(3, 0)).all()


@pytest.mark.parametrize("method", ["adjusted", "li-lahiri"])
def test_adjusted_methods_never_reach_the_boundary(method):
    fit = FayHerriot(method).fit(np.linspace(0.99, 1.01, 20), np.full(20, 1.0), np.ones((20, 1)))
    assert fit.variance_ > 0
    assert not fit.at_boundary_
    assert (fit.shrinkage_ > 0).all()


def test_a_perfect_regression_is_kept():
    x = np.column_stack([np.ones(10), np.arange(10.0)])
    fit = FayHerriot().fit(x @ [1.0, 2.0], np.full(10, 0.1), x)
    assert fit.estimates_ == pytest.approx(x @ [1.0, 2.0])


def test_draws_have_the_predictors_moments_and_depend_on_seed_and_number_only():
    y, psi, x, _ = survey()
    y[0] = np.nan
    fit = FayHerriot().fit(y, psi, x)
    draws = fit.draws(4000, seed=3)
    assert draws.shape == (4000, 60)
    assert draws.mean(axis=0) == pytest.approx(fit.estimates_, abs=4 * np.sqrt(fit.mse_.max() / 4000))
    assert draws.var(axis=0) == pytest.approx(fit.mse_, rel=0.12)
    assert (fit.draws(10, seed=3) == draws[:10]).all()
    assert (fit.draws(10, seed=4) != draws[:10]).all()


def test_the_estimator_keeps_its_parameters_and_its_input():
    y, psi, x, _ = survey()
    copies = y.copy(), psi.copy(), x.copy()
    model = clone(FayHerriot("ml", level=0.9))
    assert model.fit(y, psi, x) is model
    assert all((a == b).all() for a, b in zip(copies, (y, psi, x), strict=True))
    frame = model.result_.to_frame()
    assert len(frame) == 60
    assert (frame["upper"] > frame["lower"]).all()
    with pytest.raises(ValueError, match="read-only"):
        model.result_.estimate[0] = 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"variance": [0.0, 1, 1, 1]}, "variance must be > 0"),
        ({"variance": [-1.0, 1, 1, 1]}, "variance must be > 0"),
        ({"variance": [1, 1, 1]}, "one length"),
        ({"direct": [1, 2, 3, np.inf]}, "direct must be finite"),
        ({"direct": [np.nan] * 4}, "0 sampled areas"),
        ({"direct": [1, np.nan, np.nan, np.nan]}, "1 sampled areas"),
        ({"covariates": [[1], [1], [1], [np.nan]]}, "covariates must be known"),
        ({"covariates": [[1, 2]] * 4}, "depend on each other"),
        ({"covariates": np.ones((4, 0))}, "depend on each other"),
        ({"covariates": [1, 1, 1, 1]}, "2 dimension"),
    ],
)
def test_impossible_input_is_refused(change, words):
    given = {"direct": [1, 2, 3, 4], "variance": [1, 1, 1, 1], "covariates": [[1]] * 4} | change
    with pytest.raises(ValueError, match=words):
        FayHerriot().fit(**given)


def test_an_unknown_method_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="reml, ml, fh"):
        FayHerriot("bayes").fit([1, 2], [1, 1], [[1], [1]])


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
def test_intervals_cover_as_stated_and_errors_are_as_large_as_said(method):
    inside, squares, said = [], [], []
    for seed in range(600):
        y, psi, x, truth = survey(seed, areas=40, between=0.06)
        y[:4] = np.nan
        fit = FayHerriot(method).fit(y, psi, x)
        inside.append((fit.result_.lower <= truth) & (truth <= fit.result_.upper))
        squares.append((fit.estimates_ - truth) ** 2)
        said.append(fit.mse_)
    assert 0.93 < np.mean(inside) < 0.97
    assert np.mean(said) == pytest.approx(np.mean(squares), rel=0.06)
