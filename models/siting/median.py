"""p-median: the sites that shorten weighted travel most, with a proof of how good they are."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from models.checks import Floats, Ints, as_floats
from models.siting.branch import search
from models.siting.certificate import Certificate, certified_bound
from models.siting.instance import Instance, Minutes, parse_demands, parse_instance, parse_minutes
from models.siting.nearest import nearest_site
from models.siting.results import SitePlan
from models.siting.ruled import Asked, ruled_plan
from models.siting.rules import Rules, parse_rules

PROVEN = 1e-9  # relative
ROUND = 1e-6


def p_median(
    minutes: ArrayLike | csr_array[np.float64],
    weights: ArrayLike,
    p: int | None,
    *,
    fixed: Sequence[int] = (),
    excluded: Sequence[int] = (),
    capacity: ArrayLike | None = None,
    demand: ArrayLike | None = None,
    rules: Rules | None = None,
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
    p : open sites in all, those of `fixed` included; None for any number that the budget of `rules` allows
    fixed : columns that are open in any case; an existing centre that may close is an ordinary column
    excluded : columns that may not open
    capacity : what a site can serve, one number or (n_sites,), inf without limit. Each demand then goes
        whole to one open site that reaches it, not always the nearest: `assignment` says which
    demand : (n_demand,) what each row takes of a capacity; None takes `weights`
    rules : groups, conflicts and budget that the open sites keep
    beyond : (n_demand,) minutes that a demand never exceeds. With sparse minutes, those of all pairs that are
        not stored: with the k nearest stored, those of the next, so that the bound holds for all pairs. With
        a full matrix, those to the nearest centre of others (NaN for none), which is not counted in `p`, has
        no limit and serves where it is nearer: assignment -1
    time_limit_s : wall time, > 0
    seed : of the random starts

    Returns
    -------
    SitePlan

    Raises
    ------
    InfeasibleRequest
        If there are fewer sites than `p`, or more are fixed, or no plan keeps rules and capacities; says the
        least change.
    ValueError
        If shapes differ, minutes or weights are negative, or a column does not exist.

    Notes
    -----
    With `capacity` or `rules` the bound comes from a Lagrangian relaxation, a tree on sites and on who may
    serve whom, or an integer programme: there is no certificate, and `verify` says False. With `capacity`
    every demand that any site reaches must be served, or be served by others. Otherwise:

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
    ruled = rules is not None and not parse_rules(rules, travel.shape[1], p).none
    if capacity is not None or ruled:
        asked = Asked(p, tuple(fixed), tuple(excluded), rules, capacity, demand)
        demands = parse_demands(travel, weights, beyond)
        return ruled_plan(demands, asked, began=began, stop=began + time_limit_s, seed=seed)
    if p is None or demand is not None:
        raise ValueError("p=None needs rules= with a budget; demand= needs capacity=")
    instance = parse_instance(travel, weights, p, fixed=fixed, excluded=excluded, beyond=beyond)
    with threadpool_limits(limits=1):
        found = _solve(instance, seed=seed, stop=began + time_limit_s, demands=travel.shape[0])
    sites = np.union1d(instance.fixed, instance.candidates[found.chosen]).astype(np.int64)
    demands = parse_demands(travel, weights, beyond)
    served = nearest_site(demands, sites)
    objective = demands.objective(served, instance.rows)
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
        unserved=demands.unserved(served.site),
        unreachable_minutes=instance.price_minutes,
        certificate=found.certificate,
        excluded=np.unique(np.asarray(excluded, dtype=np.int64)),
        beyond=demands.limit,
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
    demands = parse_demands(minutes, weights, plan.beyond)
    served = nearest_site(demands, np.unique(plan.sites))
    objective = demands.objective(served, instance.rows)
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
