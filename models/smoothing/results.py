"""What a BYM2 fit hands back."""

from dataclasses import dataclass, fields

import numpy as np
import pandas as pd
from scipy.interpolate import CubicSpline
from scipy.special import ndtr

from models.checks import Floats, frozen
from models.smoothing.explore import Explored
from models.smoothing.latent import Latent
from models.smoothing.marginals import Marginals

FINE = 801
QUANTILES = (0.025, 0.5, 0.975)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmoothedRisk:
    """Posterior of each area's relative risk (Poisson), probability (binomial) or mean (Gaussian), (n,).

    Attributes
    ----------
    mean, sd : of the posterior
    lower, upper : interval of the level asked for, with equal tails
    median : of the posterior
    observed : areas with an answer of their own; the others are predicted
    """

    mean: Floats
    sd: Floats
    lower: Floats
    median: Floats
    upper: Floats
    observed: np.ndarray
    marginals: Marginals

    smoothed = True  # tests for autocorrelation refuse it: neighbours are alike by construction

    def __post_init__(self) -> None:
        for name in ("mean", "sd", "lower", "median", "upper", "observed"):
            frozen(getattr(self, name))

    def exceedance(self, threshold: float) -> Floats:
        """(n,) posterior probability of a value above the threshold."""
        return self.marginals.exceedance(threshold)

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        names = ("mean", "sd", "lower", "median", "upper", "observed")
        columns = {name: getattr(self, name) for name in names}
        return pd.DataFrame(columns, index=pd.RangeIndex(len(self.mean), name="area"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Posterior of one parameter."""

    mean: float
    sd: float
    lower: float
    median: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Hyperparameters:
    """Posteriors of what the areas share; intervals are 95 %.

    Attributes
    ----------
    sigma : sd of the area effects on the scale of the linear predictor
    rho : share of their variance that is spatial
    intercept : of the linear predictor at covariates 0
    slopes : of the covariates, in their own units
    """

    sigma: Summary
    rho: Summary
    intercept: Summary
    slopes: tuple[Summary, ...]

    def to_frame(self) -> pd.DataFrame:
        """One row a parameter."""
        named = {"sigma": self.sigma, "rho": self.rho, "intercept": self.intercept}
        named |= {f"slope {place}": one for place, one in enumerate(self.slopes, start=1)}
        names = [item.name for item in fields(Summary)]
        rows = [[getattr(one, name) for name in names] for one in named.values()]
        return pd.DataFrame(rows, columns=names, index=pd.Index(named, name="parameter"))


def smoothed_risk(found: Latent, level: float) -> SmoothedRisk:
    """Summaries of each area."""
    marginals = found.marginals
    mean, sd = marginals.moments()
    tail = (1 - level) / 2
    return SmoothedRisk(
        mean=mean,
        sd=sd,
        lower=marginals.quantile(tail),
        median=marginals.quantile(0.5),
        upper=marginals.quantile(1 - tail),
        observed=found.problem.likelihood.observed.copy(),
        marginals=marginals,
    )


def hyperparameters(found: Latent, explored: Explored, centre: Floats, scale: Floats) -> Hyperparameters:
    """Summaries of what the areas share; covariates were fitted as (x - centre) / scale."""
    back = np.diag(np.concatenate([[1.0], 1 / scale]))
    back[0, 1:] = -centre / scale
    means = np.stack([part.coefficients for part in found.parts]) @ back.T
    covariances = np.stack([part.covariance for part in found.parts])
    variances = np.einsum("ij,kjl,il->ki", back, covariances, back)
    effects = [_mixture(m, np.sqrt(v), found.weights) for m, v in zip(means.T, variances.T, strict=True)]
    return Hyperparameters(
        sigma=_sigma(explored), rho=_rho(explored), intercept=effects[0], slopes=tuple(effects[1:])
    )


def _mixture(means: Floats, sds: Floats, weights: Floats) -> Summary:
    """Summary of a mixture of normals."""
    mean = float(weights @ means)
    sd = float(np.sqrt(weights @ (sds**2 + (means - mean) ** 2)))
    points = mean + sd * np.linspace(-8, 8, FINE)
    below = ndtr((points[:, None] - means) / sds) @ weights
    lower, median, upper = np.interp(QUANTILES, below, points)
    return Summary(mean=mean, sd=sd, lower=float(lower), median=float(median), upper=float(upper))


def _sigma(explored: Explored) -> Summary:
    """From the mixture of log-normals that have the grid's moments at each angle."""
    angle_weight = explored.weight.sum(axis=1)
    share = explored.weight / angle_weight[:, None]
    means = (share * explored.log_sigma).sum(axis=1)
    sds = np.sqrt((share * (explored.log_sigma - means[:, None]) ** 2).sum(axis=1))
    logs = _mixture(means, np.maximum(sds, 1e-6), angle_weight)
    values = np.exp(explored.log_sigma)
    mean = float((explored.weight * values).sum())
    return Summary(
        mean=mean,
        sd=float(np.sqrt((explored.weight * (values - mean) ** 2).sum())),
        lower=float(np.exp(logs.lower)),
        median=float(np.exp(logs.median)),
        upper=float(np.exp(logs.upper)),
    )


def _rho(explored: Explored) -> Summary:
    """From a smooth curve through the log-density at the angles."""
    angle = np.linspace(*explored.span, FINE)
    log_density = np.log(np.maximum(explored.weight.sum(axis=1) / explored.rule, 1e-12))
    curve = CubicSpline(explored.angles, log_density, bc_type="natural")(angle)
    density = np.exp(curve - curve.max())
    below = np.cumsum((density[1:] + density[:-1]) / 2)
    below = np.concatenate([[0.0], below / below[-1]])
    rho = np.sin(np.pi * angle / 2) ** 2
    mass = density / density.sum()
    mean = float(mass @ rho)
    lower, median, upper = np.interp(QUANTILES, below, rho)
    return Summary(
        mean=mean,
        sd=float(np.sqrt(mass @ (rho - mean) ** 2)),
        lower=float(lower),
        median=float(median),
        upper=float(upper),
    )
