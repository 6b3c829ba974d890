"""Autocorrelation of rates whose populations differ: the standardisation of Assuncao and Reis."""

import numpy as np
from numpy.typing import ArrayLike

from models.checks import Floats, as_floats, check_counts, check_positive, check_same_length
from models.graph import Neighbours
from models.hotspots.getis import getis_ord
from models.hotspots.local import local_moran
from models.hotspots.observed import refuse_smoothed
from models.hotspots.results import GetisStatistics, GlobalStatistic, LocalStatistics
from models.hotspots.whole import moran
from models.replicates import Executor


def eb_standardised(cases: ArrayLike, population: ArrayLike) -> Floats:
    """Rates less the overall rate, each over its own sd under one prior for all (nothing is smoothed).

    An area's sd is sqrt(a + b / population) with b the overall rate and a the variance between areas by
    moments; where a is so negative that the sum is not positive, b / population alone.

    Parameters
    ----------
    cases : (n_areas,) >= 0
    population : (n_areas,) > 0, in persons (or expected counts)

    Raises
    ------
    ValueError
        If lengths differ, a count is negative, a population is not positive, or there are no cases.

    References
    ----------
    Assuncao & Reis (1999), Statistics in Medicine 18, 2147-2162.

    Examples
    --------
    >>> eb_standardised([1, 2, 9], [1000, 1000, 1000]).round(2).tolist()
    [-0.84, -0.56, 1.4]
    """
    refuse_smoothed(cases)
    count, persons = as_floats("cases", cases), as_floats("population", population)
    check_same_length(cases=count, population=persons)
    check_counts("cases", count)
    check_positive("population", persons)
    if not count.any():
        raise ValueError("cases are all zero; there is no rate to test")
    rate, overall = count / persons, count.sum() / persons.sum()
    between = np.average((rate - overall) ** 2, weights=persons) - overall / persons.mean()
    variance = between + overall / persons
    standard: Floats = (rate - overall) / np.sqrt(np.where(variance > 0, variance, overall / persons))
    return standard


def rate_moran(
    cases: ArrayLike,
    population: ArrayLike,
    neighbours: Neighbours,
    *,
    style: str = "W",
    permutations: int = 999,
    alternative: str = "two-sided",
    islands: str = "keep",
    seed: int = 0,
    executor: Executor | None = None,
) -> GlobalStatistic:
    """Moran's I of rates standardised by `eb_standardised`; p by permutation unless `permutations` is 0.

    Parameters are those of `moran`; `islands` is "keep" here, as in spdep's EBImoran.mc.

    Raises
    ------
    ValueError
        As `eb_standardised` and `moran`.

    References
    ----------
    Assuncao & Reis (1999), Statistics in Medicine 18, 2147-2162.
    """
    return moran(
        eb_standardised(cases, population),
        neighbours,
        style=style,
        permutations=permutations,
        alternative=alternative,
        islands=islands,
        seed=seed,
        executor=executor,
    )


def local_rate_moran(
    cases: ArrayLike,
    population: ArrayLike,
    neighbours: Neighbours,
    permutations: int = 999,
    seed: int = 0,
    *,
    style: str = "W",
    method: str = "permutation",
    alternative: str = "two-sided",
    islands: str = "keep",
    fdr_level: float = 0.05,
    executor: Executor | None = None,
) -> LocalStatistics:
    """Local Moran's I of rates standardised by `eb_standardised`; see `local_moran`.

    Raises
    ------
    ValueError
        As `eb_standardised` and `local_moran`.

    References
    ----------
    Assuncao & Reis (1999), Statistics in Medicine 18, 2147-2162.
    """
    return local_moran(
        eb_standardised(cases, population),
        neighbours,
        permutations,
        seed,
        style=style,
        method=method,
        alternative=alternative,
        islands=islands,
        fdr_level=fdr_level,
        executor=executor,
    )


def rate_getis_ord(
    cases: ArrayLike,
    population: ArrayLike,
    neighbours: Neighbours,
    star: bool = True,
    *,
    style: str = "B",
    method: str | None = None,
    permutations: int = 0,
    alternative: str = "two-sided",
    islands: str = "keep",
    fdr_level: float = 0.05,
    seed: int = 0,
    executor: Executor | None = None,
) -> GetisStatistics:
    """Gi* or Gi of rates standardised by `eb_standardised`; see `getis_ord`. Shares are undefined (NaN).

    Raises
    ------
    ValueError
        As `eb_standardised` and `getis_ord`.
    """
    return getis_ord(
        eb_standardised(cases, population),
        neighbours,
        star,
        style=style,
        method=method,
        permutations=permutations,
        alternative=alternative,
        islands=islands,
        fdr_level=fdr_level,
        seed=seed,
        executor=executor,
    )
