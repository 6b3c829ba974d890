"""The nested choice of least cost: local search, bounds at the root, and a tree for what is left."""

import heapq
import time
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from models.checks import Bools, Floats, Ints
from models.plans.nested import SAME, Climb, Staged, Stages
from models.plans.reorder import reorder

BLOCK, BLOCKS, NODE_STEPS = 100, 30, 60


@dataclass(slots=True)
class Nesting:
    """The best nested choice so far, and the search for the proof."""

    stages: Stages
    phase: Ints = field(init=False)
    total: float = np.inf
    tried: set[bytes] = field(default_factory=set)

    def try_phase(self, phase: Ints) -> None:
        """Local search from a choice, once for each."""
        if phase.tobytes() in self.tried:
            return
        self.tried.add(phase.tobytes())
        found, total = reorder(self.stages, phase)
        if total < self.total:
            self.phase, self.total = found, total

    @property
    def enough(self) -> float:
        """A bound that nothing better can be above."""
        return self.total * (1 - SAME)

    def run(self, stop: float) -> float:
        """The bound, at the root and in the tree."""
        stages = self.stages
        if not stages.opens.sum() or not any(len(one.fallback) for one in stages.pairs):
            return self.total
        allowed = np.ones((stages.phases + 1, stages.sites), dtype=np.bool_)
        allowed[:-1][stages.opens == 0] = False
        root = self._root(allowed, stop)
        if root.value >= self.enough:
            return self.total
        kept = np.flatnonzero(allowed[:-1].any(axis=0)).astype(np.int64)
        return self._explore(kept, allowed[:, kept], root, stop)

    def _root(self, allowed: Bools, stop: float) -> Staged:
        climb = Climb(self.stages, allowed, self.stages.multipliers())
        best: Staged | None = None
        for _ in range(BLOCKS):
            found = climb.run(self.total, self.enough, BLOCK)
            best = found if best is None or found.value > best.value else best
            if np.isfinite(found.value):
                self.try_phase(found.phase)
            if best.value >= self.enough or climb.spent or time.perf_counter() > stop:
                break
            _forbid(allowed, best, self.enough)
        assert best is not None
        return best

    def _explore(self, kept: Ints, allowed: Bools, root: Staged, stop: float) -> float:
        """Least bound first; parts left when time is up keep their parents' bounds."""
        stages = self.stages.only(kept)
        order = count()
        waiting = [(root.value, next(order), allowed, root.multipliers)]
        while waiting and time.perf_counter() <= stop:
            bound, _, own, start = heapq.heappop(waiting)
            for part in self._split(stages, kept, own, start) if bound < self.enough else []:
                heapq.heappush(waiting, (max(bound, part[2]), next(order), *part[:2]))
        return min([self.total, *(part[0] for part in waiting)])

    def _split(
        self, stages: Stages, kept: Ints, allowed: Bools, start: list[Floats]
    ) -> list[tuple[Bools, list[Floats], float]]:
        climb = Climb(stages, allowed, [one.copy() for one in start])
        found = climb.run(self.total, self.enough, NODE_STEPS)
        if found.value >= self.enough:
            return []
        whole = np.full(self.stages.sites, stages.phases, dtype=np.int64)
        whole[kept] = found.phase
        self.try_phase(whole)
        _forbid(allowed, found, self.enough)
        unsure = np.flatnonzero((allowed.sum(axis=0) > 1) & (found.phase < stages.phases))
        if not len(unsure):
            unsure = np.flatnonzero(allowed.sum(axis=0) > 1)
        if not len(unsure):
            return []  # one choice is left, and it was tried
        rise = np.where(allowed, found.adds, np.inf)
        rise[found.phase, np.arange(len(found.phase))] = np.inf
        site = int(unsure[np.argmax(rise.min(axis=0)[unsure])])
        halves = []
        for there in (False, True):
            half = allowed.copy()
            half[:, site] &= (np.arange(len(half)) == found.phase[site]) == there
            halves.append((half, found.multipliers, found.value))
        return halves


def _forbid(allowed: Bools, found: Staged, enough: float) -> None:
    """Strike in place what no better choice can have."""
    if np.isfinite(found.value):
        allowed &= found.adds < enough - found.value
