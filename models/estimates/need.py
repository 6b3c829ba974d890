"""Persons in need: population times the probability of need, by age-sex group."""

import numpy as np
from numpy.typing import ArrayLike

from models.checks import Floats, as_floats, check_bounds, check_counts
from models.results import NeedEstimates


def persons_in_need(population: ArrayLike, theta: ArrayLike, *, level: float = 0.95) -> NeedEstimates:
    """D_i = sum over groups of population_ig x theta_ig.

    Parameters
    ----------
    population : (n_areas, n_groups) persons
    theta : (n_areas, n_groups) probabilities, or (n_areas, n_groups, draws) from `posterior_draws`
    level : of the interval

    Returns
    -------
    NeedEstimates; its interval and sd are NaN when `theta` has no draws

    Raises
    ------
    ValueError
        If shapes differ, a population is negative or unknown, or a probability leaves [0, 1].
    """
    check_bounds({"level": level}, {"level": (0.5, 0.999)})
    persons, probability = as_floats("population", population, ndim=2), np.asarray(theta, dtype=np.float64)
    check_counts("population", persons.ravel())
    if probability.ndim not in (2, 3) or probability.shape[:2] != persons.shape:
        raise ValueError(f"theta must be {persons.shape} or with draws behind; got {probability.shape}")
    if not ((probability >= 0) & (probability <= 1)).all():
        raise ValueError("theta must lie in [0, 1] in every cell; estimate it for every area first")
    if probability.ndim == 2:
        return _need((persons * probability).sum(axis=1), persons.sum(axis=1), None, level)
    draws = np.einsum("ng,ngr->nr", persons, probability)
    return _need(draws.mean(axis=1), persons.sum(axis=1), draws, level)


def _need(need: Floats, total: Floats, draws: Floats | None, level: float) -> NeedEstimates:
    unknown = np.full(len(need), np.nan)
    lower, upper, sd = unknown, unknown.copy(), unknown.copy()
    if draws is not None:
        lower, upper = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=1)
        sd = draws.std(axis=1)
    per_1000 = np.divide(1000 * need, total, out=np.full(len(need), np.nan), where=total > 0)
    return NeedEstimates(persons=need, lower=lower, upper=upper, sd=sd, per_1000=per_1000)
