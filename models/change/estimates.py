"""Change of a surveyed mean or proportion between two rounds."""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from models.change.counts import DRAWS
from models.change.results import Change
from models.checks import Bools, Floats, as_floats, check_same_length
from models.estimates.fay_herriot import FayHerriot
from models.graph import Neighbours
from models.replicates import generator
from models.smoothing.correlated import Silent
from models.smoothing.explore import explore
from models.smoothing.field import scaled_field
from models.smoothing.inner import Independent
from models.smoothing.latent import Latent, latent
from models.smoothing.likelihood import Gaussian
from models.smoothing.marginals import Marginals, marginals
from models.smoothing.priors import Priors

LEVEL_STREAM = 2


def change_in_estimates(
    before: ArrayLike,
    after: ArrayLike,
    neighbours: Neighbours,
    *,
    variance_before: ArrayLike,
    variance_after: ArrayLike,
    covariance: ArrayLike = 0.0,
    weight: ArrayLike | None = None,
    priors: Priors | None = None,
    seed: int = 0,
) -> Change:
    """Difference of each area's estimate after and before, from one model of both rounds.

    The estimates are level + error and level + change + error. Levels are normal over the areas with a
    variance found by REML from the first round; given them, the second round's residual from its regression
    on the first is the change plus noise of known variance, which a BYM2 field smooths. Households asked in
    both rounds enter through `covariance`.

    Parameters
    ----------
    before, after : (n,) direct estimates on a scale where they are near normal (logit, arcsine); NaN unasked
    neighbours : (n, n) sparse, symmetric, nonzero = neighbours
    variance_before, variance_after : (n,) sampling variances, smoothed (`variance_function`)
    covariance : (n,) or one number, of the two errors of an area
    weight : (n,) of an area in the city's change, such as its population; all alike if not given
    priors : of the change; sigma's default is half-normal(1) on the scale given
    seed : of the draws behind `rose_more`

    Raises
    ------
    ValueError
        If shapes differ, a variance is not positive where there is an estimate, a covariance exceeds what
        the variances allow, or fewer than three areas were asked in either round.

    Notes
    -----
    The error of the levels' mean is added to every change; that of their variance is left out.

    References
    ----------
    Rao & Yu (1994), Canadian Journal of Statistics 22, 511-528 (area models over time).
    """
    rounds = _rounds(before, after, variance_before, variance_after, covariance)
    level = FayHerriot().fit(rounds.before, rounds.variance_before, np.ones((len(rounds.before), 1)))
    value, variance = rounds.residual(level.variance_, float(level.coefficients_[0]))
    problem = Independent(
        Gaussian(value, variance),
        scaled_field(neighbours, n=len(value)),
        np.ones((len(value), 1)),
        np.zeros(1),
    )
    with threadpool_limits(limits=1):
        found, _ = latent(problem, explore(problem, priors if priors is not None else Priors()))
        base = Base(float(level.coefficients_[0]), float(level.coefficient_covariance_[0, 0]))
        share = np.ones(len(value)) if weight is None else as_floats("weight", weight)
        return _Difference(found, base, share / share.sum(), seed).change()


@dataclass(frozen=True, slots=True)
class Base:
    """Mean of the levels before, and its variance."""

    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class _Rounds:
    """Checked estimates of two rounds."""

    before: Floats
    after: Floats
    variance_before: Floats
    variance_after: Floats
    covariance: Floats

    def residual(self, spread: float, mean: float) -> tuple[Floats, Floats]:
        """What the second round adds to the first: mean of levels + change, and its known variance."""
        first = np.isfinite(self.before)
        total = spread + np.where(first, self.variance_before, 1.0)
        together = np.where(first, spread + self.covariance, 0.0)
        slope = together / total
        away = np.where(first, self.before - mean, 0.0)
        variance = spread + self.variance_after - slope * together
        return self.after - slope * away, variance


def _rounds(
    before: ArrayLike,
    after: ArrayLike,
    variance_before: ArrayLike,
    variance_after: ArrayLike,
    covariance: ArrayLike,
) -> _Rounds:
    y1, y2 = as_floats("before", before), as_floats("after", after)
    v1, v2 = as_floats("variance_before", variance_before), as_floats("variance_after", variance_after)
    c = np.broadcast_to(np.asarray(covariance, dtype=np.float64), y1.shape)
    check_same_length(before=y1, after=y2, variance_before=v1, variance_after=v2)
    for name, values, errors in (("before", y1, v1), ("after", y2, v2)):
        seen = np.isfinite(values)
        if seen.sum() < 3:
            raise ValueError(f"{name} needs at least three areas with an estimate; got {int(seen.sum())}")
        if not (np.isfinite(errors[seen]) & (errors[seen] > 0)).all():
            raise ValueError(f"variance_{name} must be > 0 wherever {name} has an estimate")
    both = np.isfinite(y1) & np.isfinite(y2)
    if (c[both] ** 2 >= v1[both] * v2[both]).any() or not np.isfinite(c[both]).all():
        raise ValueError("covariance must be below the geometric mean of the two variances in every area")
    return _Rounds(y1, y2, v1, v2, np.asarray(c))


@dataclass(frozen=True)
class _Difference:
    """Second-round predictors less the first round's mean."""

    found: Latent
    base: Base
    share: Floats
    seed: int
    silent: Silent = field(init=False)

    def __post_init__(self) -> None:
        nothing = np.zeros(self.found.mean.shape[1])
        object.__setattr__(self, "silent", Silent(nothing, nothing + 1))

    @cached_property
    def marginals(self) -> Marginals:
        """Of the change; the answers are in the normal mixture already."""
        nothing = np.zeros_like(self.found.mean)
        return marginals(
            self.found.mean - self.base.mean,
            self.found.variance + self.base.variance,
            self.found.weights,
            (nothing, nothing),
            self.silent.log_density,
            (self.silent.to_scale, self.silent.to_predictor),
        )

    def draw(self, count: int, seed: int) -> Floats:
        """(count, n) joint draws of the change."""
        level = [generator(seed, one, stream=LEVEL_STREAM).standard_normal() for one in range(count)]
        base = self.base.mean + np.sqrt(self.base.variance) * np.array(level)
        drawn: Floats = self.found.sample(count, seed) - base[:, None]
        return drawn

    def change(self) -> Change:
        """All summaries."""
        mean, sd = self.marginals.moments()
        draws = self.draw(DRAWS, self.seed)
        city = draws @ self.share
        observed: Bools = self.found.problem.likelihood.observed
        return Change(
            mean=mean,
            sd=sd,
            lower=self.marginals.quantile(0.025),
            median=self.marginals.quantile(0.5),
            upper=self.marginals.quantile(0.975),
            rose=self.marginals.exceedance(0.0),
            rose_more=(draws > city[:, None]).mean(axis=0),
            observed=observed.copy(),
            city=float(city.mean()),
            draw=self.draw,
        )
