"""Expected counts from covariates: Poisson regression with the exposure as offset."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import gammaln, xlogy

from models.checks import Floats, as_floats, check_counts, check_positive, check_same_length
from models.results import _areas, _Frozen

STEPS, TOLERANCE, STEP_LIMIT = 100, 1e-13, 5.0
SEPARATED = 1e-9  # least information on a coefficient, in units of one case: below, it runs to infinity


@dataclass(frozen=True, slots=True, kw_only=True)
class PoissonRegression(_Frozen):
    """Counts that exposure and covariates foretell.

    Attributes
    ----------
    expected : (n,) counts; they add up to the cases
    coefficients : (1 + p,) log scale, the intercept first
    covariance : (1 + p, 1 + p) of the coefficients if counts are Poisson; multiply by `dispersion` if not
    dispersion : Pearson chi-square over its degrees of freedom; far above 1 = more than chance differs
    deviance, log_likelihood : of the fit
    df : degrees of freedom left
    """

    expected: Floats
    coefficients: Floats
    covariance: Floats
    dispersion: float
    deviance: float
    log_likelihood: float
    df: int

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        return _areas({"expected": self.expected})


def poisson_regression(
    cases: ArrayLike, exposure: ArrayLike, covariates: ArrayLike | None = None
) -> PoissonRegression:
    """log(expected) = log(exposure) + intercept + covariates b, by maximum likelihood.

    Parameters
    ----------
    cases : (n,) counts, not all 0
    exposure : (n,) person-years or counts expected from strata, > 0
    covariates : (n, p), without a column of ones

    Raises
    ------
    ValueError
        If there is no case at all, columns depend on each other, or no finite maximum exists.

    References
    ----------
    Breslow & Day (1987), Statistical Methods in Cancer Research II, ch. 4.
    """
    count, base = as_floats("cases", cases), as_floats("exposure", exposure)
    check_counts("cases", count)
    check_positive("exposure", base)
    x = _design(covariates, len(count))
    check_same_length(cases=count, exposure=base, covariates=x)
    if not count.any():
        raise ValueError("cases are all 0, so no rate can be learned; widen the period or the area")
    if len(count) < x.shape[1]:
        raise ValueError(f"{len(count)} areas cannot carry {x.shape[1]} coefficients; use fewer covariates")
    beta = _maximum(count, base, x)
    expected = base * np.exp(x @ beta)
    df = len(count) - int(x.shape[1])
    covariance: Floats = np.linalg.inv((x * expected[:, None]).T @ x).astype(np.float64)
    pearson = float(((count - expected) ** 2 / expected).sum())
    return PoissonRegression(
        expected=expected,
        coefficients=beta,
        covariance=covariance,
        dispersion=pearson / df if df > 0 else np.nan,
        deviance=2 * float((xlogy(count, count / expected) - (count - expected)).sum()),
        log_likelihood=float((xlogy(count, expected) - expected - gammaln(count + 1)).sum()),
        df=df,
    )


def _design(covariates: ArrayLike | None, n: int) -> Floats:
    ones = np.ones((n, 1))
    if covariates is None:
        return ones
    given = as_floats("covariates", covariates, ndim=2)
    if len(given) != n or not np.isfinite(given).all():
        raise ValueError(f"covariates must be known in each of {n} areas; got shape {given.shape}")
    x: Floats = np.hstack([ones, given])
    if np.linalg.matrix_rank(x) < x.shape[1]:
        raise ValueError("columns of covariates depend on each other or are constant; drop some")
    return x


def _maximum(count: Floats, base: Floats, x: Floats) -> Floats:
    """Newton's method in columns of unit spread; the likelihood is concave."""
    centre, spread = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-300)
    centre[0], spread[0] = 0.0, 1.0
    z = (x - centre) / spread
    beta = np.zeros(x.shape[1])
    beta[0] = np.log(count.sum() / base.sum())
    for _ in range(STEPS):
        mean = base * np.exp(z @ beta)
        step = np.linalg.lstsq((z * mean[:, None]).T @ z, z.T @ (count - mean))[0]
        reach = np.abs(z @ step).max()
        beta = beta + step * min(1.0, STEP_LIMIT / max(reach, 1e-300))
        if reach < TOLERANCE * max(1.0, float(np.abs(beta).max())):
            break
    if np.linalg.eigvalsh((z * mean[:, None]).T @ z)[0] < SEPARATED * count.sum():
        raise ValueError("covariates foretell areas without any case exactly; drop or merge some")
    found: Floats = beta / spread
    found[0] -= float(centre[1:] @ found[1:])
    return found
