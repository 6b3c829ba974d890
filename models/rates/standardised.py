"""Rates made comparable between areas of different age, sex or other strata."""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2, gamma

from models.checks import (
    Floats,
    Ints,
    as_codes,
    as_floats,
    check_bounds,
    check_counts,
    check_positive,
    check_same_length,
)
from models.rates.exact import LEVEL, poisson_rate
from models.results import RateEstimates


def expected_counts(
    cases: ArrayLike, exposure: ArrayLike, *, area: ArrayLike, stratum: ArrayLike, n_areas: int
) -> Floats:
    """Cases each area would have at the city's rate of every stratum (indirect standardisation).

    Parameters
    ----------
    cases, exposure : (n,) per row of (area, stratum)
    area : (n,) codes in 0..n_areas-1
    stratum : (n,) codes 0.., for example age-sex groups

    Returns
    -------
    (n_areas,) expected counts; they sum to the cases of strata with exposure

    Raises
    ------
    ValueError
        If a stratum has cases but no exposure anywhere.
    """
    count, base = as_floats("cases", cases), as_floats("exposure", exposure)
    areas = as_codes("area", area, count=n_areas)
    strata = as_codes("stratum", stratum, count=np.iinfo(np.int64).max)
    check_same_length(cases=count, exposure=base, area=areas, stratum=strata)
    check_counts("cases", count)
    check_counts("exposure", base)
    total, exposed = np.bincount(strata, count), np.bincount(strata, base)
    homeless = (total > 0) & (exposed == 0)
    if homeless.any():
        raise ValueError(f"stratum {int(homeless.argmax())} has cases but no exposure; add its population")
    rate = np.divide(total, exposed, out=np.zeros_like(total), where=exposed > 0)
    expected: Floats = np.bincount(areas, base * rate[strata], n_areas).astype(np.float64)
    return expected


def standardised_ratio(cases: ArrayLike, expected: ArrayLike, *, level: float = 0.95) -> RateEstimates:
    """Observed over expected (1 = as expected) with the exact Poisson interval."""
    base = as_floats("expected", expected)
    check_positive("expected", base)
    return poisson_rate(cases, base, level=level)


def directly_standardised(
    cases: ArrayLike,
    exposure: ArrayLike,
    *,
    area: ArrayLike,
    stratum: ArrayLike,
    n_areas: int,
    standard: ArrayLike,
    per: float = 1.0,
    level: float = 0.95,
    interval: Literal["gamma", "dobson"] = "gamma",
) -> RateEstimates:
    """Rates that each area would have with the standard's strata.

    Parameters
    ----------
    cases, exposure : (n,) per row of (area, stratum)
    area : (n,) codes in 0..n_areas-1
    stratum : (n,) codes in 0..n_strata-1
    standard : (n_strata,) population of the standard; only its shares count
    per : unit of the rate, for example 100000
    interval : "gamma" (Fay and Feuer: never too short) or "dobson" (shifts the exact limits of the count;
        shorter, and nothing without a case)

    Returns
    -------
    RateEstimates; NaN for an area without people in a stratum that the standard has

    Raises
    ------
    ValueError
        If a row has cases without exposure, or the standard is empty.

    References
    ----------
    Dobson, Kuulasmaa, Eberle & Scherer (1991), Stat Med 10, 457-462. Fay & Feuer (1997), Stat Med 16,
    791-801.
    """
    check_bounds({"level": level}, LEVEL)
    if interval not in ("gamma", "dobson"):
        raise ValueError(f"interval must be 'gamma' or 'dobson'; got {interval!r}")
    share = as_floats("standard", standard)
    check_counts("standard", share)
    if not share.sum() > 0:
        raise ValueError("standard must have people in some stratum")
    count, base = _table(cases, exposure, area, stratum, (n_areas, len(share)))
    weight = np.divide(share / share.sum(), base, out=np.zeros_like(base), where=base > 0)
    known = ((base > 0) | (share == 0)).all(axis=1)
    rate, variance = (weight * count).sum(axis=1), (weight**2 * count).sum(axis=1)
    tail = (1 - level) / 2
    if interval == "gamma":
        lower, upper = _gamma_limits(rate, variance, weight.max(axis=1), tail)
    else:
        lower, upper = _dobson_limits(rate, variance, count.sum(axis=1), tail)
    columns = [np.where(known, per * values, np.nan) for values in (rate, lower, upper)]
    return RateEstimates(rate=columns[0], lower=columns[1], upper=columns[2], per=per)


def _table(
    cases: ArrayLike, exposure: ArrayLike, area: ArrayLike, stratum: ArrayLike, shape: tuple[int, int]
) -> tuple[Floats, Floats]:
    """Cases and exposure as (n_areas, n_strata)."""
    count, base = as_floats("cases", cases), as_floats("exposure", exposure)
    areas, strata = as_codes("area", area, count=shape[0]), as_codes("stratum", stratum, count=shape[1])
    check_same_length(cases=count, exposure=base, area=areas, stratum=strata)
    check_counts("cases", count)
    check_counts("exposure", base)
    cell: Ints = areas * shape[1] + strata
    size = shape[0] * shape[1]
    total, exposed = np.bincount(cell, count, size), np.bincount(cell, base, size)
    homeless = (total > 0) & (exposed == 0)
    if homeless.any():
        number = int(homeless.argmax())
        raise ValueError(
            f"area {number // shape[1]}, stratum {number % shape[1]} has cases but no exposure; add its "
            "population"
        )
    cases_of, exposure_of = (sums.astype(np.float64).reshape(shape) for sums in (total, exposed))
    return cases_of, exposure_of


def _gamma_limits(rate: Floats, variance: Floats, largest: Floats, tail: float) -> tuple[Floats, Floats]:
    some = rate > 0
    scale = np.divide(variance, 2 * rate, out=np.zeros_like(rate), where=some)
    freedom = np.divide(2 * rate**2, variance, out=np.ones_like(rate), where=some)
    lower = np.where(some, scale * chi2.ppf(tail, freedom), 0.0)
    beyond, spread = rate + largest, variance + largest**2
    valid = largest > 0
    freedom = np.divide(2 * beyond**2, spread, out=np.ones_like(rate), where=valid)
    scale = np.divide(spread, 2 * beyond, out=np.zeros_like(rate), where=valid)
    upper: Floats = scale * np.asarray(chi2.isf(tail, freedom), dtype=np.float64)
    return lower, upper


def _dobson_limits(rate: Floats, variance: Floats, cases: Floats, tail: float) -> tuple[Floats, Floats]:
    some = cases > 0
    step = np.sqrt(np.divide(variance, cases, out=np.full(cases.shape, np.nan), where=some))
    least = np.where(some, gamma.ppf(tail, np.where(some, cases, 1.0)), 0.0)
    most = np.asarray(gamma.isf(tail, cases + 1), dtype=np.float64)
    lower: Floats = rate + step * (least - cases)
    upper: Floats = rate + step * (most - cases)
    return lower, upper
