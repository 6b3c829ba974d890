"""Lagrangian bound: multipliers of "every demand is served once", raised by subgradient steps."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.checks import Floats, Ints
from models.compiled import compiled
from models.siting.pairs import Pairs, Rows

States = NDArray[np.int8]  # of a site: 1 open, -1 closed, 0 free
FREE, OPEN, CLOSED = 0, 1, -1


@dataclass(frozen=True, slots=True)
class Pace:
    """How steps shrink: scale of the first, steps without gain before it is cut, the cut, the memory."""

    scale: float
    patience: int
    cut: float
    memory: float


ROOT, AGAIN, NODE = Pace(1.0, 30, 0.9, 0.8), Pace(0.5, 15, 0.8, 0.8), Pace(0.3, 10, 0.7, 0.7)
SMALLEST = 1e-5


@dataclass(slots=True)
class Momentum:
    """What one block of steps hands to the next."""

    pace: Pace
    direction: Floats
    scale: float = field(init=False)
    stalled: int = 0

    def __post_init__(self) -> None:
        """Begin with the largest step."""
        self.scale = self.pace.scale

    @property
    def spent(self) -> bool:
        """Whether steps have become too small to matter."""
        return self.scale < SMALLEST


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The best bound of some steps.

    Attributes
    ----------
    value : no choice of `count` sites costs less; inf if there is none
    multipliers : (n,) that show it
    price : (m,) reduced cost of each site at them, <= 0
    chosen : (count,) the sites whose prices are in `value`, or empty
    last, first : price of the dearest free site among them, and of the cheapest free site that is not
    """

    value: float
    multipliers: Floats
    price: Floats
    chosen: Ints
    last: float
    first: float

    def opening_adds(self) -> Floats:
        """(m,) how much the bound rises if a site outside `chosen` must open."""
        return self.price - self.last

    def closing_adds(self) -> Floats:
        """(m,) how much the bound rises if a free site of `chosen` must stay closed."""
        return self.first - self.price


def bound_at(pairs: Pairs, multipliers: Floats, state: States, count: int) -> float:
    """The bound of given multipliers, none above the fallback, for the choices that `state` leaves."""
    price = np.empty(pairs.sites)
    site_prices(pairs.start, pairs.row, pairs.cost, state, multipliers, price)
    return total_at(multipliers, price, state, count)


def total_at(multipliers: Floats, price: Floats, state: States, count: int) -> float:
    """The same from the sites' prices."""
    own = choose(price, state, count, np.empty(count, np.int64), np.empty(2))
    return float(multipliers.sum()) + float(own)


def first_multipliers(pairs: Pairs) -> Floats:
    """Mean of the two cheapest sites' costs: the start decides how far steps get."""
    cheapest, second = pairs.nearest(0), pairs.nearest(1)
    return np.minimum((cheapest + second) / 2, pairs.fallback)


def ascend(
    pairs: Pairs,
    state: States,
    count: int,
    multipliers: Floats,
    momentum: Momentum,
    *,
    target: float,
    enough: float,
    steps: int,
) -> Relaxed:
    """Some steps of ascent from `multipliers`, which are moved.

    Parameters
    ----------
    target : cost of the best known choice, which sets the steps' length
    enough : bound at which to end early

    References
    ----------
    Cornuejols, Fisher & Nemhauser (1977), Management Science 23, 789-810. Held, Wolfe & Crowder (1974),
    Mathematical Programming 6, 62-88; the direction keeps a share of the last one (Crowder 1976).
    """
    pace = momentum.pace
    found = climb(
        pairs.start,
        pairs.row,
        pairs.cost,
        pairs.fallback,
        state,
        count,
        multipliers,
        momentum.direction,
        np.array([momentum.scale, float(momentum.stalled), pace.patience, pace.cut, pace.memory]),
        target,
        enough,
        steps,
    )
    value, best, price, chosen, edges, after = found
    momentum.scale, momentum.stalled = float(after[0]), int(after[1])
    return Relaxed(value, best, price, chosen, float(edges[0]), float(edges[1]))


