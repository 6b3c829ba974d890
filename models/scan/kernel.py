"""Compiled search for the best group of areas, in the data and in many simulated maps at once.

The log likelihood ratio of a group rises with its cases and falls with its size. So a table, case limit by
size, tells each simulated map what could still beat the best group that it has shown so far. The loop over
groups then only adds and compares whole rows of counts, many maps a step, and computes a likelihood where
a limit is passed.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.checks import Floats, Ints
from models.compiled import compiled

LANES = 64  # simulated maps a step
BINS = 256  # sizes with a case limit, evenly spaced in their square root
LEVELS, LEVEL_STEP = 60, 0.2  # scores with case limits, evenly spaced in their square root


Lanes = NDArray[np.int16] | NDArray[np.int32]


class Likelihood(NamedTuple):
    """What the score of a group depends on beside its cases and its size.

    Attributes
    ----------
    cases : number of cases
    total : expected cases (as many) or people
    bernoulli : whether sizes are people, cases among them
    table : k log k for k = 0 .. cases or people
    """

    cases: int
    total: float
    bernoulli: bool
    table: Floats


class Search(NamedTuple):
    """What is searched; a named tuple because compiled code takes it whole.

    Attributes
    ----------
    members, start, factor : of `Candidates`
    size : (n, t) expected cases or people of each area, summed over time
    windows : (w, 2) first and last time, the last included
    low : whether rates below the others' are sought
    least : cases a group of high rate must have
    likelihood : of all groups
    """

    members: NDArray[np.int32]
    start: Ints
    factor: Floats
    size: Floats
    windows: Ints
    low: bool
    least: int
    likelihood: Likelihood


@compiled
def size_terms(model: Likelihood, size: float) -> tuple[float, float]:
    """What the score needs of a group's size and of the rest's: worked out once for many maps."""
    if not model.bernoulli:
        return np.log(size), np.log(model.total - size)
    people, everybody = int(size + 0.5), int(model.total + 0.5)
    return model.table[people], model.table[everybody - people]


@compiled
def score(model: Likelihood, count: int, size: float, terms: tuple[float, float]) -> float:
    """Log likelihood ratio of `count` cases in a group of that size; 0 unless its rate is the higher one."""
    cases, total, table = model.cases, model.total, model.table
    if size >= total or count * (total - size) <= (cases - count) * size:
        return 0.0
    outside = cases - count
    if not model.bernoulli:
        return float(table[count] - count * terms[0] + table[outside] - outside * terms[1])
    people, everybody = int(size + 0.5), int(total + 0.5)
    inside = table[count] + table[people - count] - terms[0]
    rest = table[outside] + table[everybody - people - outside] - terms[1]
    return float(inside + rest - (table[cases] + table[everybody - cases] - table[everybody]))


@compiled
def case_limits(search: Search) -> Ints:
    """(LEVELS, BINS + 1) cases that a group must exceed to beat a level's score at any size of the bin."""
    limits = np.zeros((LEVELS, BINS + 1), np.int64)
    least = 0 if search.low else search.least - 1
    for level in range(LEVELS):
        _limits_of(search.likelihood, least, (level * LEVEL_STEP) ** 2 / 2, limits[level])
    return limits


@compiled
def _limits_of(model: Likelihood, least: int, to_beat: float, limits: Ints) -> None:
    width = np.sqrt(model.total) / BINS
    low = least
    for place in range(BINS + 1):
        size = (place * width) ** 2
        step, high = 1, low
        while high < model.cases and not _beats(model, high, size, to_beat):
            low, high, step = high, min(high + step, model.cases), 2 * step
        while high - low > 1:
            middle = (low + high) // 2
            if _beats(model, middle, size, to_beat):
                high = middle
            else:
                low = middle
        limits[place] = low


@compiled
def _beats(model: Likelihood, count: int, size: float, to_beat: float) -> bool:
    if count == 0:
        return False
    if model.bernoulli:
        size = max(size, float(count))
    return size <= 0.0 or score(model, count, size, size_terms(model, size)) > to_beat


