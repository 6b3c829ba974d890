"""Service regions: each in one piece around its centre, with loads in balance, for the least extra travel."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import linear_sum_assignment
from threadpoolctl import threadpool_limits

from models.checks import Floats, Ints, as_codes, as_floats, check_counts
from models.graph import Neighbours, as_graph, pieces
from models.plans.division import SAME, Division, Task
from models.plans.ground import group_weights
from models.results import _areas, _Frozen
from models.siting.instance import UNREACHABLE_MINUTES, parse_minutes

DEFAULT_SLACK = 0.1
BALANCE_SHARE = 0.4  # of the time, where the limits cannot be met at once


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRegions(_Frozen):
    """Each area's centre.

    Attributes
    ----------
    sites : (k,) the centres' columns, ascending
    region : (n_demand,) column of the centre that serves the area
    root : (k,) the area that each centre keeps in any case
    load : (k,) persons of each region
    lower, upper : (k,) limits asked for
    balanced : whether every load is within its limits
    excess : persons by which the worst region is outside its limits
    excess_bound : what the worst excess of any division in pieces is at least
    extra_person_minutes : above everybody going to the nearest of the centres
    objective : weight x minutes of the regions
    bound, gap : no division in pieces of no larger excess costs less; (objective - bound) / objective
    seconds : time taken
    """

    sites: Ints
    region: Ints
    root: Ints
    load: Floats
    lower: Floats
    upper: Floats
    balanced: bool
    excess: float
    excess_bound: float
    extra_person_minutes: float
    objective: float
    bound: float
    gap: float
    seconds: float

    def to_frame(self) -> pd.DataFrame:
        """One row a centre."""
        return _areas(
            {name: getattr(self, name) for name in ("sites", "root", "load", "lower", "upper")}, "centre"
        )


def service_regions(
    minutes: ArrayLike,
    weights: ArrayLike,
    sites: Sequence[int],
    neighbours: Neighbours,
    *,
    roots: Sequence[int] | None = None,
    slack: float | None = None,
    capacity: ArrayLike | None = None,
    time_limit_s: float = 20.0,
    seed: int = 0,
) -> ServiceRegions:
    """Divide all areas among open centres: in one piece each, loads within limits, least extra travel.

    Parameters
    ----------
    minutes : (n_demand, n_sites) travel minutes, NaN = unreachable: counts a day or twice the longest trip
    weights : (n_demand,) persons, or (groups, n_demand), which count together
    sites : columns of the open centres
    neighbours : (n_demand, n_demand) sparse, nonzero = neighbours
    roots : the area of each centre, in the order of `sites`; that of the fewest minutes if not given
    slack : loads lie within 1 -+ slack of their mean; 0.1 if neither it nor a capacity is given
    capacity : one for all centres or (k,), in the order of `sites`: loads are not above it
    time_limit_s : wall time

    Raises
    ------
    ValueError
        If shapes differ, an area is joined with no centre, two centres share a root, or a limit is negative.

    Notes
    -----
    An integer programme asks for a path to the centre where a solution lacks one; its linear relaxation
    bounds the cost. Divisions come from rounding, mending and moving areas at the edges. Where no division
    found keeps the limits, the least excess is sought first and then the least travel at that excess.

    References
    ----------
    Oehrlein & Haunert (2017), Journal of Spatial Information Science 15, 89-120 (cutting planes for
    contiguity). Hess et al. (1965), Operations Research 13, 998-1006 (districts by transportation).
    """
    began = time.perf_counter()
    if not time_limit_s > 0:
        raise ValueError(f"time_limit_s must be > 0; got {time_limit_s}")
    order, task = _task(minutes, weights, sites, neighbours, (roots, slack, capacity))
    stop = began + time_limit_s
    with threadpool_limits(limits=1):
        division, excess_bound, eased = _divide(task, began, stop, seed)
    assert division.best is not None
    own = division.best
    objective, nearest = task.total(own), float(task.cost.min(axis=1).sum())
    bound = min(max(division.bound, nearest), objective)
    excess = task.excess(own)
    chosen = np.asarray(sites, dtype=np.int64)[order]
    return ServiceRegions(
        sites=chosen,
        region=chosen[own],
        root=task.root,
        load=task.loads(own),
        lower=task.limits[0],
        upper=task.limits[1],
        balanced=not eased,
        excess=excess if eased else 0.0,
        excess_bound=min(excess_bound, excess) if eased else 0.0,
        extra_person_minutes=objective - nearest,
        objective=objective,
        bound=bound,
        gap=(objective - bound) / objective if objective > 0 else 0.0,
        seconds=time.perf_counter() - began,
    )


def _divide(task: Task, began: float, stop: float, seed: int) -> tuple[Division, float, bool]:
    """The division, the bound of its excess, and whether limits had to be eased."""
    least = Division(task, began + BALANCE_SHARE * (stop - began), seed, balance=True)
    least.offer(task.cost.argmin(axis=1).astype(np.int64))
    allowance = SAME * max(float(task.weight.sum()), 1.0)
    strict = Division(task, stop, seed)
    strict.offer(task.cost.argmin(axis=1).astype(np.int64))
    if strict.best is None:
        least.run()
        assert least.best is not None
        strict.offer(least.best)
    if strict.best is not None:
        strict.run()
        return strict, 0.0, False
    assert least.best is not None
    excess = task.excess(least.best) + allowance
    wider = np.stack([np.maximum(task.limits[0] - excess, 0.0), task.limits[1] + excess])
    eased = Division(Task(task.cost, task.weight, wider, task.root, task.graph), stop, seed)
    eased.offer(least.best)
    eased.best = least.best if eased.best is None else eased.best
    eased.run()
    return eased, least.bound, True


def _task(
    minutes: ArrayLike,
    weights: ArrayLike,
    sites: Sequence[int],
    neighbours: Neighbours,
    how: tuple[Sequence[int] | None, float | None, ArrayLike | None],
) -> tuple[Ints, Task]:
    """The order of the centres, and what is to be divided."""
    roots, slack, capacity = how
    travel = parse_minutes(minutes)
    if not isinstance(travel, np.ndarray):
        raise ValueError("minutes must be a full matrix here; give NaN where a site is not reached")
    weight = group_weights(weights).sum(axis=0)
    n, m = travel.shape
    if len(weight) != n:
        raise ValueError(f"one weight a row of minutes ({n}); got {len(weight)}")
    given = as_codes("sites", np.asarray(sites, dtype=np.int64), count=m)
    if not len(given) or len(np.unique(given)) < len(given):
        raise ValueError(f"sites must be different open columns, at least one; got {given.tolist()}")
    graph = as_graph(neighbours, n=n)
    order = np.argsort(given)
    filled = travel[:, given[order]]
    longest = float(np.nanmax(travel, initial=0.0)) if np.isfinite(travel).any() else 0.0
    filled = np.where(np.isnan(filled), max(UNREACHABLE_MINUTES, 2 * longest), filled)
    root = _roots(filled, None if roots is None else np.asarray(roots)[order])
    label = pieces(graph).label
    alone = np.flatnonzero(~np.isin(label, label[root]))
    if len(alone):
        raise ValueError(
            f"areas {alone[:10].tolist()} are joined with no centre; add a neighbour (bridge, ferry) for them"
        )
    limits = _limits(float(weight.sum()), len(given), slack, capacity, order)
    return order, Task(np.ascontiguousarray(filled * weight[:, None]), weight, limits, root, graph)


def _roots(minutes: Floats, given: np.ndarray | None) -> Ints:
    n, k = minutes.shape
    if k > n:
        raise ValueError(f"there are more centres ({k}) than areas ({n})")
    if given is None:
        _, area = linear_sum_assignment(minutes.T)
        return area.astype(np.int64)
    root = as_codes("roots", given, count=n)
    if len(root) != k or len(np.unique(root)) < k:
        raise ValueError(f"roots must be {k} different areas, one a centre; got {root.tolist()}")
    return root


def _limits(total: float, k: int, slack: float | None, capacity: ArrayLike | None, order: Ints) -> Floats:
    share = DEFAULT_SLACK if slack is None and capacity is None else slack
    if share is not None and not share >= 0:
        raise ValueError(f"slack must be >= 0; got {share}")
    lower, upper = np.zeros(k), np.full(k, total)
    if share is not None:
        lower, upper = np.full(k, total / k * max(1 - share, 0.0)), np.full(k, total / k * (1 + share))
    if capacity is not None:
        most = as_floats("capacity", np.broadcast_to(np.asarray(capacity, dtype=np.float64), k))[order]
        check_counts("capacity", most)
        upper = np.minimum(upper, most)
    return np.stack([lower, upper])
