"""The plan of least (1 - mix) x mean + mix x tail minutes, with what no plan can be below."""

import heapq
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import numpy as np

from models.checks import Floats, Ints
from models.plans.below import Hunt
from models.plans.ground import Ground
from models.plans.tail import tail_and_edge
from models.siting.ascent import first_multipliers
from models.siting.swap import improve

NODES, WIDEST = 150, 0.02  # parts of a search over sites, and its first gap: beyond, the interval is cut
MANY, FINE = 3000, 2e-4  # parts where cutting hardly changes costs, by this share of them
FIRST_WIDTH = 0.02  # of the edge: the narrowest interval around a known plan's own, doubled outwards


@dataclass(frozen=True, slots=True)
class Measured:
    """A choice of candidates with its mean and tail minutes, and the minutes at which its tail begins."""

    chosen: Ints
    mean: float
    tail: float
    edge: float

    def mixed(self, mix: float) -> float:
        """Weighted sum of the two."""
        return (1 - mix) * self.mean + mix * self.tail


@dataclass(slots=True)
class Memory:
    """Choices measured so far, each once."""

    ground: Ground
    share: float
    weight: Floats = field(init=False)
    known: dict[bytes, Measured] = field(default_factory=dict)
    longest: Floats = field(init=False)

    def __post_init__(self) -> None:
        """Persons as shares of all."""
        self.weight = self.ground.weight / self.ground.people
        self.longest = np.unique(self.ground.minutes)

    def measure(self, chosen: Ints) -> Measured:
        """Mean and tail of a choice, ascending positions."""
        key = chosen.tobytes()
        if key not in self.known:
            near = self.ground.near(chosen)
            tail, edge = tail_and_edge(near, self.weight, self.share)
            self.known[key] = Measured(chosen, float(self.weight @ near), tail, edge)
        return self.known[key]

    def best(self, mix: float) -> Measured:
        """The best choice known; at a tie the first in order."""
        return min(self.known.values(), key=lambda one: (one.mixed(mix), one.mean, one.chosen.tolist()))


@dataclass(frozen=True, slots=True)
class Answer:
    """The best choice found for a mixture, and what no choice can be below."""

    best: Measured
    bound: float


def least_mixture(memory: Memory, mix: float, *, tolerance: float, stop: float) -> Answer:
    """Branch and bound over the minutes t at which the tail begins, and over sites within an interval of t.

    With t fixed, mean and tail are a p-median with minutes f(d) = (1 - mix) d + mix / share max(d - t, 0),
    plus mix t; the least over t is the mixture (Rockafellar & Uryasev 2000). For a choice whose tail begins
    within [a, b], max(d - t, 0) is at least 1(d > m) (d - t) for any m, which is linear in t: so the lesser
    of the two p-medians at a and at b bounds the whole interval, and exactly so where no distance is inside.
    """
    if memory.ground.only_choice:
        only = memory.measure(np.arange(memory.ground.count, dtype=np.int64))
        return Answer(only, only.mixed(mix))
    search = _Search(memory, mix, tolerance)
    search.polish()
    bound = search.run(stop)
    best = memory.best(mix)
    return Answer(best, min(bound, best.mixed(mix)))


