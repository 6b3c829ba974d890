"""Interchange (Teitz & Bart 1968) and path relinking: open sites are swapped for closed ones."""

import numpy as np

from models.checks import Bools, Floats, Ints
from models.compiled import compiled
from models.siting.gains import descend, empty_gains, open_at, table_of, wander
from models.siting.pairs import Pairs, Rows


class Exchange:
    """Swaps from many choices over the same pairs, where gains are worth keeping up to date.

    References
    ----------
    Resende & Werneck (2007), EJOR 174, 54-68. Hansen & Mladenovic (1997), Location Science 5, 207-226
    (a few sites forced open at random, and back unless that was better).
    """

    def __init__(self, pairs: Pairs, count: int) -> None:
        self._pairs, self._table = pairs, table_of(pairs)
        self._gains = empty_gains(self._table, count)

    def improve(self, chosen: Ints) -> tuple[Ints, float]:
        """As the function of that name."""
        open_at(self._table, self._gains, chosen)
        descend(self._table, self._gains)
        return self._found(self._gains.chosen)

    def wander(
        self, chosen: Ints, rng: np.random.Generator, *, rounds: int, kicks: int
    ) -> tuple[Ints, float]:
        """Improve a choice, then `rounds` times force `kicks` sites open and improve again."""
        open_at(self._table, self._gains, chosen)
        entering = rng.integers(0, self._pairs.sites, (rounds, kicks))
        may_leave = rng.random((rounds, len(chosen))) < 0.5
        return self._found(wander(self._table, self._gains, entering, may_leave)[0])

    def _found(self, chosen: Ints) -> tuple[Ints, float]:
        found = np.sort(chosen)
        return found, float(self._pairs.totals(found).sum())


def improve(pairs: Pairs, chosen: Ints, allowed: Bools | None = None) -> tuple[Ints, float]:
    """Make the best swap until none helps; sites in ascending order, and their total cost.

    References
    ----------
    Resende & Werneck (2007), EJOR 174, 54-68 (gain of a swap as gain - loss + what both share).
    """
    open_sites = chosen.copy()
    may = np.ones(pairs.sites, np.bool_) if allowed is None else allowed
    swap_best(pairs.start, pairs.row, pairs.cost, pairs.fallback, open_sites, may)
    found = np.sort(open_sites)
    return found, float(pairs.totals(found).sum())


def random_start(pairs: Pairs, count: int, rng: np.random.Generator) -> Ints:
    """Any `count` sites."""
    return np.asarray(rng.permutation(pairs.sites)[:count], dtype=np.int64)


def relink(pairs: Pairs, origin: Ints, goal: Ints) -> Ints:
    """The best choice met on the way from one choice to another, both ends left out; `origin` if near.

    References
    ----------
    Resende & Werneck (2004), Journal of Heuristics 10, 59-88.
    """
    leaving = np.setdiff1d(origin, goal)
    if len(leaving) < 2:
        return origin
    entering = np.zeros(pairs.sites, np.bool_)
    entering[np.setdiff1d(goal, origin)] = True
    on_way = np.concatenate([leaving, np.intersect1d(origin, goal)]).astype(np.int64)
    return walk(pairs.start, pairs.row, pairs.cost, pairs.fallback, on_way, entering, len(leaving))


@compiled
def near_two(
    start: Ints,
    row: Rows,
    cost: Floats,
    fallback: Floats,
    chosen: Ints,
    first: Floats,
    second: Floats,
    by: Ints,
) -> None:
    """Cost of the cheapest and second cheapest open site of each demand, and which is the cheapest."""
    for i in range(len(fallback)):
        first[i], second[i], by[i] = fallback[i], fallback[i], -1
    for place in range(len(chosen)):
        for k in range(start[chosen[place]], start[chosen[place] + 1]):
            i, price = row[k], cost[k]
            if price < first[i]:
                first[i], second[i], by[i] = price, first[i], place
            elif price < second[i]:
                second[i] = price


@compiled
def best_swap(
    start: Ints,
    row: Rows,
    cost: Floats,
    near: tuple[Floats, Floats, Ints],
    may_enter: Bools,
    may_leave: int,
    least: float,
) -> tuple[float, int, int]:
    """Gain of the best swap above `least`, the site that enters, the place that leaves (-1 none).

    Places 0 .. may_leave - 1 of the open sites may leave.
    """
    first, second, by = near
    loss, shared = np.zeros(may_leave), np.zeros(may_leave)
    for i in range(len(first)):
        if 0 <= by[i] < may_leave:
            loss[by[i]] += second[i] - first[i]
    best, enters, leaves = least, -1, -1
    for site in range(len(start) - 1):
        if not may_enter[site]:
            continue
        gain = 0.0
        shared[:] = 0.0
        for k in range(start[site], start[site + 1]):
            i, price = row[k], cost[k]
            if price < first[i]:
                gain += first[i] - price
                if 0 <= by[i] < may_leave:
                    shared[by[i]] += second[i] - first[i]
            elif price < second[i] and 0 <= by[i] < may_leave:
                shared[by[i]] += second[i] - price
        for place in range(may_leave):
            total = gain - loss[place] + shared[place]
            if total > best:
                best, enters, leaves = total, site, place
    return best, enters, leaves


@compiled
def swap_best(start: Ints, row: Rows, cost: Floats, fallback: Floats, chosen: Ints, allowed: Bools) -> None:
    """Swap in place until no swap helps."""
    n = len(fallback)
    near = (np.empty(n), np.empty(n), np.empty(n, np.int64))
    may_enter = allowed.copy()
    for place in range(len(chosen)):
        may_enter[chosen[place]] = False
    while True:
        near_two(start, row, cost, fallback, chosen, near[0], near[1], near[2])
        least = near[0].sum() * 1e-12
        _, enters, leaves = best_swap(start, row, cost, near, may_enter, len(chosen), least)
        if enters < 0:
            return
        may_enter[chosen[leaves]] = allowed[chosen[leaves]]
        may_enter[enters] = False
        chosen[leaves] = enters


@compiled
def walk(
    start: Ints, row: Rows, cost: Floats, fallback: Floats, chosen: Ints, entering: Bools, leaving: int
) -> Ints:
    """Swap the first `leaving` places for `entering` sites, best first; the best choice on the way."""
    n = len(fallback)
    near = (np.empty(n), np.empty(n), np.empty(n, np.int64))
    best, found = np.inf, chosen.copy()
    for left in range(leaving, 1, -1):
        near_two(start, row, cost, fallback, chosen, near[0], near[1], near[2])
        total = near[0].sum()
        gain, enters, leaves = best_swap(start, row, cost, near, entering, left, -np.inf)
        entering[enters] = False
        chosen[leaves], chosen[left - 1] = chosen[left - 1], enters
        if total - gain < best:
            best = total - gain
            found[:] = chosen
    return found
