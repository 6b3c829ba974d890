"""Five classes and four grades of reliability: all that a public map says of an estimate."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

__all__ = ["CLASSES", "CV_LIMITS", "Reliability", "class_of", "reliability"]

Floats = npt.NDArray[np.float64]
CLASSES = 5
# Upper ends of grades A, B and C. The Australian Bureau of Statistics asks for caution from a relative
# standard error of 25 % and calls estimates above 50 % too unreliable for general use; A is stricter, ours.
CV_LIMITS = (0.15, 0.25, 0.50)


class Reliability(StrEnum):
    """Grade of an estimate; D is not shown."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


def reliability(cv: Floats) -> npt.NDArray[np.str_]:
    """Grade by coefficient of variation (standard error over estimate); unknown is D.

    Parameters
    ----------
    cv : (n_areas,) float, not negative; NaN unknown

    Returns
    -------
    (n_areas,) str

    Examples
    --------
    >>> reliability(np.array([0.15, 0.2, 0.4, 0.6, np.nan])).tolist()
    ['A', 'B', 'C', 'D', 'D']
    """
    grades = np.array([grade.value for grade in Reliability])
    place = np.searchsorted(CV_LIMITS, np.where(np.isnan(cv), np.inf, cv), side="left")
    chosen: npt.NDArray[np.str_] = grades[place]
    return chosen


def class_of(values: Floats, breaks: Floats) -> npt.NDArray[np.int8]:
    """Class 1 (lowest) to 5, 0 where the value is unknown.

    Parameters
    ----------
    values : (n_areas,) float
    breaks : (4,) float, rising
        A value equal to a break belongs to the class above it.

    Raises
    ------
    ValueError
        If there are not four rising breaks: public maps have five classes.
    """
    if len(breaks) != CLASSES - 1 or not (np.diff(breaks) > 0).all():
        raise ValueError(f"breaks must be {CLASSES - 1} rising numbers; got {np.asarray(breaks).tolist()}")
    found = np.searchsorted(breaks, values, side="right") + 1
    return np.where(np.isnan(values), 0, found).astype(np.int8)
