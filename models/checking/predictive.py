"""Would the model have produced data like these? Posterior predictive checks."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.checks import Floats, as_floats
from models.graph import Neighbours, Sparse, as_weights, row_standardised
from models.replicates import generator

Family = Literal["poisson", "binomial", "gaussian"]
STREAM = 11
SURPRISING = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictiveCheck:
    """One property of the data beside the same property of data that the model makes.

    Attributes
    ----------
    name : "zeros", "maximum", "dispersion" or "moran"
    observed : mean over the posterior draws (a number, where the property needs no fitted value)
    expected, lower, upper : mean and 95 % span over replicated data
    p_value : how often replicated data are as large, doubled towards the nearer end, ties counted half
    """

    name: str
    observed: float
    expected: float
    lower: float
    upper: float
    p_value: float

    @property
    def surprising(self) -> bool:
        """Whether the model makes such data in fewer than one case in a hundred."""
        return self.p_value < SURPRISING


def checks_to_frame(checks: tuple[PredictiveCheck, ...]) -> pd.DataFrame:
    """One row a check."""
    names = ("observed", "expected", "lower", "upper", "p_value")
    rows = [[getattr(one, name) for name in names] for one in checks]
    index = pd.Index([one.name for one in checks], name="check")
    return pd.DataFrame(rows, columns=list(names), index=index)


def predictive_checks(
    response: ArrayLike,
    exposure: ArrayLike,
    draws: ArrayLike,
    neighbours: Neighbours,
    *,
    family: Family = "poisson",
    seed: int = 0,
) -> tuple[PredictiveCheck, ...]:
    """Zeros, maximum, dispersion of Pearson residuals, and their Moran's I.

    Parameters
    ----------
    response : (n,) counts, successes or estimates; NaN unknown
    exposure : (n,) expected counts, trials or known variances
    draws : (draws, n) joint posterior draws of relative risk, probability or mean
    neighbours : (n, n) sparse, nonzero = neighbours
    seed : of the replicated data

    References
    ----------
    Gelman, Meng & Stern (1996), Statistica Sinica 6, 733-807. Residual dispersion and autocorrelation are
    compared draw by draw, each against the data replicated from that draw.
    """
    y, base, risk = (
        as_floats("response", response),
        as_floats("exposure", exposure),
        as_floats("draws", draws, ndim=2),
    )
    if not len(y) == len(base) == risk.shape[1]:
        raise ValueError(
            f"one response, exposure and column of draws an area; got {y.shape}, {base.shape}, {risk.shape}"
        )
    if family not in ("poisson", "binomial", "gaussian"):
        raise ValueError(f"family must be poisson, binomial or gaussian; got {family!r}")
    seen = ~np.isnan(y) & np.isfinite(base) & (base > 0)
    if not seen.any():
        raise ValueError("no area has a response to check against")
    weights = row_standardised(as_weights(neighbours, n=len(y)))[seen][:, seen]
    mean, variance = _moments(family, risk[:, seen], base[seen])
    copies = np.stack([_replicate(family, risk[d, seen], base[seen], seed, d) for d in range(len(risk))])
    real = np.broadcast_to(y[seen], copies.shape)
    found = [
        _compare(name, np.asarray(observed), np.asarray(replicated))
        for name, observed, replicated in _statistics(real, copies, (mean, variance), weights, family)
    ]
    return tuple(found)


def _moments(family: Family, risk: Floats, base: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of an answer given its draw."""
    if family == "poisson":
        return base * risk, base * risk
    if family == "binomial":
        return base * risk, base * risk * (1 - risk)
    return risk, np.broadcast_to(base, risk.shape)


def _replicate(family: Family, risk: Floats, base: Floats, seed: int, draw: int) -> Floats:
    """One replicated data set; trials that are not whole are rounded."""
    rng = generator(seed, draw, stream=STREAM)
    if family == "poisson":
        return rng.poisson(base * risk).astype(np.float64)
    if family == "binomial":
        trials = np.maximum(np.rint(base), 1).astype(np.int64)
        return rng.binomial(trials, risk) * (base / trials)
    return risk + np.sqrt(base) * rng.standard_normal(len(base))


Statistic = tuple[str, Floats, Floats]


def _statistics(
    real: Floats, copies: Floats, moments: tuple[Floats, Floats], weights: Sparse, family: Family
) -> list[Statistic]:
    mean, variance = moments
    residual, replicated = (real - mean) / np.sqrt(variance), (copies - mean) / np.sqrt(variance)
    found = [
        ("maximum", real.max(axis=1), copies.max(axis=1)),
        ("dispersion", (residual**2).mean(axis=1), (replicated**2).mean(axis=1)),
        ("moran", _moran(residual, weights), _moran(replicated, weights)),
    ]
    if family != "gaussian":
        found.insert(0, ("zeros", (real == 0).sum(axis=1), (copies == 0).sum(axis=1)))
    return [(name, one.astype(np.float64), other.astype(np.float64)) for name, one, other in found]


def _moran(residual: Floats, weights: Sparse) -> Floats:
    """Moran's I of each row; areas without neighbours add nothing."""
    away = residual - residual.mean(axis=1, keepdims=True)
    lagged = (weights @ away.T).T
    total = float(weights.sum())
    spread = (away**2).mean(axis=1)
    if total == 0 or not spread.all():
        return np.zeros(len(residual))
    value: Floats = (away * lagged).sum(axis=1) / total / spread
    return value


def _compare(name: str, observed: Floats, replicated: Floats) -> PredictiveCheck:
    larger = float((replicated > observed).mean() + 0.5 * (replicated == observed).mean())
    lower, upper = np.quantile(replicated, [0.025, 0.975])
    return PredictiveCheck(
        name=name,
        observed=float(observed.mean()),
        expected=float(replicated.mean()),
        lower=float(lower),
        upper=float(upper),
        p_value=min(1.0, 2 * min(larger, 1 - larger)),
    )
