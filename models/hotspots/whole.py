"""Autocorrelation of the whole map: Moran's I and Geary's C."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.graph import Neighbours
from models.hotspots.chance import Tally, check_alternative, normal_p, permutation_p
from models.hotspots.draws import Draws, shuffles
from models.hotspots.moments import Sums, geary_variance, moran_variance, sums_of
from models.hotspots.observed import Observed, observe, without_islands
from models.hotspots.permute import TINY
from models.hotspots.results import GlobalStatistic
from models.replicates import Executor

ISLANDS = ("drop", "keep", "exclude")
ASSUMPTIONS = ("randomisation", "normality")


@dataclass(frozen=True, slots=True)
class Asked:
    """How p is to be found."""

    permutations: int
    alternative: str
    assumption: str
    seed: int
    executor: Executor | None


@dataclass(frozen=True, slots=True)
class Formula:
    """What tells Moran from Geary.

    Attributes
    ----------
    gap : whether the sum is of squared differences, not of products
    expected : null mean, from n
    variance : null variance, from sums of weights, n, n with islands, and the kurtosis (None: normal values)
    """

    gap: bool
    expected: Callable[[int], float]
    variance: Callable[[Sums, int, int, float | None], float]


MORAN = Formula(False, lambda n: -1 / (n - 1), moran_variance)
GEARY = Formula(True, lambda _: 1.0, geary_variance)


def moran(
    values: ArrayLike,
    neighbours: Neighbours,
    *,
    style: str = "W",
    permutations: int = 0,
    alternative: str = "two-sided",
    assumption: str = "randomisation",
    islands: str = "drop",
    seed: int = 0,
    executor: Executor | None = None,
) -> GlobalStatistic:
    """Moran's I = (n / S0) sum_ij w_ij z_i z_j / sum_i z_i^2, z = values - mean.

    Parameters
    ----------
    values : (n_areas,) raw: counts per person, direct estimates, residuals; never a smoothed map
    neighbours : (n_areas, n_areas) sparse weights, 0 where not neighbours
    style : "W" rows sum to one, "B" zero or one, "raw" as given
    permutations : of the whole map; 0 takes p from the normal approximation
    alternative : "greater" is that neighbours are alike; "folded" is the smaller tail, not doubled
    assumption : of `expected` and `variance`: "randomisation" (values shuffled) or "normality"
    islands : "drop" counts n without islands, although their values stay in the mean (spdep's adjust.n, as
        published); "keep" counts them; "exclude" takes them off the map, so that an island changes nothing
    seed, executor : of the permutations

    Raises
    ------
    ValueError
        If the values are smoothed, not finite, constant or fewer than 4, or nobody has a neighbour.

    References
    ----------
    Cliff & Ord (1981), Spatial Processes: Models and Applications.

    Examples
    --------
    >>> from scipy.sparse import diags_array
    >>> chain = diags_array([1.0, 1.0], offsets=[-1, 1], shape=(6, 6)).tocsr()
    >>> round(moran([1, 2, 3, 4, 5, 6], chain).statistic, 3)
    0.714
    """
    seen = _seen(values, neighbours, style=style, islands=islands)
    return _test(seen, MORAN, islands, Asked(permutations, alternative, assumption, seed, executor))


def geary(
    values: ArrayLike,
    neighbours: Neighbours,
    *,
    style: str = "W",
    permutations: int = 0,
    alternative: str = "two-sided",
    assumption: str = "randomisation",
    islands: str = "drop",
    seed: int = 0,
    executor: Executor | None = None,
) -> GlobalStatistic:
    """Geary's C = (n - 1) / (2 S0) sum_ij w_ij (x_i - x_j)^2 / sum_i z_i^2; below 1 neighbours are alike.

    Parameters are those of `moran`; "greater" is C > 1 (neighbours differ), "less" that they are alike.

    Raises
    ------
    ValueError
        As `moran`.

    References
    ----------
    Geary (1954), The Incorporated Statistician 5, 115-145.
    """
    seen = _seen(values, neighbours, style=style, islands=islands)
    return _test(seen, GEARY, islands, Asked(permutations, alternative, assumption, seed, executor))


def _seen(values: ArrayLike, neighbours: Neighbours, *, style: str, islands: str) -> Observed:
    if islands not in ISLANDS:
        raise ValueError(f"islands must be one of {', '.join(ISLANDS)}; got {islands!r}")
    return observe(values, neighbours, style=style)


def _test(given: Observed, formula: Formula, islands: str, asked: Asked) -> GlobalStatistic:
    check_alternative(asked.alternative)
    if asked.assumption not in ASSUMPTIONS:
        raise ValueError(f"assumption must be one of {', '.join(ASSUMPTIONS)}; got {asked.assumption!r}")
    if asked.permutations < 0:
        raise ValueError(f"permutations must be >= 0; got {asked.permutations}")
    seen = without_islands(given) if islands == "exclude" else given
    n = seen.values.size - (int(seen.islands.sum()) if islands == "drop" else 0)
    if n < 4:
        raise ValueError(f"4 areas with a neighbour are needed; got {n}")
    return _answer(given, seen, formula, n, asked)


def _answer(given: Observed, seen: Observed, formula: Formula, n: int, asked: Asked) -> GlobalStatistic:
    z, sums = seen.deviation, sums_of(seen.weights)
    kurtosis = float(z.size * (z**4).sum() / (z**2).sum() ** 2)
    scale = _scale(formula, sums, n, float((z**2).sum()))
    total = _total(seen, formula)
    statistic, expected = scale * total, formula.expected(n)
    variance = formula.variance(sums, n, z.size, kurtosis if asked.assumption == "randomisation" else None)
    deviate = (statistic - expected) / np.sqrt(variance) if variance > 0 else np.nan
    by_chance = _permuted_p(seen, formula, total, asked)
    analytic = float(normal_p(np.array([deviate]), asked.alternative)[0])
    return GlobalStatistic(
        statistic=statistic,
        expected=expected,
        variance=variance,
        z=float(deviate),
        p_value=analytic if by_chance is None else by_chance,
        method="analytic" if by_chance is None else "permutation",
        alternative=asked.alternative,
        assumption=asked.assumption,
        permutations=asked.permutations,
        n=n,
        islands=given.islands.copy(),
    )


def _scale(formula: Formula, sums: Sums, n: int, squares: float) -> float:
    """What turns the weighted sum into the statistic."""
    return ((n - 1) / 2 if formula.gap else n) / (sums.s0 * squares)


def _total(seen: Observed, formula: Formula) -> float:
    z, entries = seen.deviation, seen.weights.tocoo()
    rows, columns = entries.coords
    pairs = (z[rows] - z[columns]) ** 2 if formula.gap else z[rows] * z[columns]
    return float((entries.data * pairs).sum())


def _permuted_p(seen: Observed, formula: Formula, total: float, asked: Asked) -> float | None:
    if not asked.permutations:
        return None
    draws = Draws(asked.permutations, asked.seed, executor=asked.executor)
    found = shuffles(seen.deviation, seen.weights, draws, gap=formula.gap)
    slack = TINY * np.abs(found).max()
    high, low = ((found >= total - slack).sum(), (found <= total + slack).sum())
    counts = Tally(*(np.array([one]) for one in (high, low, asked.permutations, False)))
    return float(permutation_p(counts, asked.alternative)[0])
