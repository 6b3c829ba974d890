"""Getis and Ord's general G: whether high values gather."""

import numpy as np
from numpy.typing import ArrayLike

from models.checks import Floats
from models.graph import Neighbours
from models.hotspots.chance import check_alternative, normal_p
from models.hotspots.moments import Sums, sums_of
from models.hotspots.observed import observe
from models.hotspots.results import GlobalStatistic


def general_g(
    values: ArrayLike, neighbours: Neighbours, *, style: str = "B", alternative: str = "two-sided"
) -> GlobalStatistic:
    """G = sum_ij w_ij x_i x_j / sum_(i != j) x_i x_j: above its mean high values gather, below lie apart.

    Parameters
    ----------
    values : (n_areas,) >= 0 with a natural zero, raw, never smoothed
    neighbours : (n_areas, n_areas) sparse weights, 0 where not neighbours
    style : "B" zero or one, "W" rows sum to one, "raw" as given
    alternative : "greater" is that high values gather

    Raises
    ------
    ValueError
        As `moran`, or if a value is negative or fewer than two are positive.

    References
    ----------
    Getis & Ord (1992), Geographical Analysis 24, 189-206.
    """
    check_alternative(alternative)
    seen = observe(values, neighbours, style=style)
    x = seen.values
    if (x < 0).any() or (x > 0).sum() < 2:
        raise ValueError(
            f"values must be >= 0 and at least two > 0; {int((x < 0).sum())} are negative and "
            f"{int((x > 0).sum())} positive: use moran for values without a natural zero"
        )
    x = x / x.max()
    n, sums, pairs = len(x), sums_of(seen.weights), float(x.sum() ** 2 - (x**2).sum())
    statistic, expected = float(x @ (seen.weights @ x)) / pairs, sums.s0 / (n * (n - 1))
    variance = _second_moment(x, sums) / pairs**2 - expected**2
    z = (statistic - expected) / np.sqrt(variance) if variance > 0 else np.nan
    return GlobalStatistic(
        statistic=statistic,
        expected=expected,
        variance=variance,
        z=float(z),
        p_value=float(normal_p(np.array([z]), alternative)[0]),
        method="analytic",
        alternative=alternative,
        assumption="randomisation",
        permutations=0,
        n=n,
        islands=seen.islands.copy(),
    )


def _second_moment(x: Floats, sums: Sums) -> float:
    """Mean of the squared weighted sum of products when values are shuffled."""
    n, (s0, s1, s2) = len(x), (sums.s0, sums.s1, sums.s2)
    m1, m2, m3, m4 = (float((x**power).sum()) for power in (1, 2, 3, 4))
    total = ((n * n - 3 * n + 3) * s1 - n * s2 + 3 * s0**2) * m2**2
    total -= ((n * n - n) * s1 - 2 * n * s2 + 6 * s0**2) * m4
    total -= (2 * n * s1 - (n + 3) * s2 + 6 * s0**2) * m1**2 * m2
    total += (4 * (n - 1) * s1 - 2 * (n + 1) * s2 + 8 * s0**2) * m1 * m3
    total += (s1 - s2 + s0**2) * m1**4
    return total / (n * (n - 1) * (n - 2) * (n - 3))
