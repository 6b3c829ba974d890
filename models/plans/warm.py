"""The best plan of each draw under rules, begun from the plan and the bound at the mean weights."""

import time
from dataclasses import dataclass, replace

import numpy as np

from models.checks import Floats, Ints
from models.siting import Rules, SitePlan
from models.siting.best import Best
from models.siting.instance import Demands
from models.siting.pairs import Pairs
from models.siting.programme import solve
from models.siting.relaxation import Ascent, first_multipliers, settled
from models.siting.ruled import Asked, parse_sites
from models.siting.rules import Limits
from models.siting.task import Task
from models.siting.tree import Part, explore

BLOCK, BLOCKS = 25, 12
FIRST_BLOCKS = 16  # at the mean weights
SHAKES = 10  # exchanges from the best plan before the last step


def weighted(pairs: Pairs, weight: Floats) -> Pairs:
    """Costs of one person times weights (n,)."""
    return Pairs(pairs.start, pairs.row, pairs.cost * weight[pairs.row], pairs.fallback * weight)


@dataclass(frozen=True, slots=True)
class Ruled:
    """What all draws share: the task of one person in each row, and where to begin.

    Attributes
    ----------
    task : fixed sites are among its sites
    columns : of its sites
    limits : the rules over all columns
    start : the plan at the mean weights, in sites of the task
    multipliers : (rows,) near the best at the mean weights, a person
    """

    task: Task
    columns: Ints
    limits: Limits
    start: Ints
    multipliers: Floats

    @classmethod
    def parse(
        cls, unit: Demands, mean: Floats, plan: SitePlan, asked: tuple[int | None, Rules], stop: float
    ) -> "Ruled":
        """From the plan at the mean weights (n_demand,); `unit` has weight 1 where they are positive."""
        p, rules = asked
        request = Asked(p, tuple(plan.fixed), tuple(plan.excluded), rules, None, None)
        sites = parse_sites(request, mean, unit.minutes.shape[1])
        rows = np.flatnonzero((mean > 0) & unit.reached).astype(np.int64)
        task = replace(sites.task(unit.pairs(rows, sites.columns, unit.other[rows]), rows), whole=False)
        start = np.searchsorted(sites.columns, plan.sites).astype(np.int64)
        whole = replace(task, pairs=weighted(task.pairs, mean[rows]))
        search = Search.begin(whole, start, first_multipliers(whole), stop)
        search.climb(FIRST_BLOCKS, stop)
        return cls(task, sites.columns, sites.limits, start, search.multipliers / mean[rows])

    def best(self, weight: Floats, stop: float) -> tuple[Ints, float, float]:
        """Open columns of the best plan found at some weights (rows,), its cost, and a bound."""
        task = replace(self.task, pairs=weighted(self.task.pairs, weight))
        search = Search.begin(task, self.start, self.multipliers * weight, stop)
        bound = search.finish(stop, by_tree=bool(np.isinf(self.limits.budget)))
        assert search.best.chosen is not None
        return self.columns[search.best.chosen], search.best.total, bound


@dataclass(slots=True)
class Search:
    """The best plan so far, and the bound on what is left.

    Attributes
    ----------
    best : in sites of the whole task
    ascent : over what a better plan may use
    sites : of the ascent, in sites of the whole task
    """

    best: Best
    ascent: Ascent
    sites: Ints

    @classmethod
    def begin(cls, task: Task, chosen: Ints, multipliers: Floats, stop: float) -> "Search":
        """From a plan that keeps the rules, and multipliers that are near the best."""
        best = Best(task, 0)
        best.improve(chosen, stop)
        ascent = Ascent(task, np.minimum(multipliers, task.pairs.fallback))
        return cls(best, ascent, np.arange(task.pairs.sites))

    @property
    def bound(self) -> float:
        """What no plan can be below."""
        assert self.ascent.best is not None
        return self.ascent.best.value

    @property
    def multipliers(self) -> Floats:
        """Those of the bound."""
        assert self.ascent.best is not None
        return self.ascent.best.multipliers

    def climb(self, blocks: int, stop: float) -> bool:
        """Raise the bound, swap from the sites it prefers, drop what it rules out; whether that proves it."""
        for _ in range(blocks):
            self.ascent.climb(BLOCK, target=self.best.total, enough=self.best.enough, stop=stop)
            self._look(stop)
            if self.bound >= self.best.enough:
                return True
            if self.ascent.spent or time.perf_counter() > stop:
                return False
            self._drop()
        return False

    def _look(self, stop: float) -> None:
        assert self.ascent.best is not None
        chosen = self.ascent.task.selection.pick(self.ascent.best.price, stop=stop)
        if chosen is not None:
            self.best.improve(self.sites[chosen], stop)

    def _drop(self) -> None:
        task = self.ascent.task
        assert self.ascent.best is not None
        closed, needed, dropped = settled(task, self.ascent.best, self.best.enough)
        if closed.any() or dropped.any() or (needed != task.selection.needed).any():
            selection = task.selection.with_needed(needed & ~closed)
            left = replace(task, selection=selection).without(closed, dropped)
            self.ascent, self.sites = self.ascent.moved_to(left, closed), self.sites[~closed]

    def finish(self, stop: float, *, by_tree: bool) -> float:
        """Prove the best plan as far as time allows, by a tree or an integer programme in the end.

        A tree is many times quicker, but not under a budget, which sites of a relaxation spend to the last.
        """
        if self.climb(BLOCKS, stop):
            return self.best.total
        if time.perf_counter() > stop:
            return min(self.bound, self.best.total)
        self.best.shake(SHAKES, stop)
        if self.bound >= self.best.enough:
            return self.best.total
        self._drop()
        least, ended = self._explored(stop) if by_tree else self._solved(stop)
        return self.best.total if ended or least >= self.best.enough else min(least, self.best.total)

    def _explored(self, stop: float) -> tuple[float, bool]:
        part = Part(self.ascent.task, self.sites, self.multipliers, self.bound)
        return explore(self.best, part, stop=stop)

    def _solved(self, stop: float) -> tuple[float, bool]:
        answer = solve(self.ascent.task, self._start(), stop=stop)
        if answer.chosen is not None:
            self.best.serve(self.sites[answer.chosen])
        return max(self.bound, min(answer.bound, self.best.total)), False  # what was dropped costs no less

    def _start(self) -> tuple[Ints, Ints] | None:
        """The best plan in the sites that are left, None if it uses another."""
        assert self.best.chosen is not None
        assert self.best.served is not None
        place = np.full(self.best.task.pairs.sites + 1, -1, dtype=np.int64)
        place[self.sites] = np.arange(len(self.sites))
        chosen, site = place[self.best.chosen], place[self.best.served.site]
        kept = (chosen >= 0).all() and np.isfinite(self.ascent.task.judge(site).total)
        return (chosen, site) if kept else None
