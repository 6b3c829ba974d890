"""Estimates whose errors are correlated across areas: the same model by dense algebra."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.linalg import cho_factor, cho_solve, solve_triangular

from models.checks import Bools, Floats
from models.smoothing.field import Field
from models.smoothing.inner import Approximation, Spread
from models.smoothing.likelihood import Gaussian


@dataclass(frozen=True)
class Silent(Gaussian):
    """Areas whose own answer is already in the approximation, since it cannot be told from the others'."""

    def log_density(self, predictor: Floats) -> Floats:
        """Nothing is left to say."""
        return np.zeros_like(predictor)


@dataclass(frozen=True)
class Correlated:
    """Estimates with a known covariance matrix.

    Attributes
    ----------
    value : (n,) estimates, NaN unknown
    error : (n, n) their covariance
    field, design, prior_precision : as in `Independent`

    Notes
    -----
    Dense: time n^3 at each node, memory n^2; some thousand areas.
    """

    value: Floats
    error: Floats
    field: Field
    design: Floats
    prior_precision: Floats

    @property
    def likelihood(self) -> Silent:
        """Only the scale, and where there are estimates."""
        return Silent(self.value, np.diag(self.error))

    @cached_property
    def _structure(self) -> Floats:
        """(n, n) covariance of the scaled field: generalised inverse of its precision."""
        parts, bound = self.field.parts, self.field.bound
        same = (parts.label[:, None] == parts.label) & bound[:, None] & bound
        mean = same / parts.size[parts.label][:, None]
        inverse: Floats = np.linalg.inv(self.field.precision.toarray() + mean) - mean
        return (inverse + inverse.T) / 2

    def mode(self, spread: Spread, start: Floats) -> tuple[float, Floats]:
        """Exact marginal likelihood."""
        found = self._solved(spread)
        return found.log_marginal, found.mean

    def approximation(self, spread: Spread, start: Floats) -> Approximation:
        """Exact posterior."""
        found = self._solved(spread)
        nothing = np.zeros_like(found.mean)
        return Approximation(
            spread=spread,
            mean=found.mean,
            variance=np.diag(self._covariance(found)).copy(),
            site_weight=nothing,
            site_value=nothing,
            coefficients=found.coefficients,
            covariance=np.linalg.inv(found.precision).astype(np.float64),
            evidence=found.log_marginal,
        )

    def drawer(self, found: Approximation) -> Callable[[np.random.Generator], Floats]:
        """Draws from the joint normal."""
        covariance = self._covariance(self._solved(found.spread))
        values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
        root = vectors * np.sqrt(np.clip(values, 0, None))

        def draw(rng: np.random.Generator) -> Floats:
            drawn: Floats = found.mean + root @ rng.standard_normal(len(found.mean))
            return drawn

        return draw

    def _solved(self, spread: Spread) -> "_Solved":
        seen: Bools = ~np.isnan(self.value)
        prior = spread.spatial**2 * self._structure + spread.unstructured * np.eye(len(self.value))
        factor = cho_factor(prior[seen][:, seen] + self.error[seen][:, seen], lower=True)
        x, z = self.design[seen], self.value[seen]
        inverse_x, inverse_z = cho_solve(factor, x), cho_solve(factor, z)
        precision = x.T @ inverse_x + np.diag(self.prior_precision)
        coefficients: Floats = np.linalg.solve(precision, inverse_x.T @ z).astype(np.float64)
        away = inverse_z - inverse_x @ coefficients
        log_det = 2 * float(np.log(np.diag(factor[0])).sum()) + float(np.linalg.slogdet(precision)[1])
        quadratic = float(z @ inverse_z - (inverse_x.T @ z) @ coefficients)
        mean = self.design @ coefficients + prior[:, seen] @ away
        half = solve_triangular(factor[0], prior[seen], lower=True)
        rest = self.design - prior[:, seen] @ inverse_x
        return _Solved(-0.5 * (log_det + quadratic), mean, coefficients, precision, (prior, half, rest))

    @staticmethod
    def _covariance(found: "_Solved") -> Floats:
        prior, half, rest = found.parts
        covariance: Floats = prior - half.T @ half + rest @ np.linalg.solve(found.precision, rest.T)
        return covariance


@dataclass(frozen=True, slots=True)
class _Solved:
    """Posterior mean, and what its covariance is made of."""

    log_marginal: float
    mean: Floats
    coefficients: Floats
    precision: Floats
    parts: tuple[Floats, Floats, Floats]
