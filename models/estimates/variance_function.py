"""Sampling variances smoothed over areas: what a handful of answers cannot say alone."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.checks import Bools, Floats, as_floats, check_counts, check_same_length
from models.results import _areas, _Frozen

STEPS, TOLERANCE = 100, 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class SmoothedVariances(_Frozen):
    """Sampling variances of proportions by a function of their size and number of answers.

    Attributes
    ----------
    variance : (n_areas,) smoothed, > 0; NaN without answers
    proportion : (n_areas,) the proportion put into the function; NaN without answers
    deff : pooled design effect, at the middle of the areas used
    intercept, slope : log variance = intercept + slope log(p (1 - p) / n); deff is exp(intercept) at slope 1
    standard_errors : (2,) of both; 0 where the slope was given
    used, zero, undefined : areas that taught the function, of them with variance 0, and those with answers
        but no variance of their own
    """

    variance: Floats
    proportion: Floats
    deff: float
    intercept: float
    slope: float
    standard_errors: Floats
    used: int
    zero: int
    undefined: int

    def predict(self, proportion: ArrayLike, n: ArrayLike) -> Floats:
        """Variance of proportions in (0, 1) from n answers each."""
        p, count = np.asarray(proportion, dtype=np.float64), np.asarray(n, dtype=np.float64)
        variance: Floats = np.exp(self.intercept + self.slope * np.log(p * (1 - p) / count))
        return variance

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        return _areas({"variance": self.variance, "proportion": self.proportion})


def variance_function(
    proportion: ArrayLike,
    variance: ArrayLike,
    n: ArrayLike,
    *,
    df: ArrayLike | None = None,
    slope: float | None = 1.0,
    predicted: ArrayLike | None = None,
) -> SmoothedVariances:
    """Fit log variance = intercept + slope log(p (1 - p) / n) and smooth every area's variance with it.

    Parameters
    ----------
    proportion : (n_areas,) direct estimates in [0, 1]; NaN without answers
    variance : (n_areas,) their design variances; 0 and NaN may be frequent
    n : (n_areas,) answers
    df : (n_areas,) degrees of freedom of each variance (primary units less strata), >= 0; 1 if not given
    slope : 1 = one pooled design effect; None = estimated, which needs some hundred areas
    predicted : (n_areas,) proportions in (0, 1) that a model foretells without the area's own answers, such
        as `FayHerriot(...).result_.synthetic`; the overall proportion if not given

    Notes
    -----
    The mean of the variances is modelled, as gamma quasi-likelihood with log link, not the mean of their
    logarithms: zeros then count as what they are, small variances, and no correction for the logarithm of a
    chi-square is due. An area without a variance of its own gets the function's. An area's own proportion
    never decides its variance: one where nobody said yes by chance would get a small variance, and a model
    would believe it (mean squared errors were stated at half of what they were in a simulation).

    Raises
    ------
    ValueError
        If no area has a variance above zero.

    References
    ----------
    Wolter (2007), Introduction to Variance Estimation, 2nd ed., ch. 7. Wedderburn (1974), Biometrika 61.
    """
    p, v, count = as_floats("proportion", proportion), as_floats("variance", variance), as_floats("n", n)
    freedom = np.ones(len(p)) if df is None else as_floats("df", df)
    check_same_length(proportion=p, variance=v, n=count, df=freedom)
    check_counts("n", count)
    check_counts("df", freedom)
    answered: Bools = (count > 0) & np.isfinite(p)
    _check_values(p[answered], v)
    used = answered & np.isfinite(v) & (freedom > 0)
    overall = float((count * p)[answered].sum() / max(count[answered].sum(), 1.0))
    if not (v[used] > 0).any() or not 0 < overall < 1:
        raise ValueError(
            "no area has a variance above 0, so there is nothing to smooth; pool areas or use a design effect"
        )
    smooth = np.where(answered, overall if predicted is None else _predicted(predicted, len(p)), np.nan)
    base = np.log(smooth * (1 - smooth) / np.where(answered, count, 1.0))
    coefficients, errors = _fit(base[used], v[used], freedom[used], slope)
    middle = float(np.average(base[used], weights=freedom[used]))
    return SmoothedVariances(
        variance=np.exp(coefficients[0] + coefficients[1] * base),
        proportion=smooth,
        deff=float(np.exp(coefficients[0] + (coefficients[1] - 1) * middle)),
        intercept=float(coefficients[0]),
        slope=float(coefficients[1]),
        standard_errors=errors,
        used=int(used.sum()),
        zero=int((v[used] == 0).sum()),
        undefined=int((answered & ~used).sum()),
    )


def _predicted(predicted: ArrayLike, n: int) -> Floats:
    values = as_floats("predicted", predicted)
    if len(values) != n or not ((values > 0) & (values < 1)).all():
        raise ValueError(f"predicted must hold one proportion in (0, 1) an area ({n}); clip it first")
    return values


def _check_values(p: Floats, v: Floats) -> None:
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("proportion must lie in [0, 1], or be NaN without answers")
    if (v < 0).any() or np.isinf(v).any():
        raise ValueError("variance must be >= 0, or NaN where it is not defined")


def _fit(base: Floats, v: Floats, weight: Floats, slope: float | None) -> tuple[Floats, Floats]:
    """Coefficients and standard errors of the gamma quasi-likelihood with log link."""
    fixed = slope is not None or np.ptp(base) < 1e-9  # one size only says nothing about a slope
    offset = (1.0 if slope is None else slope) * base if fixed else np.zeros(len(base))
    centre = float(base.mean())
    x = np.ones((len(base), 1)) if fixed else np.column_stack([np.ones(len(base)), base - centre])
    start = np.zeros(x.shape[1])
    start[0] = np.log(np.average(v * np.exp(-offset), weights=weight))
    beta = _iterate(x, offset, v, weight, start)
    ratio = v / np.exp(offset + x @ beta) - 1
    scale = float(weight @ ratio**2) / max(len(v) - x.shape[1], 1)
    covariance = scale * np.linalg.inv((x * weight[:, None]).T @ x)
    if fixed:
        return np.array([beta[0], 1.0 if slope is None else slope]), np.array([covariance[0, 0] ** 0.5, 0.0])
    back = np.array([[1.0, -centre], [0.0, 1.0]])
    return back @ beta, np.sqrt(np.diag(back @ covariance @ back.T))


def _iterate(x: Floats, offset: Floats, v: Floats, weight: Floats, beta: Floats) -> Floats:
    """Newton's method: the quasi-likelihood is concave in log-linear coefficients."""
    for _ in range(STEPS):
        ratio = v / np.exp(offset + x @ beta)
        information = (x * (weight * ratio)[:, None]).T @ x + 1e-12 * np.eye(x.shape[1])
        step = np.linalg.solve(information, x.T @ (weight * (ratio - 1)))
        beta = beta + np.clip(step, -1.0, 1.0)
        if np.abs(step).max() < TOLERANCE:
            break
    return beta
