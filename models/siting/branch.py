"""Branch and bound on sites with Lagrangian bounds; every leaf keeps what proves it."""

import time
from dataclasses import dataclass, field

import numpy as np

from models.checks import Floats, Ints
from models.siting.ascent import (
    AGAIN,
    CLOSED,
    FREE,
    NODE,
    OPEN,
    ROOT,
    Momentum,
    Pace,
    Relaxed,
    States,
    ascend,
    bound_at,
    first_multipliers,
    total_at,
)
from models.siting.certificate import Tree
from models.siting.pairs import Pairs
from models.siting.swap import Exchange, improve, random_start, relink

BLOCK, ROOT_BLOCKS, NODE_STEPS = 100, 80, 60
SAME = 1e-10  # relative: below this two costs are equal
KEPT_PAIRS = 4  # times sites / count: nearest sites of a demand that its multiplier may weigh up
FEWEST_PAIRS = 10
STARTS, MANY_PAIRS = 3, 2_000_000
ELITE, FEW = 5, 30
ROUND = 1e-6
SELDOM = 5  # blocks between two searches where each takes as long as several blocks
ROUNDS, KICKS = 50, (2, 3, 4)
TRY_EVERY = 20  # nodes between two searches from a node's own choice


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search ended with: the sites, their cost, whether nothing was left, and the proof."""

    chosen: Ints
    total: float
    finished: bool
    tree: Tree
    multipliers: Floats  # (n,) of the best bound at the root


@dataclass(slots=True)
class _Best:
    """The best choice so far, and others worth going to and from."""

    pairs: Pairs
    whole: bool  # every cost is a whole number, so that a better plan is better by one
    chosen: Ints = field(init=False)
    total: float = np.inf
    elite: list[tuple[float, Ints]] = field(default_factory=list)
    tried: set[bytes] = field(default_factory=set)
    exchange: Exchange | None = None  # made where many choices are improved

    def improve(self, chosen: Ints) -> None:
        """Swap from a choice, and take what is found if it is better; once for each choice."""
        key = np.sort(chosen).tobytes()
        if key in self.tried:
            return
        self.tried.add(key)
        self._take(*(self.exchange.improve(chosen) if self.exchange else improve(self.pairs, chosen)))

    def wander(self, rng: np.random.Generator) -> None:
        """Look around the best choice."""
        self.exchange = self.exchange or Exchange(self.pairs, len(self.chosen))
        rounds = min(len(self.chosen) ** 2 // 8, ROUNDS)  # with few sites a swap moves most demands
        for kicks in KICKS:
            self._take(*self.exchange.wander(self.chosen, rng, rounds=rounds, kicks=kicks))

    def _take(self, found: Ints, total: float) -> None:
        if total < self.total:
            self.chosen, self.total = found, total
        if all(not np.array_equal(found, other) for _, other in self.elite):
            self.elite = sorted([*self.elite, (total, found)], key=lambda one: one[0])[:ELITE]

    def relink(self) -> None:
        """Go from each of the best choices to the best of all."""
        for _, other in list(self.elite):
            if not np.array_equal(other, self.chosen):
                self.improve(relink(self.pairs, self.chosen, other))

    @property
    def enough(self) -> float:
        """A bound that nothing better can be above."""
        return self.total - 1 + 10 * ROUND if self.whole else self.total * (1 - SAME)


def search(pairs: Pairs, count: int, *, whole: bool, seed: int, stop: float) -> Searched:
    """Find `count` sites of least total cost and prove it, until `stop` of `time.perf_counter`.

    Parameters
    ----------
    pairs : more sites than `count`, which is positive
    whole : whether every cost is a whole number
    """
    best = _Best(pairs, whole)
    rng = np.random.Generator(np.random.Philox(key=seed))
    many = len(pairs.row) >= MANY_PAIRS
    for _ in range(1 if many else STARTS):
        best.improve(random_start(pairs, count, rng))
    if many:
        best.wander(rng)
    near = pairs.below(reach(pairs, count))
    return _proven(_Root(near, count, best, rng), first_multipliers(near), ROOT, stop)


@dataclass(frozen=True, slots=True)
class Warm:
    """Where a search may begin that is like one before.

    Attributes
    ----------
    near : the pairs below `reach`
    chosen : sites
    multipliers : (n,)
    """

    near: Pairs
    chosen: Ints
    multipliers: Floats


def search_again(pairs: Pairs, warm: Warm, *, whole: bool, stop: float) -> Searched:
    """The same as `search` where a good choice and good multipliers are known."""
    best = _Best(pairs, whole)
    best.improve(warm.chosen)
    rng = np.random.Generator(np.random.Philox(key=0))
    return _proven(_Root(warm.near, len(warm.chosen), best, rng), warm.multipliers, AGAIN, stop)


def _proven(root: "_Root", multipliers: Floats, pace: Pace, stop: float) -> Searched:
    root.climb(multipliers, pace, stop)
    return _explore(root, stop)


def reach(pairs: Pairs, count: int) -> Floats:
    """(n,) multipliers need not pass the cost of a demand's so-many-th site: fewer pairs, quicker steps."""
    kept = max(int(KEPT_PAIRS * pairs.sites / count), FEWEST_PAIRS)
    return pairs.nearest(kept) if kept < pairs.sites else pairs.fallback


