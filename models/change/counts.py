"""Change of a rate of cases: how the cases of an area split between two periods."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from models.change.results import Change
from models.checks import Bools, Floats, as_floats, check_counts, check_same_length
from models.graph import Neighbours
from models.smoothing.explore import explore
from models.smoothing.field import scaled_field
from models.smoothing.inner import Independent
from models.smoothing.latent import Latent, latent
from models.smoothing.likelihood import Binomial
from models.smoothing.priors import Priors

DRAWS = 1000  # behind the comparison with the city


def change_in_counts(
    cases_before: ArrayLike,
    cases_after: ArrayLike,
    expected_before: ArrayLike,
    expected_after: ArrayLike,
    neighbours: Neighbours,
    *,
    priors: Priors | None = None,
    seed: int = 0,
) -> Change:
    """Ratio of each area's rate after to its rate before, from one model of both periods.

    Given their sum, the cases after are binomial with logit log(E2 / E1) + log(r2 / r1): whatever lifts both
    periods of an area cancels. The log ratios are smoothed by a BYM2 field. Two maps that were smoothed
    apart must not be compared: each has lost part of what the other kept.

    Parameters
    ----------
    cases_before, cases_after : (n,) counts; fractions are allowed, such as those of a crosswalk
    expected_before, expected_after : (n,) expected cases on one scale: the same standard rates, or persons
        times years
    neighbours : (n, n) sparse, symmetric, nonzero = neighbours
    seed : of the draws behind `rose_more`

    Raises
    ------
    ValueError
        If shapes differ, a number is impossible, or one period has no case at all.

    References
    ----------
    Przyborowski & Wilenski (1940), Biometrika 31, 313-323 (the conditional test); Riebler et al. (2016).
    """
    y1, y2 = as_floats("cases_before", cases_before), as_floats("cases_after", cases_after)
    e1, e2 = as_floats("expected_before", expected_before), as_floats("expected_after", expected_after)
    check_same_length(cases_before=y1, cases_after=y2, expected_before=e1, expected_after=e2)
    known = _known(y1, y2, e1, e2)
    offset = np.where(known, np.log(np.where(known, e2, 1.0) / np.where(known, e1, 1.0)), 0.0)
    split = Split(np.where(known, y2, np.nan), np.where(known, y1 + y2, 0.0), offset)
    field = scaled_field(neighbours, n=len(y1))
    problem = Independent(split, field, np.ones((len(y1), 1)), np.zeros(1))
    with threadpool_limits(limits=1):
        found, _ = latent(problem, explore(problem, priors if priors is not None else Priors()))
        return _change(found, np.where(known, e1 + e2, 0.0), split.observed, seed)


def _known(y1: Floats, y2: Floats, e1: Floats, e2: Floats) -> Bools:
    """Areas where cases were possible in both periods."""
    for name, values in (("cases_before", y1), ("cases_after", y2)):
        check_counts(name, values)
        if not values.sum():
            raise ValueError(f"{name} must not all be 0: without a case a period has no rate to compare")
    for name, values, cases in (("expected_before", e1, y1), ("expected_after", e2, y2)):
        check_counts(name, values)
        if ((values == 0) & (cases > 0)).any():
            row = int(((values == 0) & (cases > 0)).argmax())
            raise ValueError(f"{name} is 0 in area {row}, which has cases; give it an expected count")
    known: Bools = (e1 > 0) & (e2 > 0)
    return known


@dataclass(frozen=True, slots=True)
class Split(Binomial):
    """Cases after out of all; the predictor is the log ratio of the rates.

    Attributes
    ----------
    offset : (n,) log of the expected cases after over those before
    """

    offset: Floats

    def start(self) -> Floats:
        """The overall ratio."""
        seen = self.observed
        share = self.successes[seen].sum() / self.trials[seen].sum()
        usual = np.average(self.offset[seen], weights=self.trials[seen])
        return np.full(len(self.trials), float(np.log(share / (1 - share)) - usual))

    def site(self, mean: Floats, variance: Floats) -> tuple[Floats, Floats]:
        """Working observation of the log ratio."""
        weight, value = Binomial.site(self, mean + self.offset, variance)
        return weight, value - self.offset

    def log_density(self, predictor: Floats) -> Floats:
        """Binomial log-probability; defined for fractions too."""
        offset = self.offset if predictor.ndim == 1 else self.offset[:, None]
        return Binomial.log_density(self, predictor + offset)

    def to_scale(self, predictor: Floats) -> Floats:
        """Ratio of the rates."""
        return np.exp(predictor)

    def to_predictor(self, value: float) -> float:
        """Log of a ratio."""
        return float(np.log(value)) if value > 0 else -np.inf


def _change(found: Latent, weight: Floats, observed: Bools, seed: int) -> Change:
    marginals = found.marginals
    mean, sd = marginals.moments()
    draws = found.sample(DRAWS, seed)
    share = weight / weight.sum()
    city = np.exp(np.log(draws) @ share)
    return Change(
        mean=mean,
        sd=sd,
        lower=marginals.quantile(0.025),
        median=marginals.quantile(0.5),
        upper=marginals.quantile(0.975),
        rose=marginals.exceedance(1.0),
        rose_more=(draws > city[:, None]).mean(axis=0),
        observed=observed,
        city=float(city.mean()),
        draw=found.sample,
    )
