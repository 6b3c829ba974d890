"""The loops over a graph, compiled: the search, whose nodes wait in buckets by their time, and the chains."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.travel.compiled import compiled

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Rows(NamedTuple):
    """Rows of (node, seconds): arcs of nodes, or nodes of points."""

    first: Ints
    nodes: NDArray[np.int32]
    seconds: Floats


class Queue(NamedTuple):
    """Buckets of nodes that wait, as chains of entries."""

    first: NDArray[np.int32]  # first entry of each bucket, -1 = empty
    following: NDArray[np.int32]  # next entry of the bucket, or of the free ones
    node: NDArray[np.int32]
    key: Floats  # its seconds when it was put there


@compiled
def search_all(graph: Rows, sources: Rows, targets: Rows, how: tuple[float, float, int]) -> Floats:
    """(sources, targets) seconds, infinite = not reached; a search's buffers serve the next one."""
    limit, width, buckets = how
    room = graph.nodes.size + sources.nodes.size + 1
    buffers = np.empty((2, room), np.int32)
    queue = Queue(np.empty(buckets, np.int32), buffers[0], buffers[1], np.empty(room))
    time = np.full(graph.first.size - 1, np.inf)
    reached = np.empty(time.size, np.int32)
    wanted = np.zeros(time.size, np.bool_)
    seconds = np.empty((sources.first.size - 1, targets.first.size - 1))
    for row in range(len(seconds)):
        mine = slice(sources.first[row], sources.first[row + 1])
        source = (sources.nodes[mine], sources.seconds[mine])
        left = _want(wanted, targets.nodes)
        found = _search(graph, source, (limit, 1 / width, left), queue, (time, reached, wanted))
        for column in range(seconds.shape[1]):
            best = np.inf
            for k in range(targets.first[column], targets.first[column + 1]):
                best = min(best, time[targets.nodes[k]] + targets.seconds[k])
            seconds[row, column] = best
        for k in range(found):
            time[reached[k]] = np.inf
    return seconds


@compiled
def _want(wanted: Bools, nodes: NDArray[np.int32]) -> int:
    """Mark the nodes that a search must reach; how many they are."""
    wanted[:] = False
    left = 0
    for node in nodes:
        left += not wanted[node]
        wanted[node] = True
    return left


@compiled
def _search(
    graph: Rows,
    source: tuple[NDArray[np.int32], Floats],
    how: tuple[float, float, int],
    queue: Queue,
    state: tuple[Floats, NDArray[np.int32], Bools],
) -> int:
    """Seconds from one source, as far as the last wanted node or the limit; how many nodes were reached."""
    limit, per_second, left = how
    first, following, node, key = queue
    time, reached, wanted = state
    found = _seed(source, per_second, queue, (time, reached))
    waiting, made, free, bucket, slot = found, found, -1, 0, 0
    while waiting > 0 and left > 0 and bucket <= limit * per_second:
        while first[slot] >= 0:
            entry = first[slot]
            here, now = node[entry], key[entry]
            first[slot], following[entry], free = following[entry], free, entry
            waiting -= 1
            if time[here] != now:
                continue  # found sooner since
            if wanted[here]:
                wanted[here] = False
                left -= 1
            for k in range(graph.first[here], graph.first[here + 1]):
                target, seconds = graph.nodes[k], now + graph.seconds[k]
                if seconds < time[target]:
                    if time[target] == np.inf:
                        reached[found] = target
                        found += 1
                    time[target] = seconds
                    if free >= 0:
                        entry, free = free, following[free]
                    else:
                        entry, made = made, made + 1
                    into = int(seconds * per_second) % first.size
                    node[entry], key[entry], following[entry], first[into] = (
                        target,
                        seconds,
                        first[into],
                        entry,
                    )
                    waiting += 1
        bucket += 1
        slot = slot + 1 if slot + 1 < first.size else 0
    return found


@compiled
def _seed(
    source: tuple[NDArray[np.int32], Floats],
    per_second: float,
    queue: Queue,
    state: tuple[Floats, NDArray[np.int32]],
) -> int:
    """Put a source's nodes, each given once, into empty buckets; how many they are."""
    first, following, node, key = queue
    time, reached = state
    first[:] = -1
    for k in range(len(source[0])):
        here, seconds = source[0][k], source[1][k]
        time[here], reached[k], node[k], key[k] = seconds, here, here, seconds
        slot = int(seconds * per_second) % first.size
        following[k], first[slot] = first[slot], k
    return len(source[0])


# -------------------------------------------------------------------- chains
@compiled
def follow_all(
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
