"""What one area's answer says of its linear predictor: counts, shares, or estimates with known variance."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import expit, gammaln

from models.checks import Bools, Floats

NODES, WEIGHTS = hermegauss(11)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
LARGEST = 30.0  # linear predictors beyond it are numerical accidents on the way to the mode


class Likelihood(Protocol):
    """Independent answers; arrays are (n,), an area without an answer says nothing."""

    @property
    def observed(self) -> Bools:
        """Areas with an answer."""

    def start(self) -> Floats:
        """Linear predictors to begin from."""

    def site(self, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """Weight and value of the normal observation that acts like each answer.

        Its gradient and curvature are the answer's own, averaged over a normal linear predictor; with
        variance 0 it is the usual working observation at the mode.
        """

    def log_density(self, predictor: Floats) -> Floats:
        """Log-likelihood of each answer at linear predictors (n,) or (n, k); 0 without an answer."""

    def to_scale(self, predictor: Floats) -> Floats:
        """Relative risk, probability or mean."""

    def to_predictor(self, value: float) -> float:
        """The inverse of `to_scale`; -inf or inf outside its range."""


def _working(mean: Floats, gradient: Floats, weight: Floats, observed: Bools) -> tuple[Floats, Floats]:
    kept = np.where(observed, np.maximum(weight, 1e-12), 0.0)
    step = np.divide(gradient, kept, out=np.zeros_like(mean), where=observed)
    return kept, mean + step


@dataclass(frozen=True, slots=True)
class Poisson:
    """Counts (NaN unknown) with expected counts."""

    count: Floats
    expected: Floats

    @property
    def observed(self) -> Bools:
        """Areas with a count."""
        return ~np.isnan(self.count)

    def start(self) -> Floats:
        """Log of the ratio, drawn a little towards the overall one."""
        seen = self.observed
        overall = self.count[seen].sum() / self.expected[seen].sum()
        start = np.full(len(self.count), np.log(overall))
        ratio = (self.count[seen] + overall) / (self.expected[seen] + 1)
        start[seen] = np.log(ratio)
        return start

    def site(self, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """Expected counts under a log-normal risk."""
        fitted = self.expected * np.exp(np.minimum(mean + variance / 2, LARGEST))
        return _working(mean, self.count - fitted, fitted, self.observed)

    def log_density(self, predictor: Floats) -> Floats:
        """Poisson log-probability."""
        count, base = _like(predictor, self.count, self.expected)
        value = count * (predictor + np.log(base)) - base * np.exp(predictor) - gammaln(count + 1)
        return np.where(np.isnan(count), 0.0, value)

    def to_scale(self, predictor: Floats) -> Floats:
        """Relative risk."""
        return np.exp(predictor)

    def to_predictor(self, value: float) -> float:
        """Log of a relative risk."""
        return float(np.log(value)) if value > 0 else -np.inf


@dataclass(frozen=True, slots=True)
class Binomial:
    """Successes (NaN unknown) out of trials; fractions are allowed, such as effective sizes."""

    successes: Floats
    trials: Floats

    @property
    def observed(self) -> Bools:
        """Areas with trials."""
        return ~np.isnan(self.successes) & (self.trials > 0)

    def start(self) -> Floats:
        """Logit of the share, drawn a little towards the overall one."""
        seen = self.observed
        overall = self.successes[seen].sum() / self.trials[seen].sum()
        share = np.full(len(self.trials), overall)
        share[seen] = (self.successes[seen] + overall) / (self.trials[seen] + 1)
        logit: Floats = np.log(share / (1 - share))
        return logit

    def site(self, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """Expected probability and its slope under a normal logit."""
        if not variance.any():
            p = expit(mean)
            slope = p * (1 - p)
        else:
            around = expit(mean[:, None] + np.sqrt(variance)[:, None] * NODES)
            p, slope = around @ WEIGHTS, (around * (1 - around)) @ WEIGHTS
        return _working(mean, self.successes - self.trials * p, self.trials * slope, self.observed)

    def log_density(self, predictor: Floats) -> Floats:
        """Binomial log-probability."""
        yes, n = _like(predictor, self.successes, self.trials)
        choose = gammaln(n + 1) - gammaln(yes + 1) - gammaln(n - yes + 1)
        value = yes * predictor - n * np.logaddexp(0, predictor) + choose
        seen = self.observed if predictor.ndim == 1 else self.observed[:, None]
        return np.where(seen, value, 0.0)

    def to_scale(self, predictor: Floats) -> Floats:
        """Probability."""
        return np.asarray(expit(predictor), dtype=np.float64)

    def to_predictor(self, value: float) -> float:
        """Logit of a probability."""
        if not 0 < value < 1:
            return -np.inf if value <= 0 else np.inf
        return float(np.log(value / (1 - value)))


@dataclass(frozen=True, slots=True)
class Gaussian:
    """Estimates (NaN unknown) with known variances."""

    value: Floats
    variance: Floats

    @property
    def observed(self) -> Bools:
        """Areas with an estimate."""
        return ~np.isnan(self.value)

    def start(self) -> Floats:
        """The estimates, their mean elsewhere."""
        return np.where(self.observed, self.value, np.nanmean(self.value))

    def site(self, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """The estimates themselves."""
        weight = np.where(self.observed, 1 / self.variance, 0.0)
        return weight, np.where(self.observed, self.value, mean)

    def log_density(self, predictor: Floats) -> Floats:
        """Normal log-density."""
        value, variance = _like(predictor, self.value, self.variance)
        found = -0.5 * (value - predictor) ** 2 / variance - 0.5 * np.log(2 * np.pi * variance)
        return np.where(np.isnan(value), 0.0, found)

    def to_scale(self, predictor: Floats) -> Floats:
        """The mean itself."""
        return predictor

    def to_predictor(self, value: float) -> float:
        """The mean itself."""
        return float(value)


def _like(predictor: Floats, *columns: Floats) -> tuple[Floats, ...]:
    """Columns (n,) shaped to go with predictors (n,) or (n, k)."""
    return columns if predictor.ndim == 1 else tuple(column[:, None] for column in columns)
