"""The mean of the worst-served share of PERSONS: a tail that no hamlet can decide alone."""

import numpy as np
from numpy.typing import ArrayLike

from models.checks import Floats, as_floats, check_bounds, check_counts, check_same_length
from models.compiled import compiled

SMALLEST_SHARE = 1e-6


def tail_minutes(near: ArrayLike, weights: ArrayLike, share: float = 0.05) -> float:
    """Mean minutes of the worst-served share of persons; a row at the edge counts in part.

    Parameters
    ----------
    near : (n_demand,) minutes to the nearest open site
    weights : (n_demand,) persons in need
    share : of all persons; 1 gives the mean of all

    Returns
    -------
    float, NaN without persons

    Raises
    ------
    ValueError
        If lengths differ, a weight is negative, minutes of somebody are not finite, or `share` leaves (0, 1].

    References
    ----------
    Rockafellar & Uryasev (2002), Journal of Banking & Finance 26, 1443-1471 (CVaR of discrete distributions).

    Examples
    --------
    >>> tail_minutes([10.0, 30.0, 60.0], [90.0, 8.0, 2.0], share=0.05)
    42.0
    """
    value, weight = as_floats("near", near), as_floats("weights", weights)
    check_same_length(near=value, weights=weight)
    check_counts("weights", weight)
    check_bounds({"share": share}, {"share": (SMALLEST_SHARE, 1.0)})
    value, weight = value[weight > 0], weight[weight > 0]
    if not np.isfinite(value).all():
        raise ValueError(
            "near must be finite where there are persons; give unreachable_minutes to the others"
        )
    return tail_and_edge(value, weight / max(weight.sum(), 1e-300), share)[0] if len(value) else float("nan")


@compiled
def tail_and_edge(near: Floats, weight: Floats, share: float) -> tuple[float, float]:
    """Tail at weights that sum to one, and the minutes at which the tail begins."""
    left, total = share, 0.0
    for i in np.argsort(-near):
        part = min(weight[i], left)
        total += part * near[i]
        left -= part
        if left <= share * 1e-12:
            return total / share, near[i]
    return total / (share - left), near.min()