@dataclass(slots=True)
class _Search:
    memory: Memory
    mix: float
    tolerance: float
    multipliers: dict[float, Floats] = field(default_factory=dict)

    def limit(self, added: float = 0.0) -> float:
        """Cost, less a constant, from which on a choice is of no interest."""
        return self.memory.best(self.mix).mixed(self.mix) * (1 - self.tolerance) - added

    def polish(self) -> None:
        """From the best known choices: fix where the tail begins, swap, and look where it begins now."""
        order = sorted(self.memory.known.values(), key=lambda one: one.mixed(self.mix))
        for one in order[:3]:
            for _ in range(10):
                found, _ = improve(self.memory.ground.pairs(partial(self._cost, edge=one.edge)), one.chosen)
                after = self.memory.measure(found)
                if after.mixed(self.mix) >= one.mixed(self.mix) * (1 - 1e-12):
                    break
                one = after

    def _cost(self, minutes: Floats, edge: float, middle: float | None = None) -> Floats:
        """(rows, columns) share of all x f(minutes); max(d - t, 0) from below where a middle is given."""
        over = np.maximum(minutes - edge, 0.0)
        if middle is not None:
            over = np.where(minutes > middle, minutes - edge, 0.0)
        made: Floats = (1 - self.mix) * minutes
        made += (self.mix / self.memory.share) * over
        made *= self.memory.weight[:, None]
        return made

    def run(self, stop: float) -> float:
        """Cut the range of t until every interval's bound is above the best choice."""
        edge = self.memory.best(self.mix).edge
        waiting = [(-np.inf, abs((low + high) / 2 - edge), low, high) for low, high in self._intervals()]
        heapq.heapify(waiting)
        done = np.inf
        while waiting:
            bound, _, low, high = heapq.heappop(waiting)
            if bound >= self.limit() or (time.perf_counter() > stop and np.isfinite(bound)):
                return min(done, bound, self.limit())
            parts = self._cut(low, high)
            nodes = (MANY if self._fine(low, high) else NODES) if parts else 10**9
            found = max(bound, self._bound(low, high, nodes=nodes, stop=stop))
            if found >= self.limit() or not parts:
                done = min(done, found)
            else:
                for part in parts:
                    heapq.heappush(waiting, (found, abs(sum(part) / 2 - edge), *part))
        return min(done, self.limit())

    def _intervals(self) -> Iterable[tuple[float, float]]:
        """The range of t, cut ever wider away from where the best choice's tail begins."""
        memory, best = self.memory, self.memory.best(self.mix)
        everything = memory.ground.near(np.arange(len(memory.ground.candidates)))
        low = tail_and_edge(everything, memory.weight, memory.share)[1]
        high = min(float(memory.longest[-1]), best.mixed(self.mix) / self.mix) if self.mix else low
        width = FIRST_WIDTH * max(best.edge, 1e-9)
        steps = width * (2.0 ** np.arange(40) - 0.5)
        ends = np.concatenate([best.edge - steps, best.edge + steps])
        ends = np.unique(np.concatenate([[low, max(high, low)], ends[(ends > low) & (ends < high)]]))
        return pairwise(ends.tolist()) if len(ends) > 1 else [(low, low)]

    def _cut(self, low: float, high: float) -> list[tuple[float, float]]:
        """Two halves that meet at a distance, or nothing where none is inside."""
        first, last = np.searchsorted(self.memory.longest, [low, high], side="left")
        inside = self.memory.longest[first + (self.memory.longest[first] <= low) : last]
        inside = inside[(inside > low) & (inside < high)]
        if not len(inside):
            return []
        middle = float(inside[np.argmin(np.abs(inside - (low + high) / 2))])
        return [(low, middle), (middle, high)]

    def _fine(self, low: float, high: float) -> bool:
        """Whether the best choice's costs at both ends are hardly less than they truly are."""
        best = self.memory.best(self.mix)
        near, middle = self.memory.ground.near(best.chosen)[:, None], (low + high) / 2
        lost = [
            float((self._cost(near, edge) - self._cost(near, edge, middle)).sum()) for edge in (low, high)
        ]
        return max(lost) <= FINE * best.mixed(self.mix)

    def _bound(self, low: float, high: float, *, nodes: int, stop: float) -> float:
        """Cost that no choice whose tail begins in the interval is below, other than those measured."""
        found = np.inf
        for edge in {low, high}:
            added = self.mix * edge
            pairs = self.memory.ground.pairs(partial(self._cost, edge=edge, middle=(low + high) / 2))
            hunt = Hunt(
                pairs,
                self.memory.ground.count,
                partial(self.limit, added),
                self._visit,
                nodes=nodes,
                stop=stop,
                widest=WIDEST if nodes == NODES else np.inf,
            )
            hunt.run(self._start(edge, pairs.fallback) if self.multipliers else first_multipliers(pairs))
            self.multipliers[edge] = hunt.multipliers
            found = min(found, hunt.bound + added)
            if found < self.limit() and hunt.spent:
                break
        return found

    def _visit(self, chosen: Ints) -> None:
        self.memory.measure(chosen)

    def _start(self, edge: float, fallback: Floats) -> Floats:
        nearest = min(self.multipliers, key=lambda other: abs(other - edge))
        return np.minimum(self.multipliers[nearest], fallback)
