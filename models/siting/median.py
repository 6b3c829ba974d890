"""p-median: the sites that shorten weighted travel most, with a proof of how good they are."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from models.checks import Floats, Ints, as_codes, as_floats
from models.results import Assignment
from models.siting.branch import search
from models.siting.certificate import Certificate, certified_bound
from models.siting.instance import Instance, Minutes, parse_instance, parse_minutes
from models.siting.results import SitePlan

PROVEN = 1e-9  # relative
ROUND = 1e-6


def p_median(
    minutes: ArrayLike | csr_array[np.float64],
    weights: ArrayLike,
    p: int,
    *,
    fixed: Sequence[int] = (),
    excluded: Sequence[int] = (),
    beyond: ArrayLike | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> SitePlan:
    """Have `p` sites open that minimise weight x minutes to the nearest.

    Interchange from several starts, path relinking and the sets of a Lagrangian relaxation give a plan; the
    relaxation's bound settles sites for good, and branch and bound on the sites left proves the plan. When
    time is up, the best plan so far comes back with its bound.

    Parameters
    ----------
    minutes : (n_demand, n_sites) travel minutes, NaN = unreachable; or sparse, the k nearest of each demand
    weights : (n_demand,) for example persons in need, >= 0
    p : open sites in all, those of `fixed` included
    fixed : columns that are open in any case
    excluded : columns that may not open
    beyond : (n_demand,) minutes of all pairs that sparse minutes do not store: with the k nearest stored,
        those of the next, so that the bound holds for all pairs
    time_limit_s : wall time, > 0
    seed : of the random starts

    Returns
    -------
    SitePlan

    Raises
    ------
    InfeasibleRequest
        If there are fewer sites than `p`, or more are fixed; says the least change.
    ValueError
        If shapes differ, minutes or weights are negative, or a column does not exist.

    Notes
    -----
    A demand that only some sites reach counts a day (or twice the longest trip if that is more) where the
    plan does not reach it, so that plans reach everybody they can. A demand that no site reaches is left
    out of the objective and listed in `unserved`.

    References
    ----------
    Christofides & Beasley (1982), EJOR 10, 196-208 (tree search on Lagrangian bounds). Garcia, Labbe & Marin
    (2011), INFORMS Journal on Computing 23, 546-556 (nearest sites suffice).
    """
    began = time.perf_counter()
    if not time_limit_s > 0:
        raise ValueError(f"time_limit_s must be > 0; got {time_limit_s}")
    travel = parse_minutes(minutes)
    instance = parse_instance(travel, weights, p, fixed=fixed, excluded=excluded, beyond=beyond)
    with threadpool_limits(limits=1):
        found = _solve(instance, seed=seed, stop=began + time_limit_s, demands=travel.shape[0])
    sites = np.union1d(instance.fixed, instance.candidates[found.chosen]).astype(np.int64)
    limit = None if beyond is None else as_floats("beyond", beyond)
    served = _nearest(travel, sites, limit)
    objective = objective_of(travel, as_floats("weights", weights), served, instance, limit)
    proven = found.finished or objective - found.bound <= PROVEN * abs(objective)
    bound = objective if proven else min(found.bound, objective)
    return SitePlan(
        sites=sites,
        fixed=instance.fixed,
        assignment=served.site,
        objective=objective,
        bound=bound,
        certified_bound=found.certified,
        gap=(objective - bound) / objective if objective > 0 else 0.0,
        proven=proven,
        seconds=time.perf_counter() - began,
        unserved=np.flatnonzero(served.site < 0).astype(np.int64),
        unreachable_minutes=instance.price_minutes,
        certificate=found.certificate,
        excluded=np.unique(np.asarray(excluded, dtype=np.int64)),
        beyond=limit,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    chosen: Ints  # positions among the candidates
    finished: bool
    certified: float
    bound: float
    certificate: Certificate | None


def _solve(instance: Instance, *, seed: int, stop: float, demands: int) -> _Found:
    pairs, count = instance.pairs, instance.count
    if count == 0 or count == pairs.sites or not len(instance.rows):
        return _only_choice(instance, demands)
    found = search(pairs, count, whole=instance.whole, seed=seed, stop=stop)
    certificate = found.tree.certificate(instance.candidates, instance.rows, demands)
    least = found.tree.least
    bound = float(np.ceil(least - ROUND)) if instance.whole and np.isfinite(least) else least
    return _Found(found.chosen, found.finished, least, bound, certificate)


def _only_choice(instance: Instance, demands: int) -> _Found:
    """Nothing to choose: the costs of that choice are multipliers that prove it."""
    chosen = np.arange(instance.count, dtype=np.int64)
    own = instance.pairs.totals(chosen)
    multipliers = np.zeros((1, demands))
    multipliers[0, instance.rows] = own
    none = np.array([-1], dtype=np.int64)
    certificate = Certificate(none, none, none, np.zeros(1, np.int64), multipliers)
    return _Found(chosen, True, float(own.sum()), float(own.sum()), certificate)


def objective_of(
    minutes: Minutes, weights: Floats, served: Assignment, instance: Instance, beyond: Floats | None
) -> float:
    """Weight x minutes of an assignment, summed over the demands that count."""
    other = np.full(len(weights), instance.price_minutes) if beyond is None else beyond
    near = np.where(np.isnan(served.minutes), other, served.minutes)
    return float((near * weights)[instance.rows].sum())


def _nearest(minutes: Minutes, sites: Ints, beyond: Floats | None) -> Assignment:
    """Nearest open site; of sparse minutes among those stored and not beyond."""
    if isinstance(minutes, np.ndarray):
        return assign(minutes, sites)
    near = csr_array(minutes[:, sites])
    site = np.full(near.shape[0], -1, dtype=np.int64)
    shortest = np.full(near.shape[0], np.inf) if beyond is None else beyond.astype(np.float64)
    row = np.repeat(np.arange(near.shape[0]), np.diff(near.indptr))
    order = np.lexsort((near.indices, near.data, row))
    first = order[np.unique(row[order], return_index=True)[1]]
    better = near.data[first] <= shortest[row[first]]
    site[row[first][better]] = sites[near.indices[first][better]]
    found = np.full(near.shape[0], np.nan)
    found[row[first][better]] = near.data[first][better]
    return Assignment(site=site, minutes=found)


def assign(minutes: ArrayLike, opened: ArrayLike) -> Assignment:
    """Nearest open site of each demand; the lower column wins a tie.

    Parameters
    ----------
    minutes : (n_demand, n_sites), NaN = unreachable
    opened : columns that are open, at least one

    Returns
    -------
    Assignment: site -1 and NaN minutes where no open site is reachable

    Examples
    --------
    >>> assign([[5.0, 9.0], [7.0, float("nan")]], [1]).site.tolist()
    [1, -1]
    """
    times = as_floats("minutes", minutes, ndim=2)
    columns = np.unique(as_codes("opened", opened, count=times.shape[1]))
    if not len(columns):
        raise ValueError("opened must name at least one site")
    near = np.where(np.isnan(times[:, columns]), np.inf, times[:, columns])
    best = near.argmin(axis=1)
    shortest = near[np.arange(len(near)), best]
    reached = np.isfinite(shortest)
    return Assignment(
        site=np.where(reached, columns[best], -1).astype(np.int64),
        minutes=np.where(reached, shortest, np.nan),
    )


def verify(plan: SitePlan, minutes: ArrayLike | csr_array[np.float64], weights: ArrayLike) -> bool:
    """Check a plan again from the minutes and weights: sites, assignment, objective, and its proof.

    Nothing of the search is used: the bound of every leaf of the certificate is worked out anew, and the
    leaves are checked to cover every choice.

    Returns
    -------
    bool: True if everything holds and there is a certificate; False if anything differs or nothing proves it
    """
    try:
        return _verified(plan, parse_minutes(minutes), as_floats("weights", weights))
    except (ValueError, IndexError):
        return False


def _verified(plan: SitePlan, minutes: Minutes, weights: Floats) -> bool:
    columns = {"fixed": plan.fixed.tolist(), "excluded": plan.excluded.tolist()}
    instance = parse_instance(minutes, weights, len(plan.sites), **columns, beyond=plan.beyond)
    allowed = np.union1d(instance.fixed, instance.candidates)
    if not np.isin(plan.sites, allowed).all() or not np.isin(instance.fixed, plan.sites).all():
        return False
    served = _nearest(minutes, np.unique(plan.sites), plan.beyond)
    objective = objective_of(minutes, weights, served, instance, plan.beyond)
    if not np.array_equal(served.site, plan.assignment) or not _close(objective, plan.objective):
        return False
    return _bounds_hold(plan, instance, objective)


def _bounds_hold(plan: SitePlan, instance: Instance, objective: float) -> bool:
    if plan.certificate is None:
        return False
    multipliers = plan.certificate.multipliers[:, instance.rows]
    own = Certificate(
        plan.certificate.site,
        plan.certificate.opened,
        plan.certificate.closed,
        plan.certificate.multipliers_row,
        multipliers,
    )
    least = certified_bound(own, instance.pairs, instance.candidates, instance.count)
    if not _close(least, plan.certified_bound):
        return False
    shown = float(np.ceil(least - ROUND)) if instance.whole else least
    enough = objective - shown <= PROVEN * abs(objective)
    return bool(enough or not plan.proven) and plan.bound <= max(shown, objective if enough else shown) * (
        1 + PROVEN
    )


def _close(one: float, other: float) -> bool:
    return abs(one - other) <= PROVEN * max(abs(one), abs(other), 1e-300)
