"""What every swap of an open site for a closed one would gain, kept up to date from one swap to the next."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.checks import Bools, Floats, Ints
from models.compiled import compiled
from models.siting.pairs import Pairs, Rows

NONE, STALE = -1, -2


class Table(NamedTuple):
    """Pairs by site and by demand; those of a demand in order of cost."""

    start: Ints  # (m + 1,) by site
    row: Rows
    cost: Floats
    begin: Ints  # (n + 1,) by demand
    site: Rows
    own: Floats
    fallback: Floats  # (n,)


class Gains(NamedTuple):
    """Where a choice stands.

    Opening site j in the place of the open site at place q saves gain[j] - loss[q] + shared[j, q].
    """

    chosen: Ints  # (p,) site at each place
    place: Ints  # (m,) place of a site, NONE if it is closed
    first: Floats  # (n,) cost of the cheapest open site, the fallback if none is cheaper
    second: Floats
    by: Ints  # (n,) place of the cheapest, NONE if it is the fallback
    then_by: Ints
    gain: Floats  # (m,)
    loss: Floats  # (p,)
    shared: Floats  # (m, p)


def table_of(pairs: Pairs) -> Table:
    """The pairs by demand too."""
    by_demand = sorted_by_demand(pairs.start, pairs.row, pairs.cost, len(pairs.fallback))
    return Table(pairs.start, pairs.row, pairs.cost, *by_demand, pairs.fallback)


def empty_gains(table: Table, count: int) -> Gains:
    """Room for the gains of choices of `count` sites."""
    n, m = len(table.fallback), len(table.start) - 1
    places = [np.empty(size, np.int64) for size in (count, m, n, n)]
    chosen, place, by, then_by = places
    return Gains(
        chosen,
        place,
        np.empty(n),
        np.empty(n),
        by,
        then_by,
        np.empty(m),
        np.empty(count),
        np.empty((m, count)),
    )


@compiled
def sorted_by_demand(start: Ints, row: Rows, cost: Floats, n: int) -> tuple[Ints, Rows, Floats]:
    """See `Table`: where each demand's pairs begin, their sites and costs."""
    begin = np.zeros(n + 1, np.int64)
    for k in range(len(row)):
        begin[row[k] + 1] += 1
    for i in range(n):
        begin[i + 1] += begin[i]
    at = begin.copy()
    site, own = np.empty(len(row), np.int32), np.empty(len(row))
    for j in range(len(start) - 1):
        for k in range(start[j], start[j + 1]):
            site[at[row[k]]], own[at[row[k]]] = j, cost[k]
            at[row[k]] += 1
    for i in range(n):
        order = np.argsort(own[begin[i] : begin[i + 1]], kind="mergesort")
        site[begin[i] : begin[i + 1]] = site[begin[i] : begin[i + 1]][order]
        own[begin[i] : begin[i + 1]] = own[begin[i] : begin[i + 1]][order]
    return begin, site, own


@compiled
def open_at(table: Table, gains: Gains, chosen: Ints) -> None:
    """Begin with these sites open."""
    gains.place[:] = NONE
    for q in range(len(chosen)):
        gains.chosen[q] = chosen[q]
        gains.place[chosen[q]] = q
    gains.gain[:], gains.loss[:], gains.shared[:] = 0.0, 0.0, 0.0
    for i in range(len(table.fallback)):
        look_up(table, gains, i)
        add(table, gains, i, 1.0)


@compiled
def look_up(table: Table, gains: Gains, i: int) -> None:
    """Find the two cheapest open sites of a demand."""
    gains.first[i] = gains.second[i] = table.fallback[i]
    gains.by[i] = gains.then_by[i] = NONE
    for k in range(table.begin[i], table.begin[i + 1]):
        q = gains.place[table.site[k]]
        if q < 0:
            continue
        if gains.by[i] < 0:
            gains.first[i], gains.by[i] = table.own[k], q
        else:
            gains.second[i], gains.then_by[i] = table.own[k], q
            return


