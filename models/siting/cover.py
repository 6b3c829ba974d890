"""Covering: fewest sites that are near enough to everybody, and most people near enough to few sites."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from models.checks import Floats, Ints, as_floats, check_bounds, check_counts
from models.siting.backup import Rest, most_backup
from models.siting.branch import search
from models.siting.coverage import CoverPlan, Judged, Opened, check_coverable, shares_within
from models.siting.covering import cheapest_cover
from models.siting.instance import (
    Demands,
    filled_minutes,
    parse_demands,
    parse_instance,
    parse_minutes,
    usable_columns,
)
from models.siting.median import PROVEN, ROUND
from models.siting.pairs import dense_pairs
from models.siting.ruled import Asked, ruled_cover
from models.siting.rules import Rules

ANY = (0.0, np.inf)


def set_cover(
    minutes: ArrayLike | csr_array[np.float64],
    radius_minutes: float,
    *,
    costs: ArrayLike | None = None,
    fixed: Sequence[int] = (),
    excluded: Sequence[int] = (),
    beyond: ArrayLike | None = None,
    backup: int = 0,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> CoverPlan:
    """Open as few sites (or as little cost) as cover every demand within the radius.

    Parameters
    ----------
    minutes : (n_demand, n_sites) travel minutes, NaN = unreachable, which never covers; or sparse, with the
        nearest sites only
    radius_minutes : >= 0; a pair of just this many minutes is covered
    costs : (n_sites,) >= 0 of opening each, those of `fixed` included; None counts sites
    fixed : columns that are open in any case, and count
    excluded : columns that may not open
    beyond : (n_demand,) of sparse minutes, what every pair that is not stored counts: it covers if that is
        within the radius
    backup : 0, or how many sites beyond the first a row should have within the radius: among the plans with
        as few sites, that with most such rows is taken (`backup=1` is the LSCP-B)
    time_limit_s : wall time, > 0
    seed : of the solver and of the exchanges before it

    Returns
    -------
    CoverPlan: `objective` sites or cost, never below `bound`

    Raises
    ------
    InfeasibleRequest
        "siting.cannot_cover": some rows have no site within the radius; names them and the least radius.
    ValueError
        If shapes differ, a value is negative, or a column does not exist.

    References
    ----------
    Toregas et al. (1971), Operations Research 19, 1363-1373. Daskin & Stern (1981), Transportation Science
    15, 137-152 (backup).

    Examples
    --------
    >>> set_cover([[1, 9, 3], [9, 1, 3], [9, 9, 2]], 3).sites.tolist()
    [2]
    """
    began = _begin(time_limit_s)
    check_bounds({"radius_minutes": radius_minutes, "backup": backup}, {"radius_minutes": ANY, "backup": ANY})
    demands = _demands(minutes, None, beyond)
    travel = filled_minutes(demands)
    price = np.ones(travel.shape[1]) if costs is None else as_floats("costs", costs)
    check_counts("costs", price)
    if len(price) != travel.shape[1]:
        raise ValueError(f"one cost a site ({travel.shape[1]}); got {len(price)}")
    own, candidates = usable_columns(None, len(price), fixed=fixed, excluded=excluded)
    within = travel <= radius_minutes
    allowed = np.union1d(own, candidates)
    check_coverable(travel[:, allowed], within[:, allowed], radius_minutes)
    rest = Rest(within[:, candidates], within[:, own].sum(axis=1), backup)
    with threadpool_limits(limits=1):
        found = _fewest(rest, price[candidates], began + time_limit_s, seed)
    sites = np.union1d(own, candidates[found.chosen]).astype(np.int64)
    opened = Opened(demands, travel, radius_minutes, sites, own, _unique(excluded), began)
    return opened.plan(_judge_set(opened, price, found, backup))


@dataclass(frozen=True, slots=True)
class _Fewest:
    chosen: Ints
    bound: float  # on the price of what is opened beside the fixed sites
    ended: bool
    backed: float  # rows that can have backup at most


def _fewest(rest: Rest, price: Floats, stop: float, seed: int) -> _Fewest:
    found = cheapest_cover(rest.covers[rest.already == 0], price, stop=stop, seed=seed)
    assert found.chosen is not None  # greedy at least
    if not rest.backup:
        return _Fewest(found.chosen, found.bound, found.ended, np.nan)
    best = most_backup(rest, price, found.chosen, stop=stop, seed=seed)
    return _Fewest(best.chosen, found.bound, found.ended, best.bound)


def _judge_set(opened: Opened, price: Floats, found: _Fewest, backup: int) -> Judged:
    objective = float(price[opened.sites].sum())
    bound = max(found.bound, 0.0) + float(price[opened.fixed].sum())
    if (np.mod(price, 1) == 0).all():
        bound = float(np.ceil(bound - ROUND))
    proven = found.ended or objective - bound <= PROVEN * objective
    bound = objective if proven else bound
    gap = (objective - bound) / objective if objective > 0 else 0.0
    times, rows = opened.times, max(len(opened.minutes), 1)
    share = float((times > max(backup, 1)).sum() / rows)
    return Judged(objective, bound, gap, proven, (times > 0).astype(float), 1.0, share, found.backed / rows)


def maximal_cover(
    minutes: ArrayLike | csr_array[np.float64],
    weights: ArrayLike,
    p: int | None,
    radius_minutes: float,
    *,
    fixed: Sequence[int] = (),
    excluded: Sequence[int] = (),
    beyond: ArrayLike | None = None,
    partial: tuple[float, float] | None = None,
    capacity: ArrayLike | None = None,
    demand: ArrayLike | None = None,
    rules: Rules | None = None,
    time_limit_s: float = 60.0,
    seed: int = 0,
) -> CoverPlan:
    """Have `p` sites open that cover the most weight within the radius.

    Parameters
    ----------
    minutes : (n_demand, n_sites) travel minutes, NaN = unreachable, which never covers; or sparse, with the
        nearest sites only
    weights : (n_demand,) for example persons in need, >= 0
    p : open sites in all, those of `fixed` included; None for any number that the budget of `rules` allows
    radius_minutes : >= 0; a pair of just this many minutes is covered
    fixed : columns that are open in any case
    excluded : columns that may not open
    beyond : (n_demand,) of sparse minutes, what every pair that is not stored counts: it covers if that is
        within the radius
    partial : (full_minutes, zero_minutes) for cover that fades: a demand counts whole up to the first, not at
        all from the second, evenly less between, by its nearest open site. It takes the radius's place in the
        objective; the radius still says which open sites `times` counts
    capacity : what a site can cover, one number or (n_sites,), inf without limit. A covered demand then takes
        room whole in one open site, which `assignment` names; -1 is a demand that is not covered
    demand : (n_demand,) what each row takes of a capacity; None takes `weights`
    rules : groups, conflicts and budget that the open sites keep
    time_limit_s : wall time, > 0
    seed : of the random starts

    Returns
    -------
    CoverPlan: `objective` is the weight covered, never above `bound`; gap is (bound - objective) / bound

    Raises
    ------
    InfeasibleRequest
        If there are fewer sites than `p`, or more are fixed, or no sites keep the rules; says the least
        change.
    ValueError
        If shapes differ, a value is negative, or a column does not exist.

    Notes
    -----
    The weight left uncovered is the cost of a p-median whose pairs cost weight x (1 - share), so that its
    bounds and tree search serve here.

    References
    ----------
    Church & ReVelle (1974), Papers of the Regional Science Association 32, 101-118. Berman & Krass (2002),
    Computers & Operations Research 29, 563-581 (cover that fades).

    Examples
    --------
    >>> plan = maximal_cover([[1, 9], [9, 1], [9, 2]], [5, 1, 3], 1, 2)
    >>> plan.sites.tolist(), plan.objective
    ([0], 5.0)
    """
    began = _begin(time_limit_s)
    demands = _demands(minutes, weights, beyond)
    travel, weight = filled_minutes(demands), demands.weight
    share = _shares(travel, radius_minutes, partial)
    if capacity is not None or rules is not None:
        asked = Asked(p, tuple(fixed), tuple(excluded), rules, capacity, demand)
        ruled = ruled_cover(share, weight, asked, seed=seed, stop=began + time_limit_s)
        opened = Opened(demands, travel, radius_minutes, ruled.sites, ruled.fixed, _unique(excluded), began)
        return opened.plan(_judge_maximal(opened, ruled.covered, weight, ruled.most), ruled.server)
    if p is None or demand is not None:
        raise ValueError("p=None needs rules= with a budget; demand= needs capacity=")
    instance = parse_instance(travel, weights, p, fixed=fixed, excluded=excluded, beyond=None)
    task = _Maximal(share[:, instance.candidates], share[:, instance.fixed], weight, instance.count)
    with threadpool_limits(limits=1):
        chosen, most = task.solve(began + time_limit_s, seed)
    sites = np.union1d(instance.fixed, instance.candidates[chosen]).astype(np.int64)
    opened = Opened(demands, travel, radius_minutes, sites, instance.fixed, _unique(excluded), began)
    covered: Floats = share[:, sites].max(axis=1)
    return opened.plan(_judge_maximal(opened, covered, weight, most))


def _judge_maximal(opened: Opened, covered: Floats, weight: Floats, most: float) -> Judged:
    objective, whole = float(covered @ weight), float(weight.sum())
    proven = most - objective <= PROVEN * most
    bound = objective if proven else most
    gap = (bound - objective) / bound if bound > 0 else 0.0
    persons = objective / whole if whole > 0 else 1.0
    backup = float((opened.times > 1).sum() / max(len(covered), 1))
    return Judged(objective, bound, gap, proven, covered, persons, backup, np.nan)


@dataclass(frozen=True, slots=True)
class _Maximal:
    share: Floats  # (n, m) of the candidates
    fixed: Floats  # (n, fixed)
    weight: Floats
    count: int

    def solve(self, stop: float, seed: int) -> tuple[Ints, float]:
        """Candidates to open, and the most weight that any choice covers."""
        rows = self.weight > 0
        weight = self.weight[rows]
        lost = weight * (1 - self.fixed[rows].max(axis=1, initial=0.0))
        pairs = dense_pairs(weight[:, None] * (1 - self.share[rows]), lost)
        if self.count in (0, pairs.sites) or not len(pairs.cost):
            chosen = np.arange(self.count, dtype=np.int64)
            return chosen, float(weight.sum() - pairs.totals(chosen).sum())
        whole = bool((np.mod(pairs.cost, 1) == 0).all() and (np.mod(lost, 1) == 0).all())
        found = search(pairs, self.count, whole=whole, seed=seed, stop=stop)
        least = float(pairs.totals(np.arange(pairs.sites)).sum())
        if found.finished:
            least = found.total
        elif np.isfinite(found.tree.least):
            least = max(least, np.ceil(found.tree.least - ROUND) if whole else found.tree.least)
        return found.chosen, float(weight.sum() - least)


def _shares(minutes: Floats, radius: float, partial: tuple[float, float] | None) -> Floats:
    check_bounds({"radius_minutes": radius}, {"radius_minutes": ANY})
    if partial is None:
        return (minutes <= radius).astype(np.float64)
    full, zero = partial
    if not 0 <= full <= zero < np.inf:
        raise ValueError(f"partial must be (full_minutes, zero_minutes), 0 <= full <= zero; got {partial}")
    return shares_within(minutes, full, zero)


def _begin(time_limit_s: float) -> float:
    if not time_limit_s > 0:
        raise ValueError(f"time_limit_s must be > 0; got {time_limit_s}")
    return time.perf_counter()


def _demands(
    minutes: ArrayLike | csr_array[np.float64], weights: ArrayLike | None, beyond: ArrayLike | None
) -> Demands:
    given = parse_minutes(minutes)
    return parse_demands(given, np.ones(given.shape[0]) if weights is None else weights, beyond)


def _unique(columns: Sequence[int]) -> Ints:
    return np.unique(np.asarray(columns, dtype=np.int64))
