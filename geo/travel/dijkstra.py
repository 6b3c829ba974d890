"""Shortest times over a road graph: exact, one search a point of the smaller side, any number of cores.

Nodes wait in buckets of a quarter of the mean arc's seconds, and one whose time falls in an open bucket is
looked at again: the answer is that of a heap, to the last bit, in a third of its time.

References
----------
Dial (1969), Algorithm 360, CACM 12(11), 632-633. Meyer, Sanders (2003), Delta-stepping, J. Algorithms 49(1).
"""

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Batch = TypeVar("Batch")
Answer = TypeVar("Answer")

BATCH = 32  # searches handed to an executor at a time
BUCKETS_PER_MEAN = 4.0
MOST_BUCKETS = 1 << 16


class Executor(Protocol):
    """What is needed of a `concurrent.futures.Executor`."""

    def map(self, fn: Callable[[Batch], Answer], /, *iterables: Iterable[Batch]) -> Iterable[Answer]:
        """Apply `fn` to each item, answers in the order of the items."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arcs:
    """A directed graph as rows of arcs.

    Attributes
    ----------
    indptr : (n + 1,) where each node's arcs begin
    nodes : (m,) node each arc leads to
    seconds : (m,) >= 0
    """

    indptr: Ints
    nodes: NDArray[np.int32]
    seconds: Floats

    @property
    def tails(self) -> Ints:
        """(m,) node each arc leads from."""
        return np.repeat(np.arange(len(self.indptr) - 1), np.diff(self.indptr))

    def turned(self) -> "Arcs":
        """The same graph with every arc the other way round."""
        n = len(self.indptr) - 1
        matrix = csr_array((self.seconds, self.nodes, self.indptr), shape=(n, n)).T.tocsr()
        indptr, nodes = matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32)
        return Arcs(indptr=indptr, nodes=nodes, seconds=matrix.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Nodes by which points enter (or leave) a graph.

    Attributes
    ----------
    indptr : (points + 1,) where each point's nodes begin; a point without one is unreachable
    nodes : (k,)
    seconds : (k,) between the point and that node, >= 0
    """

    indptr: Ints
    nodes: NDArray[np.int32]
    seconds: Floats

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def part(self, first: int, size: int) -> "Access":
        """Points first..first + size - 1."""
        ends = self.indptr[first : first + size + 1]
        inside = slice(int(ends[0]), int(ends[-1]))
        return Access(indptr=ends - ends[0], nodes=self.nodes[inside], seconds=self.seconds[inside])


def arcs(tails: Ints, heads: Ints, seconds: Floats, *, n: int) -> Arcs:
    """Rows of arcs in order of tail and head; of parallel ones the shortest, none to its own tail.

    Parameters
    ----------
    tails, nodes : (m,) node numbers below `n`
    seconds : (m,) finite, >= 0
    """
    keep = shortest(tails, heads, seconds)
    indptr = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(tails[keep], minlength=n), out=indptr[1:])
    return Arcs(indptr=indptr, nodes=heads[keep].astype(np.int32), seconds=seconds[keep])


def shortest(tails: Ints, heads: Ints, seconds: Floats) -> Ints:
    """Numbers of the arcs to keep, in order of tail and head: no self loops, one of parallel ones."""
    order = np.lexsort((seconds, heads, tails))
    tail, head = tails[order], heads[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (tail[1:] != tail[:-1]) | (head[1:] != head[:-1])
    kept: Ints = order[first & (tail != head)]
    return kept


def access(points: Ints, nodes: Ints, seconds: Floats, *, n: int) -> Access:
    """Nodes of `n` points in rows, of several ways to one node the shortest."""
    order = np.lexsort((seconds, nodes, points))
    point, node = points[order], nodes[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (point[1:] != point[:-1]) | (node[1:] != node[:-1])
    indptr = np.zeros(n + 1, dtype=np.int64)
    np.cumsum(np.bincount(point[first], minlength=n), out=indptr[1:])
    return Access(indptr=indptr, nodes=node[first].astype(np.int32), seconds=seconds[order][first])


def between(
    graph: Arcs, starts: Access, ends: Access, *, limit_s: float = np.inf, executor: Executor | None = None
) -> Floats:
    """Seconds from each start to each end, NaN = unreachable or farther than `limit_s`.

    Parameters
    ----------
    graph : directed
    starts, ends : how the points reach the graph, and how it reaches them
    limit_s : searches stop there
    executor : spreads the searches; the bits are the same with any, and with none

    Returns
    -------
    (starts, ends) seconds
    """
    if len(ends) < len(starts):
        return _rows(graph.turned(), ends, starts, limit_s, executor).T
    return _rows(graph, starts, ends, limit_s, executor)


def nearest(graph: Arcs, ends: Access, *, limit_s: float = np.inf) -> Floats:
    """(n,) seconds from every node to the nearest of `ends`, NaN = none within `limit_s`: one search."""
    nodes = np.arange(len(graph.indptr) - 1)
    every = Access(
        indptr=np.arange(len(nodes) + 1), nodes=nodes.astype(np.int32), seconds=np.zeros(len(nodes))
    )
    sources = access(
        np.zeros(len(ends.nodes), dtype=np.int64), ends.nodes.astype(np.int64), ends.seconds, n=1
    )
    return _rows(graph.turned(), sources, every, limit_s, None).ravel()


def _rows(graph: Arcs, sources: Access, targets: Access, limit_s: float, executor: Executor | None) -> Floats:
    parts = [sources.part(first, BATCH) for first in range(0, len(sources), BATCH)]
    work = partial(_batch, graph, targets, limit_s)
    answers = [work(part) for part in parts] if executor is None else list(executor.map(work, parts))
    return np.concatenate([np.empty((0, len(targets))), *answers])


def _batch(graph: Arcs, targets: Access, limit_s: float, sources: Access) -> Floats:
    """Rows of one batch; a function of the module, so that other processes find it."""
    from geo.travel.kernel import Rows, search_all  # numba takes half a second to import: only for a search

    width, buckets = _widths(graph, sources)
    roads, starts, ends = (Rows(one.indptr, one.nodes, one.seconds) for one in (graph, sources, targets))
    seconds = search_all(roads, starts, ends, (limit_s, width, buckets))
    seconds[~(seconds <= min(limit_s, sys.float_info.max))] = np.nan
    return seconds


def _widths(graph: Arcs, sources: Access) -> tuple[float, int]:
    """Seconds of a bucket, and how many there must be for the longest step."""
    if not len(graph.seconds):
        return 1.0, 1 << 1
    step = float(max(graph.seconds.max(), sources.seconds.max(initial=0.0)))
    width = max(float(graph.seconds.mean()) / BUCKETS_PER_MEAN, step / MOST_BUCKETS) or 1.0
    return width, int(step / width) + 3
