"""Chains of arcs between junctions, joined to one link each."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geo.travel.compiled import compiled
from geo.travel.dijkstra import Arcs, Bools, Floats, Ints


class Chains(NamedTuple):
    """Links between junctions, and the place of each arc on its link."""

    junction: Bools  # (n,) points that links begin and end at
    tails: Ints  # (k,) point each link begins at
    heads: Ints  # (k,) and ends at
    seconds: Floats  # (k,)
    link: Ints  # (m,) link of each arc
    before: Floats  # (m,) seconds from the link's tail to the arc's


def chains(graph: Arcs, *, join: bool = True) -> Chains:
    """Join arcs through points that only lead on: those of a two-way or a one-way street without a crossing.

    A ring without any crossing keeps one of its points, and is a link from there to there.

    Parameters
    ----------
    graph : simple: without loops and parallel arcs
    join : False leaves each arc a link of its own
    """
    n = len(graph.indptr) - 1
    through = _through(graph) if join else np.zeros(n, dtype=np.bool_)
    m = len(graph.nodes)
    link, before = np.full(m, -1, dtype=np.int64), np.zeros(m)
    ends, seconds = np.empty((m, 2), dtype=np.int64), np.empty(m)
    count = _join((graph.indptr, graph.nodes, graph.seconds), through, (link, before), (ends, seconds))
    return Chains(~through, ends[:count, 0], ends[:count, 1], seconds[:count].copy(), link, before)


def _through(graph: Arcs) -> Bools:
    """(n,) points that only lead on."""
    n = len(graph.indptr) - 1
    incoming = csr_array((np.ones(len(graph.nodes)), graph.nodes, graph.indptr), shape=(n, n)).tocsc()
    out, into = np.diff(graph.indptr), np.diff(incoming.indptr)
    through = np.zeros(n, dtype=np.bool_)
    for degree, same in ((1, False), (2, True)):  # one-way: two neighbours; two-way: the same two both ways
        here = np.flatnonzero((out == degree) & (into == degree))
        rows = np.arange(degree)
        after = graph.nodes[graph.indptr[here][:, None] + rows]
        prior = incoming.indices[incoming.indptr[here][:, None] + rows]
        through[here] = (np.sort(after, axis=1) == np.sort(prior, axis=1)).all(axis=1) == same
    return through


@compiled
def _join(
    graph: tuple[Ints, NDArray[np.int32], Floats],
    through: Bools,
    arc: tuple[Ints, Floats],
    chain: tuple[Ints, Floats],
) -> int:
    """Follow every chain from its junctions, then rings from their lowest point, which becomes a junction."""
    first = graph[0]
    count = 0
    for rings in (False, True):
        for point in range(through.size):
            if rings:
                if not (through[point] and arc[0][first[point]] < 0):
                    continue
                through[point] = False
            elif through[point]:
                continue
            for k in range(first[point], first[point + 1]):
                _follow(graph, through, arc, chain, (point, k, count))
                count += 1
    return count


@compiled
def _follow(
    graph: tuple[Ints, NDArray[np.int32], Floats],
    through: Bools,
    arc: tuple[Ints, Floats],
    chain: tuple[Ints, Floats],
    begin: tuple[int, int, int],
) -> None:
    """Number the arcs of one chain and add up their seconds."""
    first, heads, seconds = graph
    at, k, number = begin
    chain[0][number, 0] = at
    spent = 0.0
    while True:
        arc[0][k], arc[1][k] = number, spent
        spent += seconds[k]
        came, at = at, heads[k]
        if not through[at]:
            break
        k = first[at]
        if first[at + 1] - k == 2 and heads[k] == came:
            k += 1
    chain[0][number, 1], chain[1][number] = at, spent
