"""Compiled permutations. Every draw is keyed by seed, class or area, and number: any split gives the same.

All tests of one area ask where T = sum_j w_ij (slope_i x_j + square x_j^2) lies among its permutations, in
which the area keeps its own value and its neighbours' are drawn without replacement from all others.
"""

import numpy as np

from models.checks import Floats, Ints
from models.compiled import compiled

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
FIRST = np.uint64(0xBF58476D1CE4E5B9)
SECOND = np.uint64(0x94D049BB133111EB)
STRIDE = np.uint64(0xD6E8FEB86659FD93)
TO_UNIT = 1.0 / (1 << 53)
TINY = 1e-12  # two sums of the same values in another order are a tie


@compiled
def mixed(state: np.uint64) -> np.uint64:
    """Scramble 64 bits (the output function of splitmix64; Steele, Lea & Flood 2014, OOPSLA)."""
    state = (state ^ (state >> np.uint64(30))) * FIRST
    state = (state ^ (state >> np.uint64(27))) * SECOND
    return state ^ (state >> np.uint64(31))


@compiled
def keyed(key: np.uint64, number: int) -> np.uint64:
    """Key of one numbered part of what `key` stands for."""
    return mixed(key + (np.uint64(number) + np.uint64(1)) * STRIDE)


@compiled
def below(state: np.uint64, limit: int) -> int:
    """Whole number in 0..limit-1 from 53 random bits."""
    return int(np.float64(mixed(state) >> np.uint64(11)) * TO_UNIT * limit)


@compiled
def draw(key: np.uint64, limit: int, members: Ints, stamp: Ints) -> None:
    """Fill `members` with distinct numbers in 0..limit-1; `stamp` (limit + 1) remembers the last draws."""
    stamp[limit] += 1
    mark, state = stamp[limit], key
    for place in range(members.size):
        while True:
            state += GOLDEN
            one = below(state, limit)
            if stamp[one] != mark:
                break
        stamp[one] = mark
        members[place] = one


@compiled
def shared_draws(
    x: Floats, take: int, first: int, count: int, key: np.uint64, seen: Floats, part: tuple[Floats, Floats]
) -> tuple[Floats, Floats, Ints, Ints, Ints]:
    """Sums of x and x^2 over draws `first`..`first + count - 1` of `take` of all areas, shared by a class.

    A draw that holds an area itself is none of its permutations: the last three answers say, for each area
    with a finite `seen`, how many of those there were, and how many were at least and at most `seen`.
    """
    n = x.size
    slope, square = part
    one, two = np.empty(count), np.empty(count)
    lost, lost_high, lost_low = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64)
    members, stamp = np.empty(take, np.int64), np.zeros(n + 1, np.int64)
    for number in range(count):
        draw(keyed(key, first + number), n, members, stamp)
        total, squares = 0.0, 0.0
        for member in members:
            total += x[member]
            squares += x[member] * x[member]
        one[number], two[number] = total, squares
        for member in members:
            if np.isfinite(seen[member]):
                value = slope[member] * total + square[member] * squares
                lost[member] += 1
                lost_high[member] += value >= seen[member] - TINY * take
                lost_low[member] += value <= seen[member] + TINY * take
    return one, two, lost, lost_high, lost_low


@compiled
def linear_counts(
    one: Floats, two: Floats, seen: Floats, slope: Floats, square: Floats, slack: float
) -> tuple[Ints, Ints]:
    """How many of slope_i one + square_i two are at least and at most seen_i."""
    high, low = np.zeros(seen.size, np.int64), np.zeros(seen.size, np.int64)
    for area in range(seen.size):
        for number in range(one.size):
            value = slope[area] * one[number] + square[area] * two[number]
            high[area] += value >= seen[area] - slack
            low[area] += value <= seen[area] + slack
    return high, low


@compiled
def replaced_draws(
    x: Floats, take: int, first: int, key: np.uint64, areas: Ints, lost: Ints, seen: Floats,
    part: tuple[Floats, Floats],
) -> tuple[Ints, Ints]:  # fmt: skip
    """Make up for `lost` draws of `areas` by the draws from `first` on that do not hold the area."""
    slope, square = part
    high, low = np.zeros(areas.size, np.int64), np.zeros(areas.size, np.int64)
    members, stamp = np.empty(take, np.int64), np.zeros(x.size + 1, np.int64)
    for place in range(areas.size):
        area, left, number = areas[place], lost[place], first
        while left > 0:
            draw(keyed(key, number), x.size, members, stamp)
            number += 1
            if stamp[area] == stamp[x.size]:
                continue
            left -= 1
            total, squares = 0.0, 0.0
            for member in members:
                total += x[member]
                squares += x[member] * x[member]
            value = slope[area] * total + square[area] * squares
            high[place] += value >= seen[area] - TINY * take
            low[place] += value <= seen[area] + TINY * take
    return high, low


@compiled
def own_draws(
    x: Floats, indptr: Ints, weights: Floats, areas: Ints, seen: Floats, part: tuple[Floats, Floats],
    most: int, stop: tuple[int, int], key: np.uint64,
) -> tuple[Ints, Ints, Ints]:  # fmt: skip
    """Count, for each of `areas`, its own permutations at least and at most `seen`, and how many there were.

    `stop` is (h, side): drawing ends when h are at least (side 1), at most (side 2) or on both sides (0)
    beyond; h = 0 never stops.
    """
    slope, square = part
    size = areas.size
    high, low, drawn = np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(size, np.int64)
    stamp, others = np.zeros(x.size, np.int64), x.size - 1
    for place in range(size):
        area = areas[place]
        first, last = indptr[area], indptr[area + 1]
        members, own = np.empty(last - first, np.int64), keyed(key, area)
        slack = TINY * (last - first)
        while drawn[place] < most:
            draw(keyed(own, drawn[place]), others, members, stamp)
            value = 0.0
            for number in range(members.size):
                other = x[members[number] + (members[number] >= area)]
                value += weights[first + number] * other * (slope[area] + square[area] * other)
            high[place] += value >= seen[area] - slack
            low[place] += value <= seen[area] + slack
            drawn[place] += 1
            if stop[0] and _enough(high[place], low[place], stop):
                break
    return high, low, drawn


@compiled
def _enough(high: int, low: int, stop: tuple[int, int]) -> bool:
    if stop[1] == 1:
        return high >= stop[0]
    if stop[1] == 2:
        return low >= stop[0]
    return min(high, low) >= stop[0]


@compiled
def shuffled(
    x: Floats, indptr: Ints, indices: Ints, weights: Floats, first: int, count: int, key: np.uint64, gap: bool
) -> Floats:
    """sum_ij w_ij x_i x_j, or with `gap` sum_ij w_ij (x_i - x_j)^2, of shuffles `first`..: (count,)."""
    n = x.size
    out, values = np.empty(count), np.empty(n)
    for number in range(count):
        values[:] = x
        state = keyed(key, first + number)
        for place in range(n - 1, 0, -1):
            state += GOLDEN
            other = below(state, place + 1)
            values[place], values[other] = values[other], values[place]
        total = 0.0
        for area in range(n):
            own, around = values[area], 0.0
            for entry in range(indptr[area], indptr[area + 1]):
                other_value = values[indices[entry]]
                around += weights[entry] * ((own - other_value) ** 2 if gap else own * other_value)
            total += around
        out[number] = total
    return out
