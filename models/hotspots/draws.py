"""Conditional permutations of each area, shared where weights allow, spread over an executor."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from models.checks import Bools, Floats, Ints
from models.graph import Sparse
from models.hotspots import permute
from models.hotspots.chance import Tally
from models.replicates import Executor, batches, generator, run

STREAM = 7001  # of a seed: permutations of one area; 7002 shuffles of the map
SHARED_BLOCK, AREA_BLOCK, SHUFFLE_BLOCK = 1 << 16, 2048, 64
SIDES = {"greater": 1, "less": 2}


@dataclass(frozen=True, slots=True)
class Question:
    """Where T_i = sum_j w_ij (slope_i x_j + square x_j^2) lies among its permutations.

    Attributes
    ----------
    x : (n,) values, scaled to at most 1 in size
    slope : (n,)
    square : weight of the squared values, 0 or 1
    weights : (n, n); an area without a neighbour gets no permutations
    """

    x: Floats
    slope: Floats
    square: float
    weights: Sparse

    @property
    def part(self) -> tuple[Floats, Floats]:
        """(n,) slope and square."""
        return self.slope, np.full_like(self.slope, self.square)


@dataclass(frozen=True, slots=True)
class Draws:
    """How to draw: how many, from which seed, when to stop, and where.

    Attributes
    ----------
    most : permutations of an area
    seed : >= 0
    stop : exceedances at which drawing ends, 0 = never
    side : 1 for the upper tail, 2 for the lower, 0 for both
    executor : None for this process
    """

    most: int
    seed: int
    stop: int = 0
    side: int = 0
    executor: Executor | None = None


def key_of(seed: int, stream: int) -> np.uint64:
    """64 random bits of a seed and its use."""
    return np.uint64(generator(seed, 0, stream=stream).integers(0, 2**64, dtype=np.uint64))


def tally(question: Question, draws: Draws) -> Tally:
    """Count each area's permutations beyond what was observed.

    Areas whose neighbours all weigh alike and are equally many share their draws: a set of k areas is a
    permutation of every area that it does not hold, so that one sorted list of sums answers for all, and
    those that hold the area are replaced by further ones. Each area's p is exactly that of its own
    permutations; p of different areas go up and down together a little. Others draw for themselves.

    Areas are numbered by their values, so that the caller's order does not show in the draws.
    """
    order = np.argsort(question.x, kind="stable")
    found, back = _tally(_in_order(question, order), draws), np.argsort(order)
    return Tally(found.at_least[back], found.at_most[back], found.drawn[back], found.stopped[back])


def _in_order(question: Question, order: Ints) -> Question:
    weights = question.weights[order][:, order].sorted_indices()
    return Question(question.x[order], question.slope[order], question.square, weights)


def _tally(question: Question, draws: Draws) -> Tally:
    scale = np.abs(question.x).max() or 1.0
    small = Question(question.x / scale, _unit(question, scale), question.square, question.weights)
    count = np.diff(small.weights.indptr)
    costly = question.square > 0 and draws.stop > 0  # each draw is looked at by each area: better to stop
    alike = _alike(small.weights) & (not costly)
    n = len(count)
    found = Tally(np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.bool_))
    for size in np.unique(count[alike & (count > 0)]):
        _shared(small, alike & (count == size), int(size), draws, found)
    own = np.flatnonzero(~alike & (count > 0))
    if own.size:
        _own(small, own, draws, found)
    return found


def _unit(question: Question, scale: float) -> Floats:
    """Slopes that go with x / scale; only their sign matters where nothing is squared."""
    return question.slope / scale if question.square else np.sign(question.slope)


def _alike(weights: Sparse) -> Bools:
    """Areas whose neighbours all weigh the same."""
    filled = np.flatnonzero(np.diff(weights.indptr) > 0)
    alike = np.ones(weights.shape[0], np.bool_)
    starts = weights.indptr[filled]
    least, most = (how.reduceat(weights.data, starts) for how in (np.minimum, np.maximum))
    alike[filled] = most - least <= 1e-12 * most
    return alike


def _sums(question: Question) -> tuple[Floats, Floats]:
    """(n,) sums of x and x^2 over the neighbours, all weighing 1."""
    pattern = question.weights.copy()
    pattern.data = np.ones_like(question.weights.data)
    return np.asarray(pattern @ question.x), np.asarray(pattern @ question.x**2)


def _shared(question: Question, chosen: Bools, size: int, draws: Draws, into: Tally) -> None:
    """Tally areas with `size` equal neighbours; draw the areas left out where those are fewer."""
    x, (slope, square) = question.x, question.part
    one, two = _sums(question)
    others = len(x) - 1
    turned = 2 * size > others
    if turned:
        one, two, size = x.sum() - x - one, (x**2).sum() - x**2 - two, others - size
    seen = np.where(chosen, slope * one + square * two, np.nan)
    areas = np.flatnonzero(chosen)
    if size == 0:
        high = low = np.full(areas.size, draws.most)
    else:
        high, low = _shared_counts(question, areas, seen, size, draws)
    into.at_least[areas], into.at_most[areas] = (low, high) if turned else (high, low)
    into.drawn[areas] = draws.most


def _shared_counts(
    question: Question, areas: Ints, seen: Floats, size: int, draws: Draws
) -> tuple[Ints, Ints]:
    key = permute.keyed(key_of(draws.seed, STREAM), size)
    work = partial(shared_block, question.x, question.part, areas, seen, size, np.uint64(key))
    parts = run(work, batches(draws.most, SHARED_BLOCK), executor=draws.executor)
    high, low, lost = (np.sum(counts, axis=0) for counts in zip(*parts, strict=True))
    more = permute.replaced_draws(
        question.x, size, draws.most, np.uint64(key), areas, lost, seen, question.part
    )
    return high + more[0], low + more[1]


def shared_block(
    x: Floats, part: tuple[Floats, Floats], areas: Ints, seen: Floats, size: int, key: np.uint64, block: range
) -> tuple[Ints, Ints, Ints]:
    """Tally one block of shared draws: (areas,) at least, at most, and how many held the area itself."""
    one, two, *gone = permute.shared_draws(x, size, block.start, len(block), key, seen, part)
    lost, lost_high, lost_low = (counts[areas] for counts in gone)
    slope, square = part[0][areas], part[1][areas]
    slack = permute.TINY * size
    if square.any():
        high, low = permute.linear_counts(one, two, seen[areas], slope, square, slack)
    else:
        high, low = _sorted_counts(np.sort(one), seen[areas], slope, slack)
    return high - lost_high, low - lost_low, lost


def _sorted_counts(sums: Floats, seen: Floats, sign: Floats, slack: float) -> tuple[Ints, Ints]:
    """Counts of sign_i x sums beyond seen_i, by bisection; all tie where the sign is 0."""
    bar = seen * sign
    up = len(sums) - np.searchsorted(sums, bar - slack, "left")
    down = np.searchsorted(sums, bar + slack, "right")
    high = np.where(sign > 0, up, np.where(sign < 0, down, len(sums)))
    low = np.where(sign > 0, down, np.where(sign < 0, up, len(sums)))
    return high, low


def _own(question: Question, areas: Ints, draws: Draws, into: Tally) -> None:
    work = partial(own_block, question, areas, draws.most, (draws.stop, draws.side), draws.seed)
    parts = run(work, batches(areas.size, AREA_BLOCK), executor=draws.executor)
    high, low, drawn = (np.concatenate(counts) for counts in zip(*parts, strict=True))
    into.at_least[areas], into.at_most[areas], into.drawn[areas] = high, low, drawn
    into.stopped[areas] = drawn < draws.most


def own_block(
    question: Question, areas: Ints, most: int, stop: tuple[int, int], seed: int, block: range
) -> tuple[Ints, Ints, Ints]:
    """Tally the own permutations of some areas: at least, at most, drawn."""
    weights, x = question.weights, question.x
    slope, square = question.part
    seen = slope * (weights @ x) + square * (weights @ x**2)
    top = np.maximum.reduceat(weights.data, np.minimum(weights.indptr[:-1], weights.data.size - 1))
    scale = np.where(top > 0, top, 1.0)  # the slack for ties is of values and weights of at most 1
    unit = weights.data / np.repeat(scale, np.diff(weights.indptr))
    indptr = weights.indptr.astype(np.int64)
    key = key_of(seed, STREAM)
    found: tuple[Ints, Ints, Ints] = permute.own_draws(
        x, indptr, unit, areas[block.start : block.stop], seen / scale, question.part, most, stop, key
    )
    return found


def shuffles(x: Floats, weights: Sparse, draws: Draws, *, gap: bool) -> Floats:
    """(draws.most,) of sum_ij w_ij x_i x_j, or sum_ij w_ij (x_i - x_j)^2, over shuffled maps."""
    order = np.argsort(x, kind="stable")
    ordered = weights[order][:, order].sorted_indices()
    work = partial(shuffle_block, x[order], ordered, key_of(draws.seed, STREAM + 1), gap)
    return np.concatenate(run(work, batches(draws.most, SHUFFLE_BLOCK), executor=draws.executor))


def shuffle_block(x: Floats, weights: Sparse, key: np.uint64, gap: bool, block: range) -> Floats:
    """Shuffle the map once for each number of the block."""
    indptr, indices = weights.indptr.astype(np.int64), weights.indices.astype(np.int64)
    sums: Floats = permute.shuffled(x, indptr, indices, weights.data, block.start, len(block), key, gap)
    return sums
