"""Posterior of one cell at a time: normal approximation of the others, exact likelihood of its own."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from models.checks import Floats
from models.estimates.laplace import Data, Fit

GRID = np.linspace(-7, 7, 71)
SMALLEST_PRECISION = 1e-2  # what the other cells say is never vaguer than a normal of sd 10
LEVELS = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class CellPosterior:
    """Moments and 95 % quantiles on the logit scale, moments of the proportion; each (n, G)."""

    mean: Floats
    sd: Floats
    lower: Floats
    upper: Floats
    p_mean: Floats
    p_sd: Floats


def cell_posterior(
    data: Data, fits: Sequence[Fit], moments: Sequence[tuple[Floats, Floats]], weights: Floats
) -> CellPosterior:
    """Replace each cell's working likelihood by its binomial one, on a grid.

    A cell with few or no positive answers has a skewed posterior that a normal at the mode places too
    high. The likelihood is tempered by the block noise, which is error of the sample.

    Parameters
    ----------
    data : effective counts and block noise
    fits, moments : mode, and normal posterior mean and variance (n, G), for each value of the sds
    weights : posterior weight of each value of the sds
    """
    centre, variance = _cavity(data, fits, moments, weights)
    scale = _tempering(data, fits[0])
    information = fits[0].weight * scale
    precision = 1 / variance + information
    middle = (centre / variance + information * fits[0].z) / precision
    logits = middle[..., None] + GRID / np.sqrt(precision)[..., None]
    n, y = (data.trials * scale)[..., None], (data.successes * scale)[..., None]
    log_density = y * logits - n * np.logaddexp(0, logits)
    log_density -= 0.5 * (logits - centre[..., None]) ** 2 / variance[..., None]
    density = np.exp(log_density - log_density.max(axis=-1, keepdims=True))
    return _summary(logits, density / density.sum(axis=-1, keepdims=True))


def _tempering(data: Data, fit: Fit) -> Floats:
    return 1 / (1 + fit.weight * data.block_noise[:, None])


def _cavity(
    data: Data, fits: Sequence[Fit], moments: Sequence[tuple[Floats, Floats]], weights: Floats
) -> tuple[Floats, Floats]:
    """Normal of each cell without its own answers, mixed over the sds."""
    centres, variances = [], []
    for fit, (mean, variance) in zip(fits, moments, strict=True):
        information = fit.weight * _tempering(data, fit)
        precision = np.maximum(1 / variance - information, SMALLEST_PRECISION)
        centres.append((mean / variance - information * fit.z) / precision)
        variances.append(1 / precision)
    centre = np.tensordot(weights, np.array(centres), axes=1)
    spread = np.array(variances) + (np.array(centres) - centre) ** 2
    return centre, np.tensordot(weights, spread, axes=1)


def _summary(logits: Floats, mass: Floats) -> CellPosterior:
    p = expit(logits)
    mean = (mass * logits).sum(axis=-1)
    p_mean = (mass * p).sum(axis=-1)
    cumulated = mass.cumsum(axis=-1) - mass / 2
    lower, upper = (_quantile(logits, cumulated, level) for level in LEVELS)
    return CellPosterior(
        mean=mean,
        sd=np.sqrt((mass * (logits - mean[..., None]) ** 2).sum(axis=-1)),
        lower=lower,
        upper=upper,
        p_mean=p_mean,
        p_sd=np.sqrt((mass * (p - p_mean[..., None]) ** 2).sum(axis=-1)),
    )


def _quantile(logits: Floats, cumulated: Floats, level: float) -> Floats:
    """Linear interpolation of the cumulated mass along the last axis."""
    right = np.clip((cumulated < level).sum(axis=-1), 1, logits.shape[-1] - 1)[..., None]
    x0, x1 = (np.take_along_axis(logits, right - k, axis=-1)[..., 0] for k in (1, 0))
    c0, c1 = (np.take_along_axis(cumulated, right - k, axis=-1)[..., 0] for k in (1, 0))
    quantile: Floats = x0 + (x1 - x0) * (level - c0) / np.maximum(c1 - c0, 1e-300)
    return quantile