class _Root:
    """The bound at the root, and the sites it settles for good."""

    def __init__(self, pairs: Pairs, count: int, best: _Best, rng: np.random.Generator) -> None:
        self.pairs, self.count, self.best, self.rng, self.tree = pairs, count, best, rng, Tree()
        self.state: States = np.zeros(pairs.sites, dtype=np.int8)
        self.node = 0
        self.bound: Relaxed | None = None

    def climb(self, start: Floats, pace: Pace, stop: float) -> None:
        """Raise the bound until it proves the best choice, or steps no longer help."""
        multipliers = start.copy()
        momentum = Momentum(pace, np.zeros(len(multipliers)))
        every = 1 if len(self.pairs.row) < MANY_PAIRS // 4 else SELDOM
        for block in range(ROOT_BLOCKS):
            found = ascend(
                self.pairs,
                self.state,
                self.count,
                multipliers,
                momentum,
                target=self.best.total,
                enough=self.best.enough,
                steps=BLOCK,
            )
            if self.bound is None or found.value > self.bound.value:
                self.bound = found
            if len(found.chosen) and (block + 1) % every == 0:
                self.best.improve(found.chosen)
                if every > 1:
                    self.best.wander(self.rng)
            if self.bound.value >= self.best.enough or momentum.spent or time.perf_counter() > stop:
                break
            self._settle()
            if (self.state == FREE).sum() <= max(2 * self.count, FEW):
                break  # few choices are left: the tree is quicker than ever smaller steps
        if time.perf_counter() <= stop:
            self._look_around()
        self._settle()

    def _look_around(self) -> None:
        assert self.bound is not None
        if self.bound.value < self.best.enough:
            self.best.relink()
            self.best.wander(self.rng)

    def _settle(self) -> None:
        assert self.bound is not None
        if self.bound.value < self.best.enough and len(self.bound.chosen):
            self.node = settle(self.tree, self.node, self.state, self.bound, self.best.enough)

    @property
    def kept(self) -> Ints:
        """Sites that are not closed for good."""
        return np.flatnonzero(self.state != CLOSED).astype(np.int64)


def settle(tree: Tree, node: int, state: States, bound: Relaxed, enough: float) -> int:
    """Close and open for good what the bound decides; `state` is changed, the node left is returned."""
    inside = np.zeros(len(state), dtype=np.bool_)
    inside[bound.chosen] = True
    slack = enough - bound.value
    closing = (state == FREE) & ~inside & (bound.opening_adds() >= slack)
    opening = (state == FREE) & inside & (bound.closing_adds() >= slack)
    if not (closing.any() or opening.any()):
        return node
    row = tree.keep(bound.multipliers)
    for site in np.flatnonzero(closing | opening).tolist():
        here, other = (OPEN, CLOSED) if opening[site] else (CLOSED, OPEN)
        state[site] = other
        value = total_at(bound.multipliers, bound.price, state, len(bound.chosen))
        state[site] = here
        opened, closed = tree.branch(node, site)
        proven, node = (closed, opened) if opening[site] else (opened, closed)
        tree.close(proven, row, value)
    return node


