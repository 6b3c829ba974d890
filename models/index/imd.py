"""The English Index of Multiple Deprivation."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri
from scipy.stats import rankdata
from sklearn.decomposition import FactorAnalysis

from models.checks import Floats, as_codes, as_floats, check_positive, check_same_length
from models.index.recipes import CompositeEstimates, composite, indicator_draws, part_codes

IMD_2019 = (22.5, 22.5, 13.5, 13.5, 9.3, 9.3, 9.3)
SCALE = 23.0


def imd(
    values: ArrayLike,
    domains: ArrayLike,
    weights: ArrayLike = IMD_2019,
    *,
    combine: Literal["mean", "factor"] = "mean",
) -> CompositeEstimates:
    """Domains ranked, their ranks stretched exponentially, added with weights.

    Parameters
    ----------
    values : (indicators, areas) or (indicators, areas, draws), high = deprived; those of small samples first
        through `shrink_to_district`
    domains : (indicators,) codes 0..
    weights : (n_domains,) > 0, scaled to sum to 1
    combine : how several indicators of one domain become one, after each is made normal by its ranks: equal
        weights, or the scores of one factor (maximum likelihood, on the means over draws; a domain needs
        three indicators)

    Returns
    -------
    CompositeEstimates; parts are the transformed domains, 0-100

    Notes
    -----
    The transformation gives the most deprived tenth half of the scale, so that being well off in one domain
    cannot cancel deprivation in another.

    References
    ----------
    McLennan et al. (2019), The English Indices of Deprivation 2019: Technical report, MHCLG.
    """
    table = indicator_draws(values)
    domain = part_codes("domains", domains, table)
    share = as_floats("weights", weights)
    check_positive("weights", share)
    if len(share) != domain.max() + 1:
        raise ValueError(f"one weight a domain ({int(domain.max()) + 1}); got {len(share)}")
    if combine not in ("mean", "factor"):
        raise ValueError(f"combine must be 'mean' or 'factor'; got {combine!r}")
    parts = [exponential(_domain(table[domain == number], combine)) for number in range(len(share))]
    stacked = np.stack(parts)
    index: Floats = np.tensordot(share / share.sum(), stacked, axes=1)
    return composite(index, stacked)


def exponential(scores: Floats) -> Floats:
    """-23 ln(1 - R (1 - exp(-100 / 23))) of ranks R in (0, 1] along axis 0: the highest score gives 100.

    Examples
    --------
    >>> exponential(np.arange(10.0)).round(2).tolist()[-2:]
    [50.43, 100.0]
    """
    rank = rankdata(scores, method="average", axis=0) / len(scores)
    stretched: Floats = -SCALE * np.log1p(-rank * (-np.expm1(-100 / SCALE)))
    return stretched


def shrink_to_district(estimate: ArrayLike, se: ArrayLike, district: ArrayLike) -> Floats:
    """Draw each area's estimate to its district's mean, the more the less certain it is.

    Parameters
    ----------
    estimate : (n_areas,) for example log odds
    se : (n_areas,) standard errors, > 0
    district : (n_areas,) codes 0..

    Returns
    -------
    (n_areas,) w estimate + (1 - w) mean, w = (1 / se^2) / (1 / se^2 + 1 / t^2), t^2 the variance between the
    district's estimates. As published that variance holds sampling error too, so this shrinks too little:
    `FayHerriot` is better, this is the recipe.
    """
    value, error = as_floats("estimate", estimate), as_floats("se", se)
    code = as_codes("district", district, count=np.iinfo(np.int64).max)
    check_same_length(estimate=value, se=error, district=code)
    check_positive("se", error)
    n = np.bincount(code).astype(np.float64)
    mean = np.bincount(code, value) / np.maximum(n, 1)
    between = np.bincount(code, (value - mean[code]) ** 2) / np.maximum(n - 1, 1)
    weight = between[code] / (between[code] + error**2)
    shrunk: Floats = weight * value + (1 - weight) * mean[code]
    return shrunk


def _domain(table: Floats, combine: str) -> Floats:
    """Score (n_areas, draws) of the indicators (k, n_areas, draws) of one domain."""
    if len(table) == 1:
        single: Floats = table[0]
        return single
    normal = ndtri((rankdata(table, method="average", axis=1) - 0.5) / table.shape[1])
    if combine == "mean":
        mean: Floats = normal.mean(axis=0)
        return mean
    if len(table) < 3:
        raise ValueError("a factor needs three indicators a domain or more; use combine='mean'")
    score: Floats = np.tensordot(_factor_weights(table.mean(axis=2)), normal, axes=1)
    return score


def _factor_weights(means: Floats) -> Floats:
    """Weights (k,) of one maximum likelihood factor, pointing to deprivation."""
    normal = ndtri((rankdata(means, method="average", axis=1) - 0.5) / means.shape[1])
    model = FactorAnalysis(1, svd_method="lapack", tol=1e-8, max_iter=20_000).fit(normal.T)
    weights = model.components_[0] / model.noise_variance_
    turned: Floats = weights * np.sign(weights.sum()) / np.abs(weights).sum()
    return turned
