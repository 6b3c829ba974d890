"""Rates of cases smoothed, with joint draws: by neighbours where there are any, else towards the mean."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from app.refresh.results import Chance, Floats
from geo.neighbours import Sparse
from models.replicates import generator
from models.smoothing import BYM2, EmpiricalBayes

METHOD = {
    "tr": "komşuluk bilgisini kullanan uzamsal model (BYM2)",
    "en": "spatial model that learns from neighbours (BYM2)",
}
DISTRICT_METHOD = {
    "tr": "gama-Poisson ampirik Bayes (Clayton ve Kaldor 1987)",
    "en": "gamma-Poisson empirical Bayes (Clayton and Kaldor 1987)",
}
MIN_SMOOTHED = 3  # below this many places there is no prior to learn
STREAM = 61  # of random numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoothed:
    """Posterior of a rate; arrays are (n,), NaN where nobody lives.

    Attributes
    ----------
    mean, lower, upper : with the 95 % interval
    cv : posterior sd over mean
    draws : (n, draws), joint over areas
    """

    mean: Floats
    lower: Floats
    upper: Floats
    cv: Floats
    draws: Floats


def smoothed_rate(
    count: npt.NDArray[np.int64], exposure: Floats, neighbours: Sparse | None, chance: Chance
) -> Smoothed:
    """Smooth counts over an exposure, such as person-years.

    Parameters
    ----------
    count : (n,) cases
    exposure : (n,) not negative
    neighbours : (n, n), None for a handful of districts, which are shrunk towards their mean

    Returns
    -------
    Smoothed; all NaN with fewer than three lived-in places or without a case, since no rate can be told
    """
    lived = exposure > 0
    if lived.sum() < MIN_SMOOTHED or not count[lived].sum():
        nothing = np.full(len(count), np.nan)
        return Smoothed(
            mean=nothing, lower=nothing, upper=nothing, cv=nothing, draws=nothing[:, None].repeat(2, axis=1)
        )
    overall = float(count[lived].sum() / exposure[lived].sum())
    expected = exposure * overall
    if neighbours is None:
        risk = _towards_the_mean(count, expected, lived, chance)
    else:
        risk = _by_neighbours(count, expected, neighbours, chance)
    risk[~lived] = np.nan
    mean, lower, upper, sd = risk[:, :4].T
    return Smoothed(
        mean=mean * overall,
        lower=lower * overall,
        upper=upper * overall,
        cv=sd / mean,
        draws=risk[:, 4:] * overall,
    )


def _by_neighbours(
    count: npt.NDArray[np.int64], expected: Floats, neighbours: Sparse, chance: Chance
) -> Floats:
    """(n, 4 + draws) mean, lower, upper, sd and draws of the relative risk."""
    seen = np.where(expected > 0, count, np.nan)
    model = BYM2("poisson", seed=chance.seed).fit(seen, expected, neighbours)
    found = model.result_
    return np.column_stack(
        [found.mean, found.lower, found.upper, found.sd, model.sample(chance.draws).T.astype(np.float64)]
    )


def _towards_the_mean(
    count: npt.NDArray[np.int64], expected: Floats, lived: npt.NDArray[np.bool_], chance: Chance
) -> Floats:
    """(n, 4 + draws) the same, from the gamma posterior of each place."""
    fit = EmpiricalBayes().fit(expected[lived], count[lived].astype(np.float64)).result_
    shape, scale = (fit.risk / fit.sd) ** 2, fit.sd**2 / fit.risk
    draws = np.column_stack(
        [generator(chance.seed, one, stream=STREAM).gamma(shape, scale) for one in range(chance.draws)]
    )
    out = np.full((len(count), 4 + chance.draws), np.nan)
    out[lived] = np.column_stack([fit.risk, fit.lower, fit.upper, fit.sd, draws])
    return out
