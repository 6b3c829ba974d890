"""Where the hyperparameters may be: a small grid that carries their posterior."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.polynomial.legendre import leggauss
from scipy.optimize import minimize

from models.checks import Floats
from models.smoothing.inner import Problem, Spread
from models.smoothing.priors import Priors

LOG_SIGMA = (-5.0, 2.5)
EDGE = 0.003  # the mixing angle stays this far from 0 and 1
STEP = np.array([0.1, 0.06])  # of log sigma and of the angle, for curvatures
WIDTH = 4.5  # sds of the angle on each side of its mode
RATE_SD = 0.35  # of log sigma, where the curvature says nothing
SMALLEST_WEIGHT, SMALLEST_RHO = 1e-4, 1e-9


@dataclass(frozen=True, slots=True)
class Node:
    """A value of the hyperparameters, its place in the grid, and what was found there."""

    place: tuple[int, int]
    spread: Spread
    predictor: Floats
    evidence: float


@dataclass(frozen=True)
class Explored:
    """Grid over the posterior of the hyperparameters: angles x sigmas.

    Attributes
    ----------
    angles, rule : (k,) mixing angles (2 / pi) asin sqrt(rho), and weights of the integration over them
    span : least and largest angle that matter
    log_sigma, log_weight : (k, m) points, and logs of posterior density times integration weight
    nodes : the points that matter, heaviest first
    """

    angles: Floats
    rule: Floats
    span: tuple[float, float]
    log_sigma: Floats
    log_weight: Floats
    nodes: list[Node]

    @cached_property
    def weight(self) -> Floats:
        """(k, m) posterior weights."""
        weight = np.exp(self.log_weight - self.log_weight.max())
        share: Floats = weight / weight.sum()
        return share

    def node_weights(self) -> Floats:
        """Posterior weights of the nodes."""
        own = np.array([self.weight[node.place] for node in self.nodes])
        share: Floats = own / own.sum()
        return share

    def with_evidence(self, evidence: Sequence[float]) -> "Explored":
        """The same grid with a better log marginal likelihood at each of the nodes."""
        log_weight = self.log_weight.copy()
        gains = [new - node.evidence for node, new in zip(self.nodes, evidence, strict=True)]
        log_weight += float(np.average(gains, weights=self.node_weights()))
        for node, gain in zip(self.nodes, gains, strict=True):
            log_weight[node.place] = self.log_weight[node.place] + gain
        return replace(self, log_weight=log_weight)


class _Surface:
    """Log posterior density of (log sigma, angle); each fit starts from the nearest one before."""

    def __init__(self, problem: Problem, priors: Priors) -> None:
        self._problem, self._priors = problem, priors
        self._last = problem.likelihood.start()

    def fit(self, log_sigma: float, angle: float) -> tuple[float, tuple[Spread, Floats, float]]:
        """Log posterior density; the hyperparameters, the predictors' mode and the evidence behind it."""
        rho = float(np.clip(np.sin(np.pi * angle / 2) ** 2, SMALLEST_RHO, 1 - SMALLEST_RHO))
        spread = Spread(float(np.exp(log_sigma)), rho)
        evidence, self._last = self._problem.mode(spread, self._last)
        prior = self._priors.sigma.log_density(spread.sigma) + log_sigma
        prior += self._priors.rho.log_density(rho, self._problem.field) + 0.5 * float(np.log(rho * (1 - rho)))
        return evidence + prior, (spread, self._last, evidence)

    def loss(self, point: Floats) -> float:
        return -self.fit(float(point[0]), float(point[1]))[0]


