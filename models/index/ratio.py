"""Composite index: a weighted geometric mean of topic ratios, with its uncertainty."""

import numpy as np
from numpy.typing import ArrayLike

from models.checks import as_floats, check_positive
from models.index.ranks import summary
from models.results import IndexEstimates


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
    return summary(index)
