"""p-median under rules and capacities: the request brought into a task, the answer into a plan."""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from threadpoolctl import threadpool_limits

from models.checks import Floats, Ints
from models.results import Assignment
from models.siting.constrained import Decided, decide
from models.siting.instance import Demands, usable_columns
from models.siting.loads import fitting, parse_loads, refuse
from models.siting.nearest import nearest_site
from models.siting.pairs import Pairs, dense_pairs
from models.siting.refusal import check_rules
from models.siting.results import SitePlan
from models.siting.rules import Limits, Rules, parse_rules
from models.siting.task import Task


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for, unchecked; see `p_median`."""

    p: int | None
    fixed: tuple[int, ...]
    excluded: tuple[int, ...]
    rules: Rules | None
    capacity: ArrayLike | None
    demand: ArrayLike | None


@dataclass(frozen=True, slots=True)
class Sites:
    """Columns that may be open, and what they must keep.

    Attributes
    ----------
    columns : that may be open, fixed ones too, ascending
    fixed, excluded : columns
    size : (n_demand,) what each row takes, 0 without capacities
    capacity : (len(columns),) inf without limit
    """

    columns: Ints
    fixed: Ints
    excluded: Ints
    limits: Limits
    p: int | None
    size: Floats
    capacity: Floats

    @property
    def limited(self) -> bool:
        """Whether capacities were given."""
        return bool(np.isfinite(self.capacity).any())

    def task(self, pairs: Pairs, rows: Ints) -> Task:
        """The task of some rows, whose pairs are of these columns.

        Raises
        ------
        InfeasibleRequest
            If capacities cannot serve the rows.
        """
        selection = self.limits.selection(self.columns, self.fixed, self.p)
        costs = (pairs.cost, pairs.fallback[np.isfinite(pairs.fallback)])
        whole = all(bool((np.mod(part, 1) == 0).all()) for part in costs)
        made = Task(pairs, self.size[rows], self.capacity, selection, whole)
        return fitting(made, rows) if self.limited else made

    def decide(self, task: Task, rows: Ints, *, seed: int, stop: float) -> Decided:
        """Search; raise if there is no plan, or none was found.

        Raises
        ------
        InfeasibleRequest
            See `refuse`.
        """
        with threadpool_limits(limits=1):
            found = decide(task, seed=seed, stop=stop)
        if found.chosen is None:
            raise refuse(task, rows, found, self.limits.selection(self.columns, self.fixed, None))
        return found

    def opened(self, found: Decided) -> tuple[Ints, Ints]:
        """Open columns, and the column that serves each row of the task (-1 none)."""
        assert found.chosen is not None
        assert found.served is not None
        return self.columns[found.chosen], np.append(self.columns, -1)[found.served.site]


def parse_sites(asked: Asked, weight: Floats, m: int) -> Sites:
    """Check which of `m` columns may be open.

    Raises
    ------
    InfeasibleRequest
        If no set of them keeps the rules.
    ValueError
        If the request contradicts itself or the number of columns.
    """
    limits = parse_rules(asked.rules, m, asked.p)
    fixed, free = usable_columns(asked.p, m, fixed=asked.fixed, excluded=asked.excluded)
    free = free[~limits.conflict[np.ix_(free, fixed)].any(axis=1)]  # too near to what is open anyway
    columns = np.union1d(fixed, free).astype(np.int64)
    check_rules(limits, columns, fixed, asked.p)
    if asked.capacity is None:
        if asked.demand is not None:
            raise ValueError("demand= needs capacity=: what a site can serve")
        size, room = np.zeros(len(weight)), np.full(m, np.inf)
    else:
        size, room = parse_loads(asked.capacity, asked.demand, weight, m)
    excluded = np.unique(np.asarray(asked.excluded, dtype=np.int64))
    return Sites(columns, fixed, excluded, limits, asked.p, size, room[columns])


def ruled_plan(demands: Demands, asked: Asked, *, began: float, stop: float, seed: int) -> SitePlan:
    """The plan of least weight x minutes that keeps rules and capacities; see `p_median`."""
    sites = parse_sites(asked, demands.weight, demands.minutes.shape[1])
    counts = (demands.weight > 0) | (sites.size > 0 if sites.limited else False)
    rows = np.flatnonzero(counts & demands.reached).astype(np.int64)
    task = sites.task(demands.pairs(rows, sites.columns, _fallback(demands, sites)[rows]), rows)
    found = sites.decide(task, rows, seed=seed, stop=stop)
    opened, server = sites.opened(found)
    served = nearest_site(demands, opened)
    if sites.limited:
        served = _assigned(demands, served, rows, server)
    objective = demands.objective(served, rows)
    bound = objective if found.ended else min(found.bound, objective)
    return SitePlan(
        sites=opened,
        fixed=sites.fixed,
        assignment=served.site,
        objective=objective,
        bound=bound,
        certified_bound=-np.inf,
        gap=(objective - bound) / objective if objective > 0 else 0.0,
        proven=found.ended,
        seconds=time.perf_counter() - began,
        unserved=demands.unserved(served.site),
        unreachable_minutes=demands.price,
        certificate=None,
        excluded=sites.excluded,
        beyond=demands.limit,
    )


@dataclass(frozen=True, slots=True)
class RuledCover:
    """Open and fixed columns, how much of each row is covered and by which (None: the best), a bound."""

    sites: Ints
    fixed: Ints
    covered: Floats
    server: Ints | None
    most: float


def ruled_cover(share: Floats, weight: Floats, asked: Asked, *, seed: int, stop: float) -> RuledCover:
    """The sites that cover most weight and keep rules and capacities; see `maximal_cover`.

    Parameters
    ----------
    share : (n_demand, n_sites) how much of a row counts as covered from each column
    """
    sites = parse_sites(asked, weight, share.shape[1])
    rows = np.flatnonzero(weight > 0).astype(np.int64)
    part = np.where(share > 0, 1 - share, np.inf)[np.ix_(rows, sites.columns)]
    pairs = dense_pairs(part * weight[rows, None], weight[rows])
    found = sites.decide(sites.task(pairs, rows), rows, seed=seed, stop=stop)
    opened, server = sites.opened(found)
    whole = float(weight.sum())
    if not sites.limited:
        return RuledCover(opened, sites.fixed, share[:, opened].max(axis=1), None, whole - found.bound)
    site = np.full(len(weight), -1, np.int64)
    site[rows] = server
    covered = np.where(site >= 0, share[np.arange(len(site)), site], 0.0)
    return RuledCover(opened, sites.fixed, covered, site, whole - found.bound)


def _fallback(demands: Demands, sites: Sites) -> Floats:
    """(n_demand,) cost without an open site; inf where capacities ask for one."""
    cost = demands.other * demands.weight
    if not sites.limited:
        return cost
    others = np.full(len(cost), np.inf) if demands.limit is None else demands.limit
    return np.where(np.isfinite(others), cost, np.inf)


def _assigned(demands: Demands, nearest: Assignment, rows: Ints, server: Ints) -> Assignment:
    """Rows of the task by their server; the others, which take no room, to the nearest."""
    site, minutes = nearest.site.copy(), nearest.minutes.copy()
    site[rows], minutes[rows] = server, np.nan
    own = rows[server >= 0]
    minutes[own] = np.asarray(demands.minutes[own, site[own]]).ravel()
    return Assignment(site=site, minutes=minutes)
