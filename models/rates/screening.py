"""First looks at a map of counts: transformed rates and the probability of each count."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import poisson

from models.checks import Bools, Floats, as_floats, check_counts, check_positive, check_same_length
from models.results import _areas, _Frozen


def freeman_tukey(cases: ArrayLike, exposure: ArrayLike, *, per: float = 1000.0) -> Floats:
    """Square-root rates whose variance hardly depends on the rate: sqrt(per) (sqrt(y/n) + sqrt((y+1)/n)).

    Parameters
    ----------
    cases : (n,) counts
    exposure : (n,) > 0

    Returns
    -------
    (n,) with variance near per / exposure

    References
    ----------
    Freeman & Tukey (1950), Ann Math Stat 21, 607-611. Cressie & Chan (1989), JASA 84, 393-401.

    Examples
    --------
    >>> [round(float(value), 4) for value in freeman_tukey([1.0], [1000.0])]
    [2.4142]
    """
    count, base = _counts(cases, exposure)
    rates: Floats = np.sqrt(per) * (np.sqrt(count / base) + np.sqrt((count + 1) / base))
    return rates


@dataclass(frozen=True, slots=True, kw_only=True)
class CountProbabilities(_Frozen):
    """How likely so extreme a count is at the overall rate; arrays are (n,).

    Attributes
    ----------
    expected : count at the overall rate
    probability : of as many cases or fewer where `low`, of as many or more elsewhere
    low : fewer cases than expected
    cumulative : probability of as many cases or fewer, everywhere
    """

    expected: Floats
    probability: Floats
    low: Bools
    cumulative: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row an area."""
        names = ("expected", "probability", "low", "cumulative")
        return _areas({name: getattr(self, name) for name in names})


def choynowski(cases: ArrayLike, exposure: ArrayLike) -> CountProbabilities:
    """Poisson probability of each area's count at the overall rate.

    Notes
    -----
    No correction for looking at many areas, nor for overdispersion: with large counts almost every area
    looks extreme. A first look, not a finding.

    Raises
    ------
    ValueError
        If there is no case at all, or an exposure is not positive.

    References
    ----------
    Choynowski (1959), JASA 54, 385-388.
    """
    count, base = _counts(cases, exposure)
    if (count != np.round(count)).any():
        raise ValueError("cases must be whole numbers for a Poisson probability")
    if not count.any():
        raise ValueError("cases are all 0, so every area is as expected; nothing to look at")
    expected = base * (count.sum() / base.sum())
    cumulative = np.asarray(poisson.cdf(count, expected))
    low: Bools = count < expected
    probability = np.where(low, cumulative, np.asarray(poisson.sf(count - 1, expected)))
    return CountProbabilities(expected=expected, probability=probability, low=low, cumulative=cumulative)


def _counts(cases: ArrayLike, exposure: ArrayLike) -> tuple[Floats, Floats]:
    count, base = as_floats("cases", cases), as_floats("exposure", exposure)
    check_same_length(cases=count, exposure=base)
    check_counts("cases", count)
    check_positive("exposure", base)
    return count, base