@dataclass(frozen=True, slots=True)
class _Node:
    """A part of the choices still to be looked at; `bound` and `multipliers` come from its parent."""

    number: int
    state: States
    multipliers: Floats
    bound: float


def _explore(root: _Root, stop: float) -> Searched:
    """Depth first; parts left when time is up keep their parents' bounds."""
    assert root.bound is not None
    best, tree, kept = root.best, root.tree, root.kept
    inner = _Inner(root.pairs.only(kept), kept, root.count, best, tree)
    waiting = [_Node(root.node, root.state[kept], root.bound.multipliers, root.bound.value)]
    looked = 0
    while waiting and time.perf_counter() <= stop:
        node = waiting.pop()
        if node.bound >= best.enough:
            inner.leave(node)
            continue
        waiting += inner.split(node, try_it=looked % TRY_EVERY == 0)
        looked += 1
    finished = not waiting
    for node in waiting:
        inner.leave(node)
    return Searched(best.chosen, best.total, finished, tree, root.bound.multipliers)


class _Inner:
    """The problem without the sites closed at the root."""

    def __init__(self, pairs: Pairs, kept: Ints, count: int, best: _Best, tree: Tree) -> None:
        self.pairs, self.kept, self.count, self.best, self.tree = pairs, kept, count, best, tree

    def leave(self, node: _Node) -> None:
        """Bound a part by what its parent found."""
        value = bound_at(self.pairs, node.multipliers, node.state, self.count)
        self.tree.close(node.number, self.tree.keep(node.multipliers), value)

    def split(self, node: _Node, *, try_it: bool) -> list[_Node]:
        """Bound a part; its two halves, or nothing if it is done with."""
        state = node.state.copy()
        found = self._bound(node, state)
        if found.value >= self.best.enough:
            self.tree.close(node.number, self.tree.keep(found.multipliers), found.value)
            return []
        if try_it:
            self.best.improve(self.kept[found.chosen])
        number = self._settle(node.number, state, found)
        if (state == OPEN).sum() == self.count or not (state == FREE).any():
            self._finish(number, state)
            return []
        site = self._branching(state, found)
        opened, closed = self.tree.branch(number, int(self.kept[site]))
        return [
            _Node(child, _with(state, site, what), found.multipliers, found.value)
            for child, what in ((opened, OPEN), (closed, CLOSED))
        ]

    def _bound(self, node: _Node, state: States) -> Relaxed:
        momentum = Momentum(NODE, np.zeros(len(node.multipliers)))
        start = node.multipliers.copy()
        return ascend(
            self.pairs,
            state,
            self.count,
            start,
            momentum,
            target=self.best.total,
            enough=self.best.enough,
            steps=NODE_STEPS,
        )

    def _settle(self, number: int, state: States, found: Relaxed) -> int:
        whole_state = np.full(len(self.best.pairs.start) - 1, CLOSED, dtype=np.int8)
        whole_state[self.kept] = state
        price = np.zeros(len(whole_state))
        price[self.kept] = found.price
        outer = Relaxed(
            found.value, found.multipliers, price, self.kept[found.chosen], found.last, found.first
        )
        number = settle(self.tree, number, whole_state, outer, self.best.enough)
        state[:] = whole_state[self.kept]
        return number

    def _branching(self, state: States, found: Relaxed) -> int:
        """The free site that the bound would miss most."""
        free = found.chosen[state[found.chosen] == FREE]
        if not len(free):
            return int(np.flatnonzero(state == FREE)[0])
        return int(free[np.argmin(found.price[free])])

    def _finish(self, number: int, state: States) -> None:
        """One choice is left, or none: its own costs are the multipliers that prove it."""
        opened = self.kept[state != CLOSED] if not (state == FREE).any() else self.kept[state == OPEN]
        if len(opened) == self.count:
            self.best.improve(opened)
            own = self.best.pairs.totals(opened)
            self.tree.close(number, self.tree.keep(own), float(own.sum()))


def _with(state: States, site: int, what: int) -> States:
    made = state.copy()
    made[site] = what
    return made