@compiled
def site_prices(
    start: Ints, row: Rows, cost: Floats, state: States, multipliers: Floats, price: Floats
) -> None:
    """Sum of min(0, cost - multiplier) over the demands of each site that is not closed."""
    for site in range(len(start) - 1):
        total = 0.0
        if state[site] >= 0:
            for k in range(start[site], start[site + 1]):
                gap = cost[k] - multipliers[row[k]]
                if gap < 0:
                    total += gap
        price[site] = total


@compiled
def choose(price: Floats, state: States, count: int, chosen: Ints, edges: Floats) -> float:
    """Total price of the open sites and the cheapest free ones, `count` in all; inf if there are too few."""
    taken, total = 0, 0.0
    free = np.empty(len(price), np.int64)
    spare = 0
    for site in range(len(price)):
        if state[site] > 0:
            if taken == count:
                return np.inf
            chosen[taken] = site
            taken += 1
            total += price[site]
        elif state[site] == 0:
            free[spare] = site
            spare += 1
    wanted = count - taken
    edges[0], edges[1] = -np.inf, np.inf
    if spare < wanted:
        return np.inf
    own = price[free[:spare]]
    order = np.argsort(own)
    for place in range(wanted):
        chosen[taken + place] = free[order[place]]
        total += own[order[place]]
    if wanted:
        edges[0] = own[order[wanted - 1]]
    if spare > wanted:
        edges[1] = own[order[wanted]]
    return total


@compiled
def climb(  # one compiled loop: what it needs are arrays, not objects
    start: Ints,
    row: Rows,
    cost: Floats,
    fallback: Floats,
    state: States,
    count: int,
    multipliers: Floats,
    direction: Floats,
    pace: Floats,
    target: float,
    enough: float,
    steps: int,
) -> tuple[float, Floats, Floats, Ints, Floats, Floats]:
    """See `ascend`; `pace` holds scale, steps without gain, patience, cut and memory."""
    scale, stalled, patience, cut, memory = pace[0], pace[1], pace[2], pace[3], pace[4]
    n = len(multipliers)
    price, chosen, edges = np.empty(len(start) - 1), np.empty(count, np.int64), np.empty(2)
    best, best_multipliers = -np.inf, multipliers.copy()
    best_price, best_chosen, best_edges = price.copy(), chosen.copy(), edges.copy()
    slope = np.empty(n)
    for _ in range(steps):
        site_prices(start, row, cost, state, multipliers, price)
        value = multipliers.sum() + choose(price, state, count, chosen, edges)
        if value == np.inf:
            return value, multipliers.copy(), price, chosen[:0].copy(), edges, np.array([scale, stalled])
        stalled = 0.0 if value > best + 1e-9 * abs(best) else stalled + 1
        if value > best:
            best = value
            best_multipliers[:], best_price[:] = multipliers, price
            best_chosen[:], best_edges[:] = chosen, edges
        if best >= enough:
            break
        if stalled >= patience:
            scale, stalled = scale * cut, 0.0
            if scale < 1e-5:
                break
        slope[:] = 1.0
        for place in range(count):
            for k in range(start[chosen[place]], start[chosen[place] + 1]):
                if cost[k] < multipliers[row[k]]:
                    slope[row[k]] -= 1
        norm = 0.0
        for i in range(n):
            moved = slope[i] + memory * direction[i]
            if moved > 0 and multipliers[i] >= fallback[i]:
                moved = 0.0
            direction[i] = moved
            norm += moved * moved
        if norm == 0:
            break
        length = scale * (target - value) / norm
        for i in range(n):
            multipliers[i] = min(multipliers[i] + length * direction[i], fallback[i])
    return best, best_multipliers, best_price, best_chosen, best_edges, np.array([scale, stalled])
