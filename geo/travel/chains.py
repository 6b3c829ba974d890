"""Chains of arcs between junctions, joined to one link each."""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

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
    from geo.travel.kernel import follow_all  # numba takes half a second to import: only where roads are read

    n = len(graph.indptr) - 1
    through = _through(graph) if join else np.zeros(n, dtype=np.bool_)
    m = len(graph.nodes)
    link, before = np.full(m, -1, dtype=np.int64), np.zeros(m)
    ends, seconds = np.empty((m, 2), dtype=np.int64), np.empty(m)
    count = follow_all((graph.indptr, graph.nodes, graph.seconds), through, (link, before), (ends, seconds))
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
