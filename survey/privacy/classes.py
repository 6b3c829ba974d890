"""Five classes and four grades of reliability: all that a public map says of an estimate."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import numpy.typing as npt

__all__ = ["CLASSES", "SAME_CLASS", "WITHIN_ONE", "Reliability", "class_of", "reliability"]

Floats = npt.NDArray[np.float64]
CLASSES = 5
# Least probability that a second survey would give the same class, for grades A and B. C: the same class, or
# the same or one beside it. On the demonstration the true class is the one shown, or one beside it, in 97, 90
# and 81 % of areas of grade A, B and C.
SAME_CLASS = (0.75, 0.55, 0.40)
WITHIN_ONE = 0.75


class Reliability(StrEnum):
    """Grade of an estimate; D is not shown."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"


def reliability(membership: Floats, within_one: Floats) -> npt.NDArray[np.str_]:
    """Grade by how sure the class is; unknown is D.

    A coefficient of variation would punish low shares: those with the least need would be shown last.

    Parameters
    ----------
    membership : (n_areas,) float in [0, 1], probability that the class shown is the area's; NaN unknown
    within_one : (n_areas,) float in [0, 1], that it is this class or one beside it

    Returns
    -------
    (n_areas,) str

    Examples
    --------
    >>> reliability(np.array([0.8, 0.6, 0.3, 0.3, np.nan]), np.array([1, 0.9, 0.8, 0.6, np.nan])).tolist()
    ['A', 'B', 'C', 'D', 'D']
    """
    same, near = np.nan_to_num(membership), np.nan_to_num(within_one)
    sure, fair, least = (same >= limit for limit in SAME_CLASS)
    grades = [grade.value for grade in Reliability]
    return np.select([sure, fair, least | (near >= WITHIN_ONE)], grades[:3], grades[3])


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
