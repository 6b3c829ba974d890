"""The variance between areas in the Fay-Herriot model: one number, searched over its whole range."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular
from scipy.optimize import brentq

from models.checks import Floats

GRID = 97  # trial variances on a log scale; the likelihood of small surveys can have two peaks
METHODS = ("reml", "ml", "fh", "adjusted", "li-lahiri")


@dataclass(frozen=True, slots=True)
class Gls:
    """Generalised least squares at one value of the variance between areas.

    Attributes
    ----------
    total : (m,) variance of each direct estimate around the regression
    coefficients, covariance : of the regression
    residual : (m,)
    log_det : log determinant of X'V^-1 X
    trace, trace_squared : of V^-1 and V^-2
    leverage : trace of (X'V^-1 X)^-1 X'V^-2 X
    """

    total: Floats
    coefficients: Floats
    covariance: Floats
    residual: Floats
    log_det: float
    trace: float
    trace_squared: float
    leverage: float


@dataclass(frozen=True, slots=True)
class Sampled:
    """Areas with a direct estimate: values (m,), sampling variances (m,), covariates (m, p)."""

    y: Floats
    psi: Floats
    x: Floats

    def gls(self, variance: float) -> Gls:
        """Fit the regression with `variance` between areas."""
        total = variance + self.psi
        root = 1 / np.sqrt(total)
        q, r = np.linalg.qr(self.x * root[:, None])
        inverse = solve_triangular(r, np.eye(len(r)))
        coefficients = inverse @ (q.T @ (self.y * root))
        return Gls(
            total=total,
            coefficients=coefficients,
            covariance=inverse @ inverse.T,
            residual=self.y - self.x @ coefficients,
            log_det=2 * float(np.log(np.abs(np.diag(r))).sum()),
            trace=float((1 / total).sum()),
            trace_squared=float((total**-2).sum()),
            leverage=float(((q**2).sum(axis=1) / total).sum()),
        )


@dataclass(frozen=True, slots=True)
class Criterion:
    """What a method maximises, and its slope."""

    value: Callable[[float], float]
    slope: Callable[[float], float]


def area_variance(data: Sampled, method: str) -> float:
    """Variance between areas by `method`, to machine precision; 0 where the data want none."""
    if method == "fh":
        return _moment(data)
    criterion = _criterion(data, method)
    floor = 0.0 if method in ("reml", "ml") else float(data.psi.min()) * 1e-9
    trials = np.concatenate([[floor], np.geomspace(float(data.psi.min()) * 1e-6, _limit(data), GRID)])
    best = int(np.argmax([criterion.value(float(trial)) for trial in trials]))
    low, high = trials[max(best - 1, 0)], trials[min(best + 1, GRID)]
    return _peak(criterion, float(low), float(high))


def _peak(criterion: Criterion, low: float, high: float) -> float:
    if criterion.slope(low) <= 0:
        return low
    return float(brentq(criterion.slope, low, high, xtol=1e-300, rtol=1e-14))


def _limit(data: Sampled) -> float:
    """No method can want more than this."""
    residual: Floats = data.y - data.x @ np.linalg.lstsq(data.x, data.y)[0]
    return 10 * (float(residual @ residual) + float(data.psi.max()))


def _moment(data: Sampled) -> float:
    """Weighted squares of the residuals equal their degrees of freedom (Fay & Herriot 1979)."""
    freedom = len(data.y) - int(data.x.shape[1])

    def excess(variance: float) -> float:
        fit = data.gls(variance)
        squares = float((fit.residual**2 / fit.total).sum())
        return squares - freedom

    if excess(0.0) <= 0:
        return 0.0
    return float(brentq(excess, 0.0, _limit(data), xtol=1e-300, rtol=1e-14))


def _criterion(data: Sampled, method: str) -> Criterion:
    residual = method != "ml"

    def value(variance: float) -> float:
        fit = data.gls(variance)
        loss = np.log(fit.total).sum() + (fit.residual**2 / fit.total).sum()
        loss += fit.log_det if residual else 0.0
        return _log_adjustment(data, method, variance) - 0.5 * float(loss)

    def slope(variance: float) -> float:
        fit = data.gls(variance)
        pull = float(((fit.residual / fit.total) ** 2).sum()) - fit.trace
        pull += fit.leverage if residual else 0.0
        return adjustment_slope(data.psi, method, variance) + 0.5 * pull

    return Criterion(value, slope)


def _log_adjustment(data: Sampled, method: str, variance: float) -> float:
    if method == "li-lahiri":
        return float(np.log(variance))
    if method == "adjusted":
        share = float((variance / (variance + data.psi)).sum())
        return float(np.log(np.arctan(share))) / len(data.psi)
    return 0.0


def adjustment_slope(psi: Floats, method: str, variance: float) -> float:
    """Slope of the log factor that keeps the variance above zero; 0 for methods without one."""
    if method == "li-lahiri":
        return 1 / variance
    if method == "adjusted":
        share = float((variance / (variance + psi)).sum())
        rise = float((psi / (variance + psi) ** 2).sum())
        return rise / ((1 + share**2) * float(np.arctan(share)) * len(psi))
    return 0.0
