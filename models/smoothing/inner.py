"""The latent effects at given spread and mixing: mode, marginal likelihood, corrected mean and variance.

With spread sigma and mixing rho the linear predictor is X b + s u + v: u the scaled field, s = sigma
sqrt(rho), v independent with variance t = sigma^2 (1 - rho). The v are integrated out by hand: a normal
observation of weight W becomes one of X b + s u with weight D = W / (1 + t W). So one n x n matrix is
factored, with the pattern of the neighbourhood graph, and the few columns of X are eliminated last.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from models.checks import Floats
from models.smoothing.field import Conditioned, Field
from models.smoothing.likelihood import Likelihood

STEPS, STEP_LIMIT = 60, 4.0
EVIDENCE_NODES, EVIDENCE_WEIGHTS = hermegauss(15)
EVIDENCE_WEIGHTS = EVIDENCE_WEIGHTS / EVIDENCE_WEIGHTS.sum()
MODE_TOLERANCE = 1e-4  # of a predictor, in the log marginal likelihood its square counts
CORRECTION_TOLERANCE = 1e-3  # of a predictor, in its posterior sd


@dataclass(frozen=True, slots=True)
class Spread:
    """Hyperparameters: sd of the whole area effect, and the share of its variance that is spatial."""

    sigma: float
    rho: float

    @property
    def spatial(self) -> float:
        """Sd of the spatial part."""
        return float(self.sigma * np.sqrt(self.rho))

    @property
    def unstructured(self) -> float:
        """Variance of the independent part."""
        return self.sigma**2 * (1 - self.rho)


class Problem(Protocol):
    """What a model of the areas must answer at given hyperparameters."""

    @property
    def likelihood(self) -> Likelihood:
        """Of each area's own answer."""

    @property
    def field(self) -> Field:
        """The spatial field."""

    def mode(self, spread: Spread, start: Floats) -> tuple[float, Floats]:
        """Log marginal likelihood (but for a constant) and the predictors (n,), searched from `start`."""

    def approximation(self, spread: Spread, start: Floats) -> "Approximation":
        """Normal approximation of the posterior, `start` being the mode."""

    def drawer(self, found: "Approximation") -> Callable[[np.random.Generator], Floats]:
        """Draws predictors (n,) from an approximation."""


@dataclass(frozen=True, slots=True)
class Approximation:
    """Normal approximation at one value of the hyperparameters.

    Attributes
    ----------
    spread : the hyperparameters
    mean, variance : (n,) of the predictors
    site_weight, site_value : (n,) normal observations that stand for the answers
    coefficients, covariance : (p,) and (p, p), of the coefficients
    evidence : log marginal likelihood, on the scale of `Problem.mode`
    """

    spread: Spread
    mean: Floats
    variance: Floats
    site_weight: Floats
    site_value: Floats
    coefficients: Floats
    covariance: Floats
    evidence: float


@dataclass(frozen=True, slots=True)
class Independent:
    """Areas whose answers are independent given their risks.

    Attributes
    ----------
    likelihood : of the answers
    field : scaled
    design : (n, p) intercept and standardised covariates
    prior_precision : (p,) of their coefficients, 0 for the intercept
    """

    likelihood: Likelihood
    field: Field
    design: Floats
    prior_precision: Floats

    def mode(self, spread: Spread, start: Floats) -> tuple[float, Floats]:
        """Laplace approximation of the marginal likelihood."""
        found = find_mode(self, spread, start)
        return found.log_marginal(self), found.predictor

    def approximation(self, spread: Spread, start: Floats) -> Approximation:
        """The variational correction of the mode."""
        found, variance = corrected(self, find_mode(self, spread, start))
        inverse = np.linalg.inv(found.coefficient_root)
        return Approximation(
            spread=spread,
            mean=found.predictor,
            variance=variance,
            site_weight=found.weight,
            site_value=found.value,
            coefficients=found.coefficients,
            covariance=inverse.T @ inverse,
            evidence=found.log_evidence(self, variance),
        )

    def drawer(self, found: Approximation) -> Callable[[np.random.Generator], Floats]:
        """Draws of field, coefficients and independent parts."""
        normal = normal_model(self, found.spread, found.site_weight, found.site_value)
        return partial(_draw, normal, self.design)


