"""Each area foretold from all the others."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.polynomial.hermite_e import hermegauss
from scipy.special import betainc, gammaincc, ndtr
from scipy.stats import kstest

from models.checks import Floats
from models.replicates import generator
from models.results import _Frozen
from models.smoothing import BYM2
from models.smoothing.latent import Latent
from models.smoothing.likelihood import Binomial, Gaussian, Likelihood, Poisson

NODES, WEIGHTS = hermegauss(41)
WEIGHTS = WEIGHTS / WEIGHTS.sum()
OUTLYING = 0.001
PLACE_STREAM = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveOneOut(_Frozen):
    """How well each area is foretold by the rest of the map; arrays are (n,), NaN without a response.

    Attributes
    ----------
    log_density : log of the predictive probability (density) of what was observed
    pit_below, pit : probability of less, and of less or as much: where in the prediction the answer lies
    """

    log_density: Floats
    pit_below: Floats
    pit: Floats

    @property
    def log_score(self) -> float:
        """Sum of the log predictive probabilities: the higher, the better of two models of the same data."""
        return float(np.nansum(self.log_density))

    @property
    def outlying(self) -> Floats:
        """(n,) True where fewer than one in a thousand such areas would be as far out."""
        return np.asarray((self.pit < OUTLYING) | (self.pit_below > 1 - OUTLYING))

    def histogram(self, bins: int = 10) -> Floats:
        """Share of areas in each tenth of their prediction; all alike where predictions are honest.

        References
        ----------
        Czado, Gneiting & Held (2009), Biometrics 65, 1254-1261 (the form for counts).
        """
        edges = np.linspace(0, 1, bins + 1)
        known = ~np.isnan(self.pit)
        low, high = self.pit_below[known, None], self.pit[known, None]
        below = np.clip((edges - low) / np.maximum(high - low, 1e-12), 0, 1)
        share: Floats = np.diff(below.mean(axis=0))
        return share

    def uniform_p(self, seed: int = 0) -> float:
        """Kolmogorov's p that answers lie evenly in their predictions.

        Small where predictions are too wide, too narrow or off. Each answer is put at a random place in the
        jump of its prediction, which is uniform where the prediction is right (Smith 1985).
        """
        within = generator(seed, 0, stream=PLACE_STREAM).random(len(self.pit))
        placed = self.pit_below + within * (self.pit - self.pit_below)
        return float(kstest(placed[~np.isnan(placed)], "uniform").pvalue)

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        columns = {"log_density": self.log_density, "pit_below": self.pit_below, "pit": self.pit}
        return pd.DataFrame(columns, index=pd.RangeIndex(len(self.pit), name="area"))


def leave_one_out(model: BYM2) -> LeaveOneOut:
    """Predictive distribution of each area's answer from a fit without that answer.

    Nothing is fitted again: at each value of the hyperparameters the area's own part is taken out of its
    posterior, and the values are weighed by what the area had added to them.

    Parameters
    ----------
    model : fitted, of independent answers

    Raises
    ------
    ValueError
        If errors are correlated across areas: then an answer cannot be taken out alone.

    References
    ----------
    Held, Schroedle & Rue (2010), in: Statistical Modelling and Regression Structures, 91-110.
    """
    found: Latent = model.latent_
    likelihood = found.problem.likelihood
    if not isinstance(likelihood, Poisson | Binomial | Gaussian) or type(likelihood).__name__ == "Silent":
        raise ValueError(
            "leave-one-out needs independent answers; fit with variances instead of a covariance"
        )
    seen = likelihood.observed
    density, below, upto = (np.empty((len(found.weights), int(seen.sum()))) for _ in range(3))
    for place, part in enumerate(found.parts):
        precision = np.maximum(1 / part.variance - part.site_weight, 1e-9 / part.variance)[seen]
        rest = (part.mean / part.variance - part.site_weight * part.site_value)[seen] / precision
        density[place], below[place], upto[place] = _predicted(likelihood, rest, precision)
    weight = found.weights[:, None] / np.maximum(density, 1e-300)
    weight /= weight.sum(axis=0)
    return LeaveOneOut(
        log_density=_spread(np.log(np.maximum((weight * density).sum(axis=0), 1e-300)), seen),
        pit_below=_spread((weight * below).sum(axis=0), seen),
        pit=_spread((weight * upto).sum(axis=0), seen),
    )


def _predicted(likelihood: Likelihood, mean: Floats, precision: Floats) -> tuple[Floats, Floats, Floats]:
    """Predictive density at the answer, probability below it, and up to it; (observed areas,)."""
    seen = likelihood.observed
    predictor = np.full((len(seen), len(NODES)), 0.0)
    predictor[seen] = mean[:, None] + NODES / np.sqrt(precision)[:, None]
    density = np.exp(likelihood.log_density(predictor))[seen] @ WEIGHTS
    below, upto = _cumulative(likelihood, predictor)
    return density, below[seen] @ WEIGHTS, upto[seen] @ WEIGHTS


def _cumulative(likelihood: Likelihood, predictor: Floats) -> tuple[Floats, Floats]:
    """Probability of less than the answer, and of the answer or less, at each predictor."""
    scale = likelihood.to_scale(predictor)
    if isinstance(likelihood, Poisson):
        count = np.nan_to_num(likelihood.count)[:, None]
        mean = likelihood.expected[:, None] * scale
        below = np.where(count > 0, gammaincc(np.maximum(count, 1e-9), mean), 0.0)
        return below, np.asarray(gammaincc(count + 1, mean))
    if isinstance(likelihood, Binomial):
        yes, n = np.nan_to_num(likelihood.successes)[:, None], likelihood.trials[:, None]
        return _binomial_below(yes - 1, n, scale), _binomial_below(yes, n, scale)
    assert isinstance(likelihood, Gaussian)
    value = np.nan_to_num(likelihood.value)[:, None]
    each = ndtr((value - scale) / np.sqrt(np.nan_to_num(likelihood.variance, nan=1.0))[:, None])
    return each, each


def _binomial_below(count: Floats, trials: Floats, share: Floats) -> Floats:
    """P(X <= count), also for fractions, by the incomplete beta function."""
    inside = (count >= 0) & (count < trials)
    a, b = np.where(inside, trials - count, 1.0), np.where(inside, count + 1, 1.0)
    value = betainc(a, b, 1 - share)
    return np.where(count < 0, 0.0, np.where(count >= trials, 1.0, value))


def _spread(values: Floats, seen: np.ndarray) -> Floats:
    found = np.full(len(seen), np.nan)
    found[seen] = values
    return found