@compiled
def null_maxima(search: Search, limits: Ints, lanes: Lanes) -> Floats:
    """Best score of each simulated map.

    Parameters
    ----------
    limits : of `case_limits`
    lanes : (n, t, LANES) cases summed over time; negative of them where low rates are sought

    Returns
    -------
    (LANES,)
    """
    best, renew = np.zeros(LANES), 0
    held, count = np.zeros(lanes.shape[1]), np.zeros(lanes.shape[1:], lanes.dtype)
    inside = np.zeros(LANES, lanes.dtype)
    to_pass = np.zeros((BINS + 1, LANES), lanes.dtype)
    # arrays by name: taking them out of the tuple at each step would cost more than the step
    members, start, sizes, windows = search.members, search.start, search.size, search.windows
    model, low, factors = search.likelihood, search.low, search.factor
    offset, scale = model.cases if low else 0, BINS / np.sqrt(model.total)
    rows = len(start) - 1
    stride = _stride(rows)
    for turn in range(rows):
        if turn >= renew:
            _renew(to_pass, limits, best / factors.max(), offset)
            renew = 1 + turn + turn // 2
        row = turn * stride % rows
        held[:] = 0.0
        count[:] = 0
        for place in range(start[row], start[row + 1]):
            member = members[place]
            area = member if member >= 0 else ~member
            for time in range(lanes.shape[1]):
                held[time] += sizes[area, time]
                for lane in range(LANES):
                    count[time, lane] += lanes[area, time, lane]
            if member < 0:
                continue
            for window in range(len(windows)):
                first, last = windows[window, 0], windows[window, 1]
                size = held[last] - held[first - 1] if first > 0 else held[last]
                size = model.total - size if low else size
                size_bin = min(int(np.sqrt(max(size, 0.0)) * scale), BINS)
                passes = False
                if first == 0:
                    for lane in range(LANES):
                        passes |= count[last, lane] > to_pass[size_bin, lane]
                else:
                    for lane in range(LANES):
                        inside[lane] = count[last, lane] - count[first - 1, lane]
                        passes |= inside[lane] > to_pass[size_bin, lane]
                if passes:
                    now = inside if first > 0 else count[last]
                    _improve(model, now, to_pass[size_bin], (offset, size, factors[row]), best)
    return best


@compiled
def _stride(rows: int) -> int:
    """Step that visits all rows, each far from the last: high scores are met, and limits rise, early."""
    step = max(1, int(0.618 * rows))
    while np.gcd(step, rows) > 1:
        step += 1
    return step


@compiled
def _renew(to_pass: Lanes, limits: Ints, best: Floats, offset: int) -> None:
    """Case limits of each map at the level that it has reached."""
    for lane in range(LANES):
        level = min(int(np.sqrt(2 * best[lane]) / LEVEL_STEP), LEVELS - 1)
        for place in range(BINS + 1):
            to_pass[place, lane] = limits[level, place] - offset


@compiled
def _improve(
    model: Likelihood, count: Lanes, to_pass: Lanes, group: tuple[int, float, float], best: Floats
) -> None:
    """Score the group in the maps whose count passes their limit."""
    offset, size, factor = group
    terms = size_terms(model, size)
    for lane in range(LANES):
        if count[lane] > to_pass[lane]:
            best[lane] = max(best[lane], factor * score(model, count[lane] + offset, size, terms))


@compiled
def best_by_row(search: Search, counts: Ints) -> tuple[Floats, Ints, Ints]:
    """Best group of each row in one map.

    Parameters
    ----------
    counts : (n, t) cases summed over time

    Returns
    -------
    best : (rows,) score, 0 where no group has a rate of the sought kind
    last : (rows,) position of the group's last member
    window : (rows,) number of its time window
    """
    model, rows, times = search.likelihood, len(search.start) - 1, counts.shape[1]
    best, last, chosen = np.zeros(rows), np.zeros(rows, np.int64), np.zeros(rows, np.int64)
    held, count = np.zeros(times), np.zeros(times, np.int64)
    for row in range(rows):
        held[:] = 0.0
        count[:] = 0
        for place in range(search.start[row], search.start[row + 1]):
            member = search.members[place]
            area = member if member >= 0 else ~member
            for time in range(times):
                held[time] += search.size[area, time]
                count[time] += counts[area, time]
            if member < 0:
                continue
            for window in range(len(search.windows)):
                first, end = search.windows[window, 0], search.windows[window, 1]
                size, cases = held[end], count[end]
                if first > 0:
                    size, cases = size - held[first - 1], cases - count[first - 1]
                if search.low:
                    size, cases = model.total - size, model.cases - cases
                elif cases < search.least:
                    continue
                found = search.factor[row] * score(model, cases, size, size_terms(model, size))
                if found > best[row]:
                    best[row], last[row], chosen[row] = found, place, window
    return best, last, chosen
