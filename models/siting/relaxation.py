"""Lagrangian bound under rules and capacities: multipliers of "every demand is served once"."""

import time
from dataclasses import dataclass, field

import numpy as np

from models.checks import Bools, Floats, Ints
from models.compiled import compiled
from models.siting.knapsack import forced_rises, site_knapsacks
from models.siting.pairs import Rows
from models.siting.selection import Cheapest, Relaxed
from models.siting.task import Task

SCALE, PATIENCE, CUT, MEMORY, SMALLEST = 1.0, 25, 0.7, 0.7, 2e-4
MEAN = 0.05  # weight of a step in the mean of the relaxation's plans


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound, and what shows it.

    Attributes
    ----------
    value : no plan costs less
    multipliers : (n,)
    price : (m,) reduced cost of each site
    ratio : (m,) see `site_knapsacks`
    chosen : what the sites' choice was
    """

    value: float
    multipliers: Floats
    price: Floats
    ratio: Floats
    chosen: Relaxed


@dataclass(slots=True)
class Ascent:
    """Subgradient steps that go on where they stopped.

    References
    ----------
    Held, Wolfe & Crowder (1974), Mathematical Programming 6, 62-88. Pirkul (1987), Computers & Operations
    Research 14, 285-293 (knapsacks of the capacitated p-median).
    """

    task: Task
    multipliers: Floats
    scale: float = SCALE
    best: Bound | None = None
    direction: Floats = field(init=False)
    stalled: int = 0
    cheapest: Cheapest = field(init=False)
    opened: Floats = field(init=False)
    used: Floats = field(init=False)
    exact: bool = field(init=False)
    steps: int = 0
    plan: tuple[Ints, Ints] | None = None

    def __post_init__(self) -> None:
        """Begin with no direction."""
        self.direction = np.zeros(len(self.multipliers))
        self.cheapest = self.task.selection.relaxed()
        self.opened, self.used = np.zeros(self.task.pairs.sites), np.zeros(len(self.task.pairs.row))
        self.exact = self.task.exact_sizes

    @property
    def spent(self) -> bool:
        """Whether steps have become too small to matter."""
        return self.scale < SMALLEST

    def at(self, multipliers: Floats) -> tuple[Bound, Floats]:
        """The bound at some multipliers, and the share of each pair in it."""
        task, pairs = self.task, self.task.pairs
        price, ratio = np.empty(pairs.sites), np.empty(pairs.sites)
        share = np.empty(len(pairs.row))
        site_knapsacks(
            pairs.start,
            pairs.row,
            pairs.cost,
            multipliers,
            task.size,
            task.capacity,
            self.exact,
            price,
            share,
            ratio,
        )
        chosen = self.cheapest.at(price)
        return Bound(float(multipliers.sum()) + chosen.value, multipliers.copy(), price, ratio, chosen), share

    def climb(self, steps: int, *, target: float, enough: float, stop: float) -> None:
        """Some steps; ends early with a bound of `enough`, or when no plan is left (bound inf)."""
        pairs = self.task.pairs
        for _ in range(steps):
            self.steps += 1
            found, share = self.at(self.multipliers)
            self._note(found)
            if found.value >= enough or self.spent or time.perf_counter() > stop:
                return
            slope = served_once(
                pairs.start, pairs.row, share, found.chosen.share, len(self.multipliers), self.used, MEAN
            )
            self.opened += MEAN * (found.chosen.share - self.opened)
            move = slope + MEMORY * self.direction
            move[(move > 0) & (self.multipliers >= pairs.fallback)] = 0.0
            norm = 0.0 if self._serves_all(slope) else float(move @ move)
            if norm == 0:
                self._end(found, share)
                return
            self.direction = move
            aim = target if np.isfinite(target) else found.value + 0.1 * abs(found.value) + 1.0
            length = self.scale * max(aim - found.value, 1e-6 * abs(aim)) / norm
            self.multipliers = np.minimum(self.multipliers + length * move, pairs.fallback)

    def _serves_all(self, slope: Floats) -> bool:
        """Whether every demand is served once, or not at all where its fallback costs the same."""
        dear = self.multipliers < self.task.pairs.fallback
        return not slope[dear].any() and not (slope < 0).any()

    def _end(self, found: Bound, share: Floats) -> None:
        """The relaxation's plan is a plan: nothing is better, unless it has fractions."""
        self.scale = 0.0
        opened = found.chosen.share
        used = (share > 0) & (opened > 0)[self.task.site_of_pair]
        if np.isin(opened, (0.0, 1.0)).all() and (share[used] == 1).all():
            site = np.full(len(self.multipliers), -1, np.int64)
            site[self.task.pairs.row[used]] = self.task.site_of_pair[used]
            self.plan = np.flatnonzero(opened).astype(np.int64), site

    def moved_to(self, task: Task, closed: Bools) -> "Ascent":
        """The same ascent where some sites stay closed and some pairs are dropped."""
        assert self.best is not None
        made = Ascent(task, self.best.multipliers.copy(), scale=self.scale, stalled=self.stalled)
        made.direction = self.direction
        made.best = made.at(made.multipliers)[0]
        return made

    def _note(self, found: Bound) -> None:
        better = self.best is None or found.value > self.best.value
        gained = self.best is None or found.value > self.best.value + 1e-6 * abs(self.best.value)
        self.stalled = 0 if gained else self.stalled + 1
        if better:
            self.best = found
        if self.stalled >= PATIENCE and self.best is not None:
            self.scale, self.stalled = self.scale * CUT, 0
            self.multipliers = self.best.multipliers.copy()


def first_multipliers(task: Task) -> Floats:
    """Mean of the two cheapest sites' costs."""
    first, second = task.pairs.nearest(0), task.pairs.nearest(1)
    second = np.where(np.isfinite(second), second, first)
    return np.minimum((first + second) / 2, task.pairs.fallback)


def settled(task: Task, bound: Bound, enough: float) -> tuple[Bools, Bools, Bools]:
    """Sites that no better plan opens, sites that every better plan opens, pairs that none uses."""
    pairs, slack = task.pairs, enough - bound.value
    rises = task.selection.relaxed().rises(bound.price)
    opening = rises.opening
    closed = ~task.selection.needed & (opening > slack)
    needed = task.selection.needed | (~closed & (rises.closing > slack))
    rise = np.empty(len(pairs.row))
    forced_rises(
        pairs.start,
        pairs.row,
        pairs.cost,
        bound.multipliers,
        task.size,
        task.capacity,
        task.exact_sizes,
        bound.price,
        bound.ratio,
        rise,
    )
    site = np.repeat(np.arange(pairs.sites), np.diff(pairs.start))
    return closed, needed, rise + np.maximum(opening, 0.0)[site] > slack


@compiled
def served_once(
    start: Ints, row: Rows, share: Floats, opened: Floats, n: int, mean: Floats, weight: float
) -> Floats:
    """(n,) 1 less the share of each demand that the open sites serve; `mean` moves to what they serve."""
    slope = np.ones(n)
    for site in range(len(start) - 1):
        if opened[site] > 0:
            for k in range(start[site], start[site + 1]):
                slope[row[k]] -= share[k] * opened[site]
                mean[k] += weight * (share[k] * opened[site] - mean[k])
        else:
            for k in range(start[site], start[site + 1]):
                mean[k] -= weight * mean[k]
    return slope