def explore(problem: Problem, priors: Priors, *, across: int = 7, along: int = 5) -> Explored:
    """Grid over the posterior of the hyperparameters.

    Gauss-Legendre in the mixing angle over the span that carries its posterior, which often presses against
    an end; for each angle Gauss-Hermite in log sigma around its mode there.

    Parameters
    ----------
    across, along : number of angles, and of sigmas for each
    """
    surface = _Surface(problem, priors)
    found = minimize(
        surface.loss,
        np.array([np.log(0.4), 0.5]),
        method="L-BFGS-B",
        bounds=[LOG_SIGMA, (EDGE, 1 - EDGE)],
        options={"maxiter": 20, "ftol": 1e-6, "eps": 1e-3},
    )
    mode = np.asarray(found.x)
    rate_sd, angle_sd = _curvatures(surface.loss, mode)
    low, high = _span(surface, mode, angle_sd)
    units, rule = leggauss(across)
    angles = low + (units + 1) / 2 * (high - low)
    rows = _grid(surface, mode, rate_sd, angles, along=along)
    log_weight = np.array([row.log_weight for row in rows]) + np.log(rule)[:, None]
    grid = Explored(angles, rule, (low, high), np.array([row.log_sigma for row in rows]), log_weight, [])
    places = [divmod(int(one), along) for one in np.argsort(-grid.weight, axis=None, kind="stable")]
    kept = [place for place in places if grid.weight[place] > SMALLEST_WEIGHT]
    return replace(grid, nodes=[Node(place, *rows[place[0]].fits[place[1]]) for place in kept])


@dataclass(frozen=True, slots=True)
class _Row:
    """Fits at one angle: log weights, and mean and sd of log sigma."""

    log_weight: Floats
    log_sigma: Floats
    mean: float
    sd: float
    fits: list[tuple[Spread, Floats, float]]


def _curvatures(loss: Callable[[Floats], float], mode: Floats) -> tuple[float, float]:
    """Sds of log sigma given the angle, and of the angle, by the curvature at the mode."""
    at = mode.copy()
    at[1] = np.clip(at[1], EDGE + STEP[1], 1 - EDGE - STEP[1])
    centre = loss(at)
    second = np.empty(2)
    for axis in range(2):
        move = np.zeros(2)
        move[axis] = STEP[axis]
        second[axis] = (loss(at + move) - 2 * centre + loss(at - move)) / STEP[axis] ** 2
    rate_sd = 1 / np.sqrt(second[0]) if second[0] > 1 else RATE_SD
    angle_sd = 1 / np.sqrt(second[1]) if second[1] > 1 else 1.0
    return float(min(rate_sd, 1.0)), float(min(angle_sd, 1.0))


def _span(surface: _Surface, mode: Floats, angle_sd: float) -> tuple[float, float]:
    """Angles that carry the posterior; widened until an inner end has lost nearly all density."""
    best = -surface.loss(mode)
    ends = []
    for side in (-1, 1):
        width = WIDTH * angle_sd
        while True:
            end = float(np.clip(mode[1] + side * width, 0.0, 1.0))
            if end in (0.0, 1.0) or best - surface.fit(float(mode[0]), end)[0] > 9:
                break
            width *= 1.5
        ends.append(end)
    return ends[0], ends[1]


def _grid(surface: _Surface, mode: Floats, rate_sd: float, angles: Floats, *, along: int) -> list[_Row]:
    """Fits at each angle, from the one nearest to the mode outwards: each tells where the next one peaks."""
    nearest = int(np.abs(angles - mode[1]).argmin())
    found: dict[int, _Row] = {}
    for place in [nearest, *range(nearest + 1, len(angles)), *range(nearest - 1, -1, -1)]:
        before = found.get(place - 1 if place > nearest else place + 1)
        centre, sd = (before.mean, before.sd) if before else (float(mode[0]), rate_sd)
        found[place] = _row(surface, float(angles[place]), centre, sd, along)
    return [found[place] for place in range(len(angles))]


def _row(surface: _Surface, angle: float, centre: float, sd: float, along: int) -> _Row:
    units, weights = hermegauss(along)
    points = np.clip(centre + sd * units, *LOG_SIGMA)
    fits = [surface.fit(float(point), angle) for point in points]
    log_weight = np.array([value for value, _ in fits]) + np.log(weights * sd) + units**2 / 2
    share = np.exp(log_weight - log_weight.max())
    share /= share.sum()
    mean = float(share @ points)
    width = float(np.clip(np.sqrt(share @ (points - mean) ** 2), 0.5 * sd, 2 * sd))
    return _Row(log_weight, points, mean, width, [fit for _, fit in fits])
