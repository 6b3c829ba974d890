"""Ward's clustering of neighbours, with the minimum population kept in view from the first join on."""

from heapq import heapify, heappop, heappush

import numpy as np

from models.checks import Floats, Ints
from models.compiled import compiled

Queue = list[tuple[float, int, int]]
Clusters = tuple[Floats, Floats, Floats, Ints]  # sums of features, areas, population, parent


@compiled
def root_of(parent: Ints, one: int) -> int:
    """Number of the cluster that holds `one`; paths are halved on the way."""
    while parent[one] != one:
        parent[one] = parent[parent[one]]
        one = parent[one]
    return one


@compiled
def joined_cost(total: Floats, size: Floats, a: int, b: int) -> float:
    """Rise of the within sum of squares if clusters a and b are joined."""
    gap = 0.0
    for column in range(total.shape[1]):
        difference = total[a, column] / size[a] - total[b, column] / size[b]
        gap += difference * difference
    cost: float = gap * size[a] * size[b] / (size[a] + size[b])
    return cost


@compiled
def ward(
    x: Floats, indptr: Ints, indices: Ints, population: Floats, zones: int, minimum: float
) -> tuple[Ints, int]:
    """Join neighbours at the least cost until `zones` are left; (n,) cluster numbers, and joins for size.

    As long as no more than `zones` clusters reach the minimum, only joins with one that does not are made:
    otherwise there would be too few joins left for the small ones. Small ones are joined on where `zones`
    would leave some. What has no neighbour stays.
    """
    n = x.shape[0]
    total, size, people = np.zeros((2 * n, x.shape[1])), np.ones(2 * n), np.zeros(2 * n)
    total[:n], people[:n] = x, population
    clusters = total, size, people, np.arange(2 * n)
    links = _own_links(indptr, indices.size, 2 * n)
    free, tight = _first_joins(indptr, indices, clusters, minimum)
    small = int(((people[:n] < minimum) & (np.diff(indptr) > 0)).sum())
    left, new, forced = n, n, 0
    while left > zones or small > 0:
        needy = left - zones <= small
        a, b = _cheapest(tight if needy else free, clusters[3])
        if a < 0 and not needy:
            break
        if a < 0:
            small = 0  # none of the small ones has a neighbour
            continue
        forced += needy
        left -= 1
        small -= (people[a] < minimum) + (people[b] < minimum)
        _join(new, a, b, clusters)
        _join_links(new, a, b, indices, links, clusters[3])
        small += links[1][new] >= 0 and people[new] < minimum
        _offer(new, indices, links, clusters, minimum, free, tight)
        new += 1
    return _labels(n, clusters[3]), forced


@compiled
def _own_links(indptr: Ints, links: int, clusters: int) -> tuple[Ints, Ints, Ints, Ints]:
    """Each area's links as a list: the one that follows, the first, the last; and room for marks."""
    following, marks = np.arange(1, links + 1), np.full(clusters, -1)
    head, tail = np.full(clusters, -1), np.full(clusters, -1)
    for area in range(indptr.size - 1):
        first, last = indptr[area], indptr[area + 1] - 1
        if first <= last:
            head[area], tail[area], following[last] = first, last, -1
    return following, head, tail, marks


@compiled
def _first_joins(indptr: Ints, indices: Ints, clusters: Clusters, minimum: float) -> tuple[Queue, Queue]:
    """Queue of all joins of two areas, and of those where one is too small."""
    total, size, people, _ = clusters
    free, tight = [(0.0, 0, 0)], [(0.0, 0, 0)]  # typed by what they hold
    free.clear()
    tight.clear()
    for area in range(indptr.size - 1):
        for entry in range(indptr[area], indptr[area + 1]):
            other = indices[entry]
            if area < other:
                free.append((joined_cost(total, size, area, other), area, other))
                if min(people[area], people[other]) < minimum:
                    tight.append(free[-1])
    heapify(free)
    heapify(tight)
    return free, tight


@compiled
def _cheapest(queue: Queue, parent: Ints) -> tuple[int, int]:
    """Take the cheapest join of two clusters that still stand; -1 twice if there is none."""
    while len(queue) > 0:
        _, a, b = heappop(queue)
        if parent[a] == a and parent[b] == b:
            return a, b
    return -1, -1


@compiled
def _join(new: int, a: int, b: int, clusters: Clusters) -> None:
    total, size, people, parent = clusters
    parent[a], parent[b] = new, new
    size[new], people[new] = size[a] + size[b], people[a] + people[b]
    for column in range(total.shape[1]):
        total[new, column] = total[a, column] + total[b, column]


@compiled
def _join_links(
    new: int, a: int, b: int, indices: Ints, links: tuple[Ints, Ints, Ints, Ints], parent: Ints
) -> None:
    """Make one list of the links of a and b, with one link for each other cluster."""
    following, head, tail, marks = links
    following[tail[a]] = head[b]
    entry, first, last = head[a], -1, -1
    while entry >= 0:
        after, other = following[entry], root_of(parent, indices[entry])
        if other != new and marks[other] != new:
            marks[other] = new
            if last < 0:
                first = entry
            else:
                following[last] = entry
            last = entry
        entry = after
    if last >= 0:
        following[last] = -1
    head[new], tail[new] = first, last


@compiled
def _offer(
    new: int, indices: Ints, links: tuple[Ints, Ints, Ints, Ints], clusters: Clusters, minimum: float,
    free: Queue, tight: Queue,
) -> None:  # fmt: skip
    """Queue the joins of a new cluster."""
    total, size, people, parent = clusters
    entry = links[1][new]
    while entry >= 0:
        other = root_of(parent, indices[entry])
        item = (joined_cost(total, size, new, other), other, new)
        heappush(free, item)
        if min(people[new], people[other]) < minimum:
            heappush(tight, item)
        entry = links[0][entry]


@compiled
def _labels(n: int, parent: Ints) -> Ints:
    label = np.empty(n, np.int64)
    for area in range(n):
        label[area] = root_of(parent, area)
    return label
