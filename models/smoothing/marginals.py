"""Posterior of each area's own risk: any interval, any threshold, from one density on a grid."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from models.checks import Floats

POINTS, REACH = 97, 7.5  # grid points of an area, and how many sds they go to each side


@dataclass(frozen=True, slots=True)
class Marginals:
    """Densities (n, POINTS) of linear predictors at `centre` + `sd` x an even grid.

    Attributes
    ----------
    centre, sd : (n,) of the grid
    density : (n, POINTS) of the predictor, integrating to one over the grid
    cumulative : (n, POINTS) probability below each grid point
    to_scale, to_predictor : between the predictor and relative risk, probability or mean
    """

    centre: Floats
    sd: Floats
    density: Floats
    cumulative: Floats
    to_scale: Callable[[Floats], Floats]
    to_predictor: Callable[[float], float]

    @property
    def points(self) -> Floats:
        """(n, POINTS) predictors of the grid."""
        return self.centre[:, None] + self.sd[:, None] * grid()

    def moments(self) -> tuple[Floats, Floats]:
        """Mean and sd of each area on the scale of the result."""
        mass = self.density * (self.sd * step())[:, None]
        values = self.to_scale(self.points)
        mean = (mass * values).sum(axis=1)
        spread = (mass * (values - mean[:, None]) ** 2).sum(axis=1)
        return mean, np.sqrt(spread)

    def quantile(self, probability: float) -> Floats:
        """(n,) values with this probability below."""
        predictor = _inverse(self.cumulative, self.density * self.sd[:, None] * step(), probability)
        return self.to_scale(self.centre + self.sd * (-REACH + step() * predictor))

    def exceedance(self, threshold: float) -> Floats:
        """(n,) probability of a value above the threshold."""
        at = self.to_predictor(threshold)
        if not np.isfinite(at):
            return np.full(len(self.centre), 1.0 if at < 0 else 0.0)
        place = ((at - self.centre) / self.sd + REACH) / step()
        below = _hermite(self.cumulative, self.density * self.sd[:, None] * step(), place)
        return np.clip(1 - below, 0.0, 1.0)


def grid() -> Floats:
    """Grid points in sds."""
    return np.linspace(-REACH, REACH, POINTS)


def step() -> float:
    """Distance of grid points in sds."""
    return 2 * REACH / (POINTS - 1)


def marginals(
    means: Floats,
    variances: Floats,
    weights: Floats,
    sites: tuple[Floats, Floats],
    log_density: Callable[[Floats], Floats],
    scales: tuple[Callable[[Floats], Floats], Callable[[float], float]],
) -> Marginals:
    """Mixture over the hyperparameters, each area's normal answer replaced by its exact likelihood.

    What the rest of the map says of an area is normal: its posterior without its own working answer. That
    times the area's own likelihood is skewed where counts are small.

    Parameters
    ----------
    means, variances : (nodes, n) normal approximations
    weights : (nodes,)
    sites : (nodes, n) weights and values of the working answers
    log_density : own log-likelihood at predictors (n, k)
    """
    centre = weights @ means
    sd = np.sqrt(weights @ (variances + (means - centre) ** 2))
    points = centre[:, None] + sd[:, None] * grid()
    own = log_density(points)
    likelihood = np.exp(own - own.max(axis=1, keepdims=True))
    density = np.zeros_like(points)
    for share, mean, variance, weight, value in zip(weights, means, variances, *sites, strict=True):
        precision = np.maximum(1 / variance - weight, 1e-12 / variance)
        rest = (mean / variance - weight * value) / precision
        log_part = -0.5 * precision[:, None] * (points - rest[:, None]) ** 2
        part = likelihood * np.exp(log_part - (log_part + own).max(axis=1, keepdims=True))
        density += share * part / (part.sum(axis=1) * sd * step())[:, None]
    return Marginals(centre, sd, density, _cumulative(density * sd[:, None] * step()), *scales)


def _cumulative(mass: Floats) -> Floats:
    """Running integral of densities per grid step: trapezoid with the Euler-Maclaurin end correction."""
    slope = np.gradient(mass, axis=1)
    inner = np.concatenate([np.zeros((len(mass), 1)), (mass[:, 1:] + mass[:, :-1]) / 2], axis=1)
    running = np.cumsum(inner, axis=1) - (slope - slope[:, :1]) / 12
    below: Floats = np.maximum.accumulate(np.clip(running / running[:, -1:], 0.0, 1.0), axis=1)
    return below


def _hermite(cumulative: Floats, mass: Floats, place: Floats) -> Floats:
    """Probability below positions `place` (in grid steps, one an area), cubic between grid points."""
    inside = np.clip(place, 0.0, POINTS - 1.000001)
    left = inside.astype(np.int64)
    t, rows = inside - left, np.arange(len(place))
    low, high = cumulative[rows, left], cumulative[rows, left + 1]
    rise_low, rise_high = mass[rows, left], mass[rows, left + 1]
    cubic = (1 + 2 * t) * (1 - t) ** 2 * low + t**2 * (3 - 2 * t) * high
    cubic += t * (1 - t) ** 2 * rise_low - t**2 * (1 - t) * rise_high
    result: Floats = np.where(place < 0, 0.0, np.where(place > POINTS - 1, 1.0, np.clip(cubic, low, high)))
    return result


def _inverse(cumulative: Floats, mass: Floats, probability: float) -> Floats:
    """Positions with `probability` below, in grid steps, by bisection within a grid step."""
    left = np.clip((cumulative < probability).sum(axis=1) - 1, 0, POINTS - 2).astype(np.float64)
    low, high = left, left + 0.999999
    for _ in range(30):
        middle = (low + high) / 2
        below = _hermite(cumulative, mass, middle) < probability
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    found: Floats = (low + high) / 2
    return found


def normal_below(means: Floats, variances: Floats, weights: Floats, points: Floats) -> Floats:
    """(n, k) probability below points (n, k) under the mixture of normals."""
    total = np.zeros_like(points)
    for share, mean, variance in zip(weights, means, variances, strict=True):
        total += share * ndtr((points - mean[:, None]) / np.sqrt(variance)[:, None])
    return total
