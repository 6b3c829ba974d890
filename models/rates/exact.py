"""Crude rates and shares with exact intervals."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import beta, gamma

from models.checks import Floats, as_floats, check_bounds, check_counts, check_same_length
from models.results import RateEstimates

LEVEL = {"level": (0.5, 0.999999)}


def poisson_rate(
    cases: ArrayLike, exposure: ArrayLike, *, per: float = 1.0, level: float = 0.95
) -> RateEstimates:
    """Cases over exposure with the exact Poisson interval.

    Parameters
    ----------
    cases : (n,) counts; fractions are allowed
    exposure : (n,) person-years, persons or expected counts; 0 gives NaN
    per : unit of the rate, for example 1000
    level : of the interval

    References
    ----------
    Garwood (1936), Biometrika 28, 437-442; Ulm (1990), Am J Epidemiol 131, 373-375.

    Examples
    --------
    >>> rate = poisson_rate([10.0], [1.0])
    >>> [round(float(x[0]), 3) for x in (rate.lower, rate.upper)]
    [4.795, 18.39]
    """
    check_bounds({"level": level}, LEVEL)
    count, base = as_floats("cases", cases), as_floats("exposure", exposure)
    check_same_length(cases=count, exposure=base)
    check_counts("cases", count)
    check_counts("exposure", base)
    tail = (1 - level) / 2
    lower = np.where(count > 0, gamma.ppf(tail, np.where(count > 0, count, 1.0)), 0.0)
    upper = np.asarray(gamma.isf(tail, count + 1))
    return RateEstimates(
        rate=over(count, base, per), lower=over(lower, base, per), upper=over(upper, base, per), per=per
    )


def binomial_share(positive: ArrayLike, total: ArrayLike, *, level: float = 0.95) -> RateEstimates:
    """Share of positives with the exact binomial interval; NaN where the total is 0.

    References
    ----------
    Clopper & Pearson (1934), Biometrika 26, 404-413.

    Examples
    --------
    >>> share = binomial_share([0.0], [10.0])
    >>> round(float(share.upper[0]), 4)
    0.3085
    """
    check_bounds({"level": level}, LEVEL)
    yes, n = as_floats("positive", positive), as_floats("total", total)
    check_same_length(positive=yes, total=n)
    check_counts("positive", yes)
    check_counts("total", n)
    if (yes > n).any():
        raise ValueError(f"positive must not exceed total; row {int((yes > n).argmax())} does")
    tail, no = (1 - level) / 2, n - yes
    lower = np.where(yes > 0, beta.ppf(tail, np.where(yes > 0, yes, 1.0), no + 1), 0.0)
    upper = np.where(no > 0, beta.isf(tail, yes + 1, np.where(no > 0, no, 1.0)), 1.0)
    empty = n == 0
    lower, upper = np.where(empty, np.nan, lower), np.where(empty, np.nan, upper)
    return RateEstimates(rate=over(yes, n, 1.0), lower=lower, upper=upper, per=1.0)


def over(numerator: Floats, denominator: Floats, per: float) -> Floats:
    """A ratio in the unit of `per`, NaN without a denominator."""
    unknown = np.full(numerator.shape, np.nan)
    ratio: Floats = np.divide(per * numerator, denominator, out=unknown, where=denominator > 0)
    return ratio
