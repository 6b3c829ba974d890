"""p-median with at least so many new sites in each group of districts; a solver proves it."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from models.checks import Bools, Floats, Ints, as_floats, check_counts
from models.siting.bound import LagrangianBound, fixed_sites, lagrangian, useful_pairs
from models.siting.exact import Core, solve_core
from models.siting.heuristic import interchange, total_cost
from models.siting.instance import UNREACHABLE_MINUTES
from models.siting.median import assign, p_median
from models.siting.request import Feasible, SiteRequest, parse_request
from models.siting.results import SitePlan

PROVEN = 1e-9


def p_median_in_groups(
    minutes: ArrayLike,
    weights: ArrayLike,
    request: SiteRequest,
    *,
    seed: int = 0,
    time_limit_seconds: float = 60.0,
) -> SitePlan:
    """Open `request.new` sites beside the existing ones to minimise weight x minutes to the nearest.

    Without minimums this is `p_median`. With them interchange gives a plan, a Lagrangian bound removes sites
    and pairs no better plan can use, HiGHS decides the rest. On the time limit the best plan so far comes
    back with its bound and gap.

    Parameters
    ----------
    minutes : (n_demand, n_sites) travel minutes, NaN = unreachable
    weights : (n_demand,) for example persons in need, >= 0
    request : what to open
    seed : of the heuristic's random starts and of HiGHS
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

    Notes
    -----
    Demands that cannot be reached count as in `p_median`. With minimums there is no certificate.
    """
    began = time.perf_counter()
    if not time_limit_seconds > 0:
        raise ValueError(f"time_limit_seconds must be > 0; got {time_limit_seconds}")
    travel = _travel(minutes, weights)
    plan = parse_request(request, travel.minutes.shape[1])
    if not len(plan.minimum):
        return p_median(
            minutes,
            weights,
            len(plan.existing) + request.new,
            fixed=plan.existing.tolist(),
            excluded=request.excluded,
            time_limit_s=time_limit_seconds,
            seed=seed,
        )
    with threadpool_limits(limits=1):
        found = _search(travel, plan, seed=seed, stop=began + time_limit_seconds)
    return _site_plan(travel, plan, found, began)


@dataclass(frozen=True, slots=True)
class _Travel:
    minutes: Floats  # as given
    weights: Floats
    filled: Floats  # unreachable replaced by its price
    price: float
    hopeless: Bools  # (n,), no site at all reaches it


@dataclass(frozen=True, slots=True)
class _Found:
    chosen: Ints
    total: float
    bound: float
    proven: bool


def _travel(minutes: ArrayLike, weights: ArrayLike) -> _Travel:
    times, weight = as_floats("minutes", minutes, ndim=2), as_floats("weights", weights)
    if len(weight) != len(times):
        raise ValueError(f"one weight a row of minutes ({len(times)}); got {len(weight)}")
    check_counts("weights", weight)
    known: Bools = np.isfinite(times)
    reached: Bools = np.asarray(known.any(axis=1))
    if (times[known] < 0).any() or (~known & ~np.isnan(times)).any():
        raise ValueError("minutes must be >= 0, or NaN where unreachable")
    longest = float(times[known].max(initial=0.0))
    price = max(UNREACHABLE_MINUTES, 2 * longest)
    return _Travel(times, weight, np.where(known, times, price), price, ~reached)


def _search(travel: _Travel, plan: Feasible, *, seed: int, stop: float) -> _Found:
    weight = np.where(travel.hopeless, 0.0, travel.weights)
    cost = travel.filled[:, plan.candidates] * weight[:, None]
    fallback = _fallback(travel, plan) * weight
    counted = weight > 0
    cost, fallback = cost[counted], fallback[counted]
    chosen, _ = interchange(plan, cost, fallback, seed=seed)
    bound = lagrangian(plan, cost, fallback, chosen, stop=stop)
    if bound.total - bound.value <= PROVEN * abs(bound.total):
        return _Found(bound.chosen, bound.total, bound.total, True)
    return _decide(plan, cost, fallback, bound, seed=seed, seconds=stop - time.perf_counter())


def _fallback(travel: _Travel, plan: Feasible) -> Floats:
    """Minutes a demand never exceeds: to the nearest existing site, or to its worst usable candidate."""
    minutes = travel.filled[:, plan.candidates]
    last = minutes.shape[1] - plan.new  # with `new` open, this many can be nearer and closed
    worst: Floats = np.partition(minutes, last, axis=1)[:, last] if minutes.size else minutes[:, 0]
    if len(plan.existing):
        worst = np.minimum(worst, travel.filled[:, plan.existing].min(axis=1))
    return worst


def _decide(
    plan: Feasible, cost: Floats, fallback: Floats, bound: LagrangianBound, *, seed: int, seconds: float
) -> _Found:
    if seconds <= 0:
        return _Found(bound.chosen, bound.total, bound.value, False)
    closed, needed = fixed_sites(plan, cost, bound)
    core = Core(cost, fallback, useful_pairs(cost, fallback, bound), closed, needed)
    answer = solve_core(plan, core, bound.chosen, seconds=seconds, seed=seed)
    chosen, total = bound.chosen, bound.total
    if answer.chosen is not None and len(answer.chosen) == plan.new:
        other = total_cost(cost, fallback, answer.chosen)
        if other < total:
            chosen, total = answer.chosen, other
    # what the bound removed costs at least as much as the start
    lower = total if answer.proven else max(bound.value, min(answer.bound, total))
    return _Found(chosen, total, lower, answer.proven)


def _site_plan(travel: _Travel, plan: Feasible, found: _Found, began: float) -> SitePlan:
    sites = np.union1d(plan.existing, plan.candidates[found.chosen]).astype(np.int64)
    served = assign(travel.minutes, sites)
    nearest = np.where(np.isnan(served.minutes), travel.price, served.minutes)
    objective = float((nearest * travel.weights)[~travel.hopeless].sum())
    bound = objective if found.proven else min(found.bound, objective)
    columns = np.arange(travel.minutes.shape[1])
    return SitePlan(
        sites=sites,
        fixed=plan.existing,
        assignment=served.site,
        objective=objective,
        bound=bound,
        certified_bound=-np.inf,
        gap=(objective - bound) / objective if objective > 0 else 0.0,
        proven=found.proven,
        seconds=time.perf_counter() - began,
        unserved=np.flatnonzero(served.site < 0).astype(np.int64),
        unreachable_minutes=travel.price,
        certificate=None,
        excluded=np.setdiff1d(columns, np.union1d(plan.existing, plan.candidates)).astype(np.int64),
        beyond=None,
    )