@compiled
def add(table: Table, gains: Gains, i: int, sign: float) -> None:
    """Count what a demand says about every swap, or take it back."""
    first, second, q = gains.first[i], gains.second[i], gains.by[i]
    if q >= 0:
        gains.loss[q] += sign * (second - first)
    for k in range(table.begin[i], table.begin[i + 1]):
        cost, j = table.own[k], table.site[k]
        if cost >= second:
            return
        if cost < first:
            gains.gain[j] += sign * (first - cost)
            if q >= 0:
                gains.shared[j, q] += sign * (second - first)
        elif q >= 0:
            gains.shared[j, q] += sign * (second - cost)


@compiled
def swap(table: Table, gains: Gains, enters: int, q: int) -> None:
    """Open a site in place `q`; only demands that either site serves are looked at."""
    leaves = gains.chosen[q]
    size = table.start[enters + 1] - table.start[enters] + table.start[leaves + 1] - table.start[leaves]
    stale, count = np.empty(size, np.int64), 0
    for k in range(table.start[leaves], table.start[leaves + 1]):
        i = table.row[k]
        if gains.by[i] == q or gains.then_by[i] == q:
            add(table, gains, i, -1.0)
            gains.by[i], stale[count] = STALE, i
            count += 1
    for k in range(table.start[enters], table.start[enters + 1]):
        i = table.row[k]
        if gains.by[i] != STALE and table.cost[k] < gains.second[i]:
            add(table, gains, i, -1.0)
            gains.by[i], stale[count] = STALE, i
            count += 1
    gains.place[leaves], gains.place[enters], gains.chosen[q] = NONE, q, enters
    for k in range(count):
        look_up(table, gains, stale[k])
        add(table, gains, stale[k], 1.0)


@compiled
def best_swap_of(gains: Gains, least: float) -> tuple[int, int]:
    """Site and place of the swap that saves most, more than `least`; -1 where there is none."""
    enters, leaves = -1, -1
    for j in range(len(gains.gain)):
        if gains.place[j] >= 0:
            continue
        for q in range(len(gains.loss)):
            saved = gains.gain[j] - gains.loss[q] + gains.shared[j, q]
            if saved > least:
                least, enters, leaves = saved, j, q
    return enters, leaves


@compiled
def descend(table: Table, gains: Gains) -> float:
    """Swap until no swap helps; the total cost."""
    while True:
        total = float(gains.first.sum())
        enters, leaves = best_swap_of(gains, total * 1e-11)
        if enters < 0:
            return total
        swap(table, gains, enters, leaves)


@compiled
def return_to(table: Table, gains: Gains, kept: Ints) -> None:
    """Open what was open before."""
    wanted = np.zeros(len(gains.place), np.bool_)
    wanted[kept] = True
    other = 0
    for q in range(len(kept)):
        if wanted[gains.chosen[q]]:
            continue
        while gains.place[kept[other]] >= 0:
            other += 1
        swap(table, gains, kept[other], q)


@compiled
def cheapest_place(gains: Gains, enters: int, may_leave: Bools) -> int:
    """The place, among some, that a site takes over with the least loss."""
    best, leaves = -np.inf, 0
    for q in range(len(gains.loss)):
        saved = gains.shared[enters, q] - gains.loss[q]
        if may_leave[q] and saved > best:
            best, leaves = saved, q
    return leaves


@compiled
def wander(
    table: Table, gains: Gains, entering: NDArray[np.int64], may_leave: NDArray[np.bool_]
) -> tuple[Ints, float]:
    """Descend; then again and again force some sites open, descend, and go back unless that was better.

    `entering` is (rounds, kicks) sites, `may_leave` (rounds, places) what they may replace.
    """
    least = descend(table, gains)
    kept = gains.chosen.copy()
    for turn in range(len(entering)):
        for enters in entering[turn]:
            if gains.place[enters] < 0:
                swap(table, gains, enters, cheapest_place(gains, enters, may_leave[turn]))
        total = descend(table, gains)
        if total < least * (1 - 1e-11):
            least = total
            kept[:] = gains.chosen
        else:
            return_to(table, gains, kept)
    return kept, least
