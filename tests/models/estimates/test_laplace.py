import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar
from scipy.special import expit
from scipy.stats import norm

from models.estimates.laplace import (
    NODES,
    SHARES,
    district_sums,
    integral_ratio,
    mode_of_effects,
    working_answers,
)


@pytest.mark.parametrize(("groups", "covariates"), [(1, 0), (1, 2), (3, 2)])
def test_district_sums_equal_dense_algebra(groups, covariates):
    rng = np.random.default_rng(groups)
    starts, n = np.array([0, 4, 5, 11]), 15
    a, c = rng.uniform(0.1, 2, (n, groups)), rng.uniform(0.05, 0.3, n)
    z, x = rng.normal(size=(n, groups)), rng.normal(size=(n, covariates))
    normal, right, square = district_sums(a, c, z, x, starts)
    inverse = [np.diag(a[i]) - c[i] * np.outer(a[i], a[i]) for i in range(n)]
    design = [np.hstack([np.eye(groups), np.tile(x[i], (groups, 1))]) for i in range(n)]
    assert square == pytest.approx(sum(z[i] @ inverse[i] @ z[i] for i in range(n)))
    for district, inside in enumerate(np.split(np.arange(n), starts[1:])):
        whole = sum(design[i].T @ inverse[i] @ design[i] for i in inside)
        assert normal[district] == pytest.approx(whole)
        assert right[district] == pytest.approx(sum(design[i].T @ inverse[i] @ z[i] for i in inside))


def drawn(seed, n=12, groups=2):
    rng = np.random.default_rng(seed)
    trials = rng.integers(0, 30, (n, groups)).astype(float)
    trials[0] = 0  # nobody was asked
    successes = np.floor(trials * rng.random((n, groups)))
    return rng, trials, successes


def test_working_answers_equal_their_formulas():
    rng, trials, successes = drawn(1)
    eta, shared, cell = rng.normal(size=trials.shape), rng.uniform(0.1, 1, len(trials)), 0.3
    weight, z, a, c, fitted, log_det = working_answers(eta, trials, successes, shared, cell)
    p = expit(eta)
    assert weight == pytest.approx(trials * p * (1 - p))
    seen = trials > 0
    assert z[seen] == pytest.approx((eta + (successes - trials * p) / np.where(seen, weight, 1))[seen])
    assert a == pytest.approx(weight / (1 + cell * weight))
    whole = 0.0
    for area in range(len(trials)):
        asked = seen[area]
        v = np.diag(1 / weight[area, asked] + cell) + shared[area]
        inverse = np.linalg.inv(v)
        assert inverse == pytest.approx(
            np.diag(a[area, asked]) - c[area] * np.outer(a[area, asked], a[area, asked])
        )
        whole += np.linalg.slogdet(v)[1] + np.log(weight[area, asked]).sum()
    assert log_det == pytest.approx(whole)
    known = successes * np.log(p) + (trials - successes) * np.log1p(-p)
    assert fitted == pytest.approx(known.sum() + 0.5 * (weight * (z - eta) ** 2)[seen].sum())


def test_the_mode_of_effects_equals_the_conditional_mean_of_normals():
    rng, trials, successes = drawn(2)
    eta, shared, cell = rng.normal(size=trials.shape), rng.uniform(0.1, 1, len(trials)), 0.3
    weight, z, a, c, *_ = working_answers(eta, trials, successes, shared, cell)
    mean = rng.normal(size=trials.shape)
    found = mode_of_effects(mean, a, c, z, shared, cell)
    assert found[0] == pytest.approx(mean[0])
    for area in np.flatnonzero((trials > 0).all(axis=1)):
        effects = shared[area] + cell * np.eye(2)
        total = effects + np.diag(1 / weight[area])
        wanted = mean[area] + effects @ np.linalg.solve(total, z[area] - mean[area])
        assert found[area] == pytest.approx(wanted)


def test_the_ratio_to_laplace_equals_an_integral_over_each_area():
    _, trials, successes = drawn(3, n=5, groups=1)
    sd, mode, wanted = np.empty((5, 1)), np.empty((5, 1)), 0.0
    for area, (n, y) in enumerate(zip(trials[:, 0], successes[:, 0], strict=True)):
        prior = norm(-1, 0.8)

        def log_posterior(eta, n=n, y=y, prior=prior):
            return y * eta - n * np.logaddexp(0, eta) + prior.logpdf(eta)

        mode[area, 0] = minimize_scalar(lambda eta: -log_posterior(eta)).x
        p = expit(mode[area, 0])
        sd[area, 0] = 1 / np.sqrt(n * p * (1 - p) + 1 / 0.8**2)
        top = log_posterior(mode[area, 0])
        exact = quad(lambda eta, top=top: np.exp(log_posterior(eta) - top), -8, 6)[0]
        wanted += np.log(exact / (np.sqrt(2 * np.pi) * sd[area, 0]))
    weight = trials * expit(mode) * (1 - expit(mode))
    assert integral_ratio(trials, mode, weight, sd, NODES, SHARES) == pytest.approx(wanted, abs=1e-4)
