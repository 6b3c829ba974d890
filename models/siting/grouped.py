"""p-median with at least so many new sites in each group of districts, by `Rules`."""

import numpy as np
from numpy.typing import ArrayLike

from models.siting.median import p_median
from models.siting.request import InfeasibleRequest, SiteRequest
from models.siting.results import SitePlan
from models.siting.rules import Rules

COUNTS = ("asked", "available", "needed", "least_change_new")  # in a refusal: all open sites


def p_median_in_groups(
    minutes: ArrayLike,
    weights: ArrayLike,
    request: SiteRequest,
    *,
    seed: int = 0,
    time_limit_seconds: float = 60.0,
) -> SitePlan:
    """Open `request.new` sites beside the existing ones to minimise weight x minutes to the nearest.

    The same as `p_median` with the minimums as `Rules`; refusals count new sites.

    Parameters
    ----------
    minutes : (n_demand, n_sites) travel minutes, NaN = unreachable
    weights : (n_demand,) for example persons in need, >= 0
    request : what to open
    seed : of the search
    time_limit_seconds : wall time, > 0

    Returns
    -------
    SitePlan

    Raises
    ------
    InfeasibleRequest
        If no plan can meet the request; its details name the least change.
    ValueError
        If shapes differ, minutes or weights are negative, or a column does not exist.
    """
    if request.new < 1:
        raise ValueError(f"new must be >= 1; got {request.new}")
    existing = sorted(set(request.existing))
    try:
        return p_median(
            minutes,
            weights,
            len(existing) + request.new,
            fixed=existing,
            excluded=request.excluded,
            rules=_rules(request),
            time_limit_s=time_limit_seconds,
            seed=seed,
        )
    except InfeasibleRequest as refusal:
        if "group" in refusal.details:
            raise
        fewer = {
            name: int(str(refusal.details[name])) - len(existing)
            for name in COUNTS
            if name in refusal.details
        }
        raise InfeasibleRequest(refusal.code, refusal.details | fewer) from None


def _rules(request: SiteRequest) -> Rules | None:
    """Minimums that ask for something, over columns that are not open before."""
    least = {name: number for name, number in request.group_minimum.items() if number > 0}
    unknown = sorted(set(request.group_minimum) - set(request.groups))
    if unknown:
        raise ValueError(f"no such group: {unknown}; there are {sorted(request.groups)}")
    if not least:
        return None
    new = {name: np.setdiff1d(columns, request.existing).tolist() for name, columns in request.groups.items()}
    return Rules(groups={name: new[name] for name in least}, at_least=least)
