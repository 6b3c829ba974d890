"""Composite index: a weighted geometric mean of topic ratios, with its uncertainty."""

import numpy as np
from numpy.typing import ArrayLike

from models.checks import Floats, Ints, as_floats, check_positive
from models.results import IndexEstimates

LEVELS = (0.025, 0.975)


def ratio_index(theta_draws: ArrayLike, weights: ArrayLike, base: ArrayLike) -> IndexEstimates:
    """exp(sum_k weight_k log(theta_ik / base_k)), over joint draws.

    Parameters
    ----------
    theta_draws : (n_topics, n_areas, draws) proportions or rates, > 0, drawn jointly over topics
    weights : (n_topics,) not negative; scaled to sum to 1
    base : (n_topics,) city means of the frozen base year, > 0

    Returns
    -------
    IndexEstimates; rank 1 is the highest mean (ties share the better rank), with its 95 % interval

    References
    ----------
    OECD & JRC (2008), Handbook on Constructing Composite Indicators.
    """
    theta = as_floats("theta_draws", theta_draws, ndim=3)
    share, means = as_floats("weights", weights), as_floats("base", base)
    check_positive("theta_draws", theta.ravel())
    check_positive("base", means)
    if not len(share) == len(means) == len(theta):
        raise ValueError(f"one weight and one base a topic ({len(theta)}); got {len(share)} and {len(means)}")
    if not (share >= 0).all() or share.sum() <= 0:
        raise ValueError(f"weights must be >= 0 and not all 0; got {share.tolist()}")
    share = share / share.sum()
    index = np.exp(np.einsum("k,knr->nr", share, np.log(theta / means[:, None, None])))
    ranks = np.argsort(np.argsort(-index, axis=0, kind="stable"), axis=0, kind="stable") + 1
    lower, median, upper = np.quantile(index, [LEVELS[0], 0.5, LEVELS[1]], axis=1)
    rank_lower, rank_upper = np.quantile(ranks, LEVELS, axis=1, method="inverted_cdf")
    mean = index.mean(axis=1)
    return IndexEstimates(
        mean=mean,
        median=median,
        lower=lower,
        upper=upper,
        sd=index.std(axis=1),
        rank=_rank(mean),
        rank_lower=rank_lower.astype(np.int64),
        rank_upper=rank_upper.astype(np.int64),
    )


def _rank(values: Floats) -> Ints:
    """1 = highest; equal values share the better rank."""
    rank: Ints = (np.searchsorted(np.sort(-values), -values) + 1).astype(np.int64)
    return rank