@dataclass(frozen=True, slots=True)
class Normal:
    """Normal approximation given the hyperparameters.

    Attributes
    ----------
    predictor : (n,) its mean
    weight, value : (n,) of the normal observations that stand for the answers
    coefficients, coefficient_root : (p,) mean and (p, p) lower root of the precision
    field_mean : (n,) of u
    response : (n, p) how u follows the coefficients
    conditioned : the field given the observations
    quadratic : z' S^-1 z of the observations under the model
    """

    spread: Spread
    predictor: Floats
    weight: Floats
    value: Floats
    coefficients: Floats
    coefficient_root: Floats
    field_mean: Floats
    response: Floats
    conditioned: Conditioned
    quadratic: float

    @property
    def reduced(self) -> Floats:
        """(n,) weights after the independent part is integrated out."""
        return self.weight / (1 + self.spread.unstructured * self.weight)

    def variance(self, design: Floats) -> Floats:
        """(n,) posterior variances of the predictor."""
        s, t = self.spread.spatial, self.spread.unstructured
        kept = 1 - t * self.reduced
        slope = np.linalg.solve(self.coefficient_root, (design - s * self.response).T)
        linear = s**2 * self.conditioned.variance() + (slope**2).sum(axis=0)
        result: Floats = kept**2 * linear + t * kept
        return result

    def log_marginal(self, problem: Independent) -> float:
        """Laplace approximation of the log marginal likelihood, but for a constant of map and data."""
        away = self.value - self.predictor
        likelihood = float(problem.likelihood.log_density(self.predictor).sum())
        return likelihood + 0.5 * float((self.weight * away**2).sum()) + self._log_normal()

    def log_evidence(self, problem: Independent, variance: Floats) -> float:
        """The same with each area's likelihood integrated over the approximation, not taken at its mode.

        With few answers an area Laplace's value alone puts sigma some per cent too low.

        References
        ----------
        Opper & Winther (2005), Journal of Machine Learning Research 6, 2177-2204 (the same form).
        """
        at = self.predictor[:, None] + np.sqrt(variance)[:, None] * EVIDENCE_NODES
        gain = problem.likelihood.log_density(at)
        gain += 0.5 * self.weight[:, None] * (self.value[:, None] - at) ** 2
        top = gain.max(axis=1)
        each = np.log(np.exp(gain - top[:, None]) @ EVIDENCE_WEIGHTS) + top
        return float(each.sum()) + self._log_normal()

    def _log_normal(self) -> float:
        """Log-density of the working observations under the model, but for a constant."""
        scale = -float(np.log1p(self.spread.unstructured * self.weight).sum())
        scale -= self.conditioned.log_determinant()
        scale -= 2 * float(np.log(np.diag(self.coefficient_root)).sum())
        return 0.5 * (scale - self.quadratic)


def normal_model(problem: Independent, spread: Spread, weight: Floats, value: Floats) -> Normal:
    """Posterior of the effects given normal observations `value` (n,) with precision `weight` (n,)."""
    s, t, x = spread.spatial, spread.unstructured, problem.design
    reduced = weight / (1 + t * weight)
    conditioned = problem.field.condition(s**2 * reduced)
    pull = s * reduced
    response = conditioned.solve(pull[:, None] * x)
    alone = conditioned.solve(pull * value)
    weighted = (reduced[:, None] * x).T
    precision = weighted @ x - (pull[:, None] * x).T @ response + np.diag(problem.prior_precision)
    target = weighted @ value - response.T @ (pull * value)
    root: Floats = np.linalg.cholesky((precision + precision.T) / 2).astype(np.float64)
    coefficients = np.linalg.solve(root.T, np.linalg.solve(root, target))
    field_mean = alone - response @ coefficients
    linear = x @ coefficients + s * field_mean
    quadratic = float(value @ (reduced * value) - (pull * value) @ alone - target @ coefficients)
    return Normal(
        spread=spread,
        predictor=linear + t * reduced * (value - linear),
        weight=weight,
        value=value,
        coefficients=coefficients,
        coefficient_root=root,
        field_mean=field_mean,
        response=response,
        conditioned=conditioned,
        quadratic=quadratic,
    )


def find_mode(problem: Independent, spread: Spread, start: Floats) -> Normal:
    """Newton's method on the predictors from `start`."""
    predictor, none = start, np.zeros_like(start)
    for _ in range(STEPS):
        weight, value = problem.likelihood.site(predictor, none)
        found = normal_model(problem, spread, weight, value)
        change = found.predictor - predictor
        if np.abs(change).max() < MODE_TOLERANCE:
            break
        predictor = predictor + np.clip(change, -STEP_LIMIT, STEP_LIMIT)
    return found


def corrected(problem: Independent, mode: Normal) -> tuple[Normal, Floats]:
    """Best normal approximation in Kullback-Leibler divergence, and its variances (n,).

    Mean and variance solve the same equations as the mode, with gradient and curvature averaged over the
    approximation instead of taken at one point.

    References
    ----------
    Opper & Archambeau (2009), Neural Computation 21, 786-792; van Niekerk & Rue (2024), Journal of Machine
    Learning Research 25(62), 1-25.
    """
    found, variance = mode, mode.variance(problem.design)
    for _ in range(STEPS):
        weight, value = problem.likelihood.site(found.predictor, variance)
        moved = normal_model(problem, mode.spread, weight, value)
        spread = moved.variance(problem.design)
        change = np.abs(moved.predictor - found.predictor) / np.sqrt(spread)
        widening = np.abs(np.log(spread / variance))
        found, variance = moved, spread
        if max(change.max(), widening.max()) < CORRECTION_TOLERANCE:
            break
    return found, variance


def _draw(normal: Normal, design: Floats, rng: np.random.Generator) -> Floats:
    """One draw of the predictors."""
    s, t = normal.spread.spatial, normal.spread.unstructured
    error = np.linalg.solve(normal.coefficient_root.T, rng.standard_normal(design.shape[1]))
    field = normal.field_mean - normal.response @ error
    field += normal.conditioned.draw(rng.standard_normal(len(design)))
    linear = design @ (normal.coefficients + error) + s * field
    pull = t * normal.reduced
    noise = np.sqrt(np.maximum(t * (1 - pull), 0.0)) * rng.standard_normal(len(design))
    drawn: Floats = linear + pull * (normal.value - linear) + noise
    return drawn
