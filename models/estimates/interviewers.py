"""How much answers depend on who asked."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import f as f_distribution

from models.checks import Floats, Ints, as_codes, as_floats, check_bounds, check_same_length
from models.estimates.design import pair_codes
from models.results import _areas, _Frozen


@dataclass(frozen=True, slots=True, kw_only=True)
class InterviewerEffect(_Frozen):
    """Correlation of answers taken by one interviewer, and what it costs; arrays are (k,) indicators.

    Attributes
    ----------
    rho, rho_lower, rho_upper : correlation within interviewers; negative by chance where there is none
    deff, deff_lower, deff_upper : 1 + (load - 1) rho, at least 0: the factor on the variance of the overall
        mean
    load : interviews of the interviewer of an average interview
    p_value : of no effect at all
    interviewers : that could be compared with another
    shared : share of answers in areas with two interviewers or more; only these say anything
    """

    rho: Floats
    rho_lower: Floats
    rho_upper: Floats
    deff: Floats
    deff_lower: Floats
    deff_upper: Floats
    load: Floats
    p_value: Floats
    interviewers: Ints
    shared: Floats

    def to_frame(self) -> pd.DataFrame:
        """One row an indicator."""
        names = ("rho", "rho_lower", "rho_upper", "deff", "deff_lower", "deff_upper", "load", "p_value")
        return _areas({name: getattr(self, name) for name in names}, "indicator")


def interviewer_effect(
    values: ArrayLike,
    interviewer: ArrayLike,
    *,
    within: ArrayLike | None = None,
    level: float = 0.95,
) -> InterviewerEffect:
    """Analysis of variance of answers by interviewer, within areas.

    Parameters
    ----------
    values : (n,) or (n, k) answers, one column an indicator; NaN is unknown
    interviewer : (n,) codes 0..
    within : (n,) codes 0.. of areas (or blocks) that interviewers shared; interviewers are compared only
        inside them. None compares all with all
    level : of the intervals

    Notes
    -----
    The effect is that of interviewers only where households were shared out among them by chance
    (interpenetration). Where each has an area of their own, it cannot be told from that of areas, and
    without `within` all of it is charged to them. An indicator that never varies, or cannot be compared, gets
    NaN. The interval is the F interval at the mean load of unequal ones (Thomas & Hultquist).

    References
    ----------
    Kish (1962), JASA 57, 92-115. Searle (1971), Linear Models, ch. 9. Thomas & Hultquist (1978), Ann Stat 6,
    582-587. O'Muircheartaigh & Campanelli (1998), JRSS A 161, 63-77.
    """
    check_bounds({"level": level}, {"level": (0.5, 0.9999)})
    array = np.asarray(values, dtype=np.float64)
    y = as_floats("values", array[:, None] if array.ndim == 1 else array, ndim=2)
    large = np.iinfo(np.int64).max
    who = as_codes("interviewer", interviewer, count=large)
    area = np.zeros(len(y), np.int64) if within is None else as_codes("within", within, count=large)
    check_same_length(values=y, interviewer=who, within=area)
    if np.isinf(y).any():
        raise ValueError("values must be finite, or NaN where unknown")
    columns = np.array([_one(column, who, area, level) for column in y.T]).T
    names = ("rho", "rho_lower", "rho_upper", "deff", "deff_lower", "deff_upper", "load", "p_value")
    return InterviewerEffect(
        interviewers=columns[8].astype(np.int64),
        shared=columns[9].copy(),
        **{name: columns[number].copy() for number, name in enumerate(names)},
    )


def _one(column: Floats, who: Ints, area: Ints, level: float) -> list[float]:
    """Numbers of one indicator in the order of the result."""
    known = ~np.isnan(column)
    y, whose, where = column[known], who[known], area[known]
    load = np.bincount(whose).astype(np.float64)
    usual = float((load**2).sum() / max(load.sum(), 1.0))
    _, pair_area = pair_codes(where, whose)
    used = np.bincount(pair_area)[where] >= 2 if len(y) else np.zeros(0, bool)
    shared = float(used.mean()) if len(y) else 0.0
    compared = len(np.unique(whose[used]))
    squares = _squares(y[used], whose[used], where[used])
    if squares is None:
        return [np.nan] * 6 + [usual, np.nan, compared, shared]
    ratio, m, df1, df2 = squares
    tail = (1 - level) / 2
    ratios = np.array(
        [ratio, ratio / f_distribution.isf(tail, df1, df2), ratio * f_distribution.isf(tail, df2, df1)]
    )
    rho = np.clip((ratios - 1) / (ratios + m - 1), -1.0, 1.0)
    deff = np.maximum(1 + (usual - 1) * rho, 0.0)
    return [*rho, *deff, usual, float(f_distribution.sf(ratio, df1, df2)), compared, shared]


def _squares(y: Floats, who: Ints, area: Ints) -> tuple[float, float, int, int] | None:
    """Mean square between over within, mean load, degrees of freedom; None where nothing can be compared."""
    if not len(y):
        return None
    pair, pair_area = pair_codes(area, who)
    size = np.bincount(pair).astype(np.float64)
    _, area_code = np.unique(pair_area, return_inverse=True)
    areas = int(area_code.max()) + 1
    n = np.bincount(area_code, size)
    df1, df2 = len(size) - areas, len(y) - len(size)
    mean = np.bincount(pair, y) / size
    overall = np.bincount(area_code, size * mean) / n
    between = float(size @ (mean - overall[area_code]) ** 2)
    within = float(((y - mean[pair]) ** 2).sum())
    if df1 < 1 or df2 < 1 or within <= 0:
        return None
    m = float((n - np.bincount(area_code, size**2) / n).sum()) / df1
    return between / df1 / (within / df2), m, df1, df2
