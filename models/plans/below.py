"""Every choice of sites that costs less than a limit, or the proof that there is none."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from models.checks import Floats, Ints
from models.siting.ascent import CLOSED, FREE, NODE, OPEN, ROOT, Momentum, Pace, Relaxed, States, ascend
from models.siting.pairs import Pairs

ROOT_STEPS, NODE_STEPS = 400, 60
BLOCK = 100


@dataclass(slots=True)
class Hunt:
    """A search through all choices of `count` sites that cost less than a limit that may fall.

    Attributes
    ----------
    pairs, count : the costs
    limit : gives the cost at which a choice is of no more interest
    visit : told of choices: each one below the limit at least once, and others
    nodes, stop : parts to look at, and `time.perf_counter` at which to end, before giving up
    widest : gap of the first bound above which no parts are looked at
    bound : no choice that was not visited costs less; inf if none is left
    spent : whether parts were left
    """

    pairs: Pairs
    count: int
    limit: Callable[[], float]
    visit: Callable[[Ints], None]
    nodes: int
    stop: float = np.inf
    widest: float = np.inf
    bound: float = np.inf
    spent: bool = False
    multipliers: Floats = field(init=False)

    def run(self, start: Floats) -> "Hunt":
        """Search from multipliers that are near the best."""
        state = np.zeros(self.pairs.sites, dtype=np.int8)
        self.multipliers = np.minimum(start, self.pairs.fallback)
        root = self._root(state)
        self.multipliers = root.multipliers
        if root.value >= self.limit():
            self.bound = min(self.bound, root.value)
            return self
        self.visit(np.sort(root.chosen))
        if root.value < self.limit() - self.widest * abs(self.limit()):
            self.bound, self.spent = min(self.bound, root.value), True
            return self
        kept = np.flatnonzero(state != CLOSED).astype(np.int64)
        self._explore(kept, state[kept], root)
        return self

    def _root(self, state: States) -> Relaxed:
        """Steps in blocks, because sites settled after one make the next quicker."""
        momentum = Momentum(ROOT, np.zeros(len(self.multipliers)))
        moving, best = self.multipliers.copy(), None
        for _ in range(ROOT_STEPS // BLOCK):
            found = self._ascend(self.pairs, state, moving, momentum, BLOCK)
            if best is None or found.value > best.value:
                best = found
            settled(state, best, self.limit())
            if best.value >= self.limit() or momentum.spent or (state != CLOSED).sum() <= self.count + 4:
                break
        assert best is not None
        return best

    def _ascend(self, pairs: Pairs, state: States, start: Floats, momentum: Momentum, steps: int) -> Relaxed:
        limit = self.limit()
        return ascend(pairs, state, self.count, start, momentum, target=limit, enough=limit, steps=steps)

    def _explore(self, kept: Ints, state: States, root: Relaxed) -> None:
        pairs = self.pairs.only(kept)
        waiting = [(state, root.multipliers, root.value)]
        looked = 0
        while waiting and looked < self.nodes and time.perf_counter() <= self.stop:
            own, start, bound = waiting.pop()
            looked += 1
            if bound >= self.limit():
                self.bound = min(self.bound, bound)
                continue
            waiting += self._split(pairs, kept, own, start)
        self.spent = bool(waiting)
        self.bound = min(self.bound, min((bound for _, _, bound in waiting), default=np.inf))

    def _split(
        self, pairs: Pairs, kept: Ints, state: States, start: Floats
    ) -> list[tuple[States, Floats, float]]:
        """The two halves of a part, or nothing if it is done with."""
        pace: Pace = NODE
        found = self._ascend(pairs, state, start.copy(), Momentum(pace, np.zeros(len(start))), NODE_STEPS)
        if found.value >= self.limit():
            self.bound = min(self.bound, found.value)
            return []
        self.visit(kept[np.sort(found.chosen)])
        settled(state, found, self.limit())
        opened, free = np.flatnonzero(state == OPEN), np.flatnonzero(state == FREE)
        if len(opened) == self.count or len(opened) + len(free) <= self.count:
            last = opened if len(opened) == self.count else np.concatenate([opened, free])
            if len(last) == self.count:
                self.visit(kept[np.sort(last)])
            return []
        inside = found.chosen[state[found.chosen] == FREE]
        site = inside[np.argmin(found.price[inside])] if len(inside) else free[0]
        halves = []
        for what in (CLOSED, OPEN):
            half = state.copy()
            half[site] = what
            halves.append((half, found.multipliers, found.value))
        return halves


def settled(state: States, found: Relaxed, limit: float) -> None:
    """Close and open in place what any choice below the limit must close and open."""
    slack = limit - found.value
    if not len(found.chosen) or slack <= 0:
        return
    inside = np.zeros(len(state), dtype=np.bool_)
    inside[found.chosen] = True
    free = state == FREE
    closing = free & ~inside & (found.opening_adds() >= slack)
    opening = free & inside & (found.closing_adds() >= slack)
    state[closing], state[opening] = CLOSED, OPEN
