"""Smoothing of rates: gamma-Poisson empirical Bayes."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.optimize import minimize
from scipy.special import digamma, gammaln
from scipy.stats import gamma
from sklearn.base import BaseEstimator

from models.checks import Floats, as_floats, check_bounds, check_counts, check_positive
from models.results import RiskEstimates

LOG_SHAPE_BOUNDS = (-7.0, 14.0)


class EmpiricalBayes(BaseEstimator):
    """Cases ~ Poisson(expected x risk), risk ~ Gamma with mean exp(X beta): fitted by marginal likelihood.

    Parameters
    ----------
    level : of the interval
    threshold : relative risk whose exceedance probability is reported

    Notes
    -----
    The marginal is negative binomial. The interval is the gamma posterior's at the estimated shape: it does
    not carry the shape's own uncertainty, which matters below some thirty areas. Without overdispersion the
    shape runs to its limit (1.2 million) and all areas share the mean.

    References
    ----------
    Clayton & Kaldor (1987), Biometrics 43, 671-681.
    """

    def __init__(self, *, level: float = 0.95, threshold: float = 1.0) -> None:
        self.level = level
        self.threshold = threshold

    def fit(self, expected: ArrayLike, cases: ArrayLike, *, covariates: ArrayLike | None = None) -> Self:
        """Learn `result_`.

        Parameters
        ----------
        expected : (n_areas,) expected counts, > 0
        cases : (n_areas,) counts, >= 0
        covariates : (n_areas, k), optional; an intercept is always there

        Raises
        ------
        ValueError
            If an expected count is not positive, or a case count is negative.
        """
        check_bounds({"level": self.level}, {"level": (0.5, 0.9999)})
        base, count = as_floats("expected", expected), as_floats("cases", cases)
        check_positive("expected", base)
        check_counts("cases", count)
        x = np.ones((len(base), 1))
        if covariates is not None:
            x = np.column_stack([x, as_floats("covariates", covariates, ndim=2)])
        shape, beta = _fit(count, base, x)
        self.result_ = self._result(count, base, (shape, np.exp(x @ beta), beta))
        return self

    def _result(self, cases: Floats, expected: Floats, fitted: tuple[float, Floats, Floats]) -> RiskEstimates:
        shape, mean, beta = fitted
        a, rate = shape + cases, shape / mean + expected
        tail = (1 - self.level) / 2
        return RiskEstimates(
            risk=a / rate,
            lower=np.asarray(gamma.ppf(tail, a, scale=1 / rate)),
            upper=np.asarray(gamma.isf(tail, a, scale=1 / rate)),
            sd=np.sqrt(a) / rate,
            exceedance=np.asarray(gamma.sf(self.threshold, a, scale=1 / rate)),
            shape=shape,
            coefficients=beta,
        )


def _fit(cases: Floats, expected: Floats, x: Floats) -> tuple[float, Floats]:
    """Shape and coefficients at the maximum of the negative binomial likelihood."""
    start = np.zeros(x.shape[1] + 1)
    start[1] = np.log((cases.sum() + 0.5) / expected.sum())
    bounds = [LOG_SHAPE_BOUNDS, *[(-30.0, 30.0)] * x.shape[1]]
    found = minimize(
        _loss,
        start,
        args=(cases, expected, x),
        method="L-BFGS-B",
        jac=True,
        bounds=bounds,
        options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 500},
    )
    return float(np.exp(found.x[0])), found.x[1:]


def _loss(parameters: Floats, cases: Floats, expected: Floats, x: Floats) -> tuple[float, Floats]:
    """Negative log likelihood and its gradient in (log shape, coefficients)."""
    shape = float(np.exp(parameters[0]))
    mean = expected * np.exp(np.clip(x @ parameters[1:], -30, 30))
    total = shape + mean
    value = gammaln(shape + cases) - gammaln(shape) - gammaln(cases + 1)
    value = value - shape * np.log1p(mean / shape) + cases * np.log(mean / total)
    by_mean = cases - (shape + cases) * mean / total
    by_shape = digamma(shape + cases) - digamma(shape) - np.log1p(mean / shape) + (mean - cases) / total
    gradient = np.concatenate([[shape * by_shape.sum()], x.T @ by_mean])
    return -float(value.sum()), -gradient
