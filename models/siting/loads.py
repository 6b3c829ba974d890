"""Capacities and what the demands take of them, checked; why no plan can serve everybody."""

import time
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from models.checks import Floats, Ints, as_floats, check_counts
from models.siting.constrained import Decided
from models.siting.programme import fewest_sites
from models.siting.request import InfeasibleRequest
from models.siting.selection import Selection
from models.siting.task import TINY, Served, Task

NAMED = 10  # rows that a refusal names
SECONDS = 10.0  # of the solver, for the least number of sites


def parse_loads(
    capacity: ArrayLike, demand: ArrayLike | None, weights: Floats, n_sites: int
) -> tuple[Floats, Floats]:
    """(n_demand,) what each row takes, and (n_sites,) what each column can serve, inf without limit.

    Raises
    ------
    ValueError
        If lengths differ, a value is negative or NaN, or a demand is infinite.
    """
    size = weights if demand is None else as_floats("demand", demand)
    if len(size) != len(weights):
        raise ValueError(f"one demand a row of minutes ({len(weights)}); got {len(size)}")
    check_counts("demand", size)
    room = np.asarray(capacity, dtype=np.float64)
    room = np.full(n_sites, float(room)) if room.ndim == 0 else as_floats("capacity", room)
    if len(room) != n_sites:
        raise ValueError(f"capacity must be one number, or one a site ({n_sites}); got {len(room)}")
    if not (room >= 0).all():
        raise ValueError("capacity must be >= 0, inf without limit")
    return size, room


def fitting(task: Task, rows: Ints) -> Task:
    """The task without pairs that are too large for the site.

    Raises
    ------
    InfeasibleRequest
        "siting.cannot_serve" names rows that no site which may open reaches, "siting.demand_too_large" rows
        larger than every site that reaches them, "siting.capacity_too_small" or
        "siting.capacity_never_enough" a total above what the sites can take.
    """
    pairs = task.pairs
    must = ~np.isfinite(pairs.fallback)
    reach = np.zeros(len(must))
    np.maximum.at(reach, pairs.row, task.capacity[task.site_of_pair])
    reached = np.isin(np.arange(len(must)), pairs.row)
    _check_reached(rows[must & ~reached])
    large = np.flatnonzero(must & (task.size > reach * (1 + TINY)))
    if len(large):
        factor = np.divide(task.size, reach, out=np.full(len(reach), np.inf), where=reach > 0)
        worst = large[factor[large].argmax()]
        details = {
            **_named(rows[large]),
            "demand": float(task.size[worst]),
            "capacity": float(reach[worst]),
            "least_change_capacity_factor": float(factor[worst]),
        }
        raise InfeasibleRequest("siting.demand_too_large", details)
    _check_total(task, float(task.size[must].sum()))
    too_large = task.size[pairs.row] > task.capacity[task.site_of_pair] * (1 + TINY)
    return task.without(np.zeros(pairs.sites, np.bool_), too_large)


def _named(rows: Ints) -> dict[str, object]:
    return {"rows": rows[:NAMED].tolist(), "unserved": len(rows)}


def _check_reached(rows: Ints) -> None:
    if len(rows):
        raise InfeasibleRequest("siting.cannot_serve", _named(rows))


def _check_total(task: Task, total: float) -> None:
    """Raise if no allowed set of sites can take the total."""
    room = np.minimum(task.capacity, total)
    largest = task.selection.pick(-room, stop=time.perf_counter() + SECONDS)
    if largest is None or task.capacity[largest].sum() >= total * (1 - TINY):
        return
    available = float(task.capacity[largest].sum())
    factor = total / available if available > 0 else np.inf
    details = {"demand": total, "capacity": available, "asked": len(largest)}
    order = np.sort(task.capacity)[::-1]
    number = int(np.searchsorted(np.cumsum(order), total * (1 - TINY))) + 1
    if task.selection.count is None or number > len(order):
        raise InfeasibleRequest(
            "siting.capacity_never_enough", details | {"least_change_capacity_factor": factor}
        )
    changes = {"least_change_new": number, "least_change_capacity_factor": factor}
    raise InfeasibleRequest("siting.capacity_too_small", details | changes)


def refuse(task: Task, rows: Ints, found: Decided, free: Selection) -> InfeasibleRequest:
    """Why a search ended without a plan.

    Parameters
    ----------
    free : the rules without the number of sites

    Returns
    -------
    InfeasibleRequest: "siting.cannot_assign" or "siting.never_assignable" if there is no plan with the number
    asked for or with any, else "siting.no_assignment_found" with the least overload of any tried
    """
    details = {**_named(rows[_left_over(task, found.least)]), "asked": task.selection.count or 0}
    over = {"least_overload": np.inf if found.least is None else found.least.over}
    if not (found.ended and np.isinf(found.bound)):
        return InfeasibleRequest("siting.no_assignment_found", details | over)
    number = fewest_sites(replace(task, selection=free), stop=time.perf_counter() + SECONDS)
    if number is None:
        return InfeasibleRequest("siting.never_assignable", details | over)
    return InfeasibleRequest("siting.cannot_assign", details | over | {"least_change_new": number})


def _left_over(task: Task, least: Served | None) -> Ints:
    """Rows in overloaded sites, the smallest that bring each within its capacity."""
    if least is None or not len(least.site) or not np.isfinite(least.total):
        return np.zeros(0, np.int64)
    load = np.bincount(least.site[least.site >= 0], task.size[least.site >= 0], minlength=task.pairs.sites)
    rows = []
    for site in np.flatnonzero(load > task.capacity * (1 + TINY)).tolist():
        own = np.flatnonzero(least.site == site)
        own = own[np.argsort(task.size[own], kind="stable")]
        enough = np.searchsorted(np.cumsum(task.size[own]), load[site] - task.capacity[site]) + 1
        rows += own[:enough].tolist()
    return np.array(sorted(rows), dtype=np.int64)
