"""Spanning trees of zones and the cut of each that lowers the sum of squares most."""

import numpy as np

from models.checks import Floats, Ints
from models.compiled import compiled
from models.zones.ward import root_of


@compiled
def spanning_forest(first: Ints, second: Ints, zone: Ints, n: int) -> tuple[Ints, Ints]:
    """CSR (indptr, indices) of shortest trees of all zones at once; links come shortest first (Kruskal 1956).

    Links between zones, and from or to areas of zone -1, do not count.
    """
    parent, kept, degree = np.arange(n), np.empty(first.size, np.int64), np.zeros(n + 1, np.int64)
    count = 0
    for link in range(first.size):
        a, b = first[link], second[link]
        if zone[a] != zone[b] or zone[a] < 0:
            continue
        one, other = root_of(parent, a), root_of(parent, b)
        if one != other:
            parent[one] = other
            kept[count] = link
            count += 1
            degree[a + 1] += 1
            degree[b + 1] += 1
    indptr = np.cumsum(degree)
    place, indices = indptr.copy(), np.empty(2 * count, np.int64)
    for number in range(count):
        a, b = first[kept[number]], second[kept[number]]
        indices[place[a]], indices[place[b]] = b, a
        place[a] += 1
        place[b] += 1
    return indptr, indices


@compiled
def best_cut(
    x: Floats, indptr: Ints, indices: Ints, population: Floats, root: int, minimum: float,
    parent: Ints, whole: tuple[Ints, Floats, Floats],
) -> tuple[float, int]:  # fmt: skip
    """Fall of the sum of squares by the best cut of the tree at `root`, and the area that it cuts off.

    -1 and -1 if no cut leaves `minimum` on both sides. `parent` (n) is filled for the tree, `whole` is room
    for work. A link to -1 was cut before.
    """
    order, total, people = whole
    columns = x.shape[1]
    order[0], parent[root], count, place = root, -1, 1, 0
    while place < count:
        one = order[place]
        place += 1
        for column in range(columns):
            total[one, column] = x[one, column]
        total[one, columns], people[one] = 1.0, population[one]
        for entry in range(indptr[one], indptr[one + 1]):
            other = indices[entry]
            if other >= 0 and other != parent[one]:
                parent[other] = one
                order[count] = other
                count += 1
    for place in range(count - 1, 0, -1):
        one = order[place]
        above = parent[one]
        people[above] += people[one]
        for column in range(columns + 1):
            total[above, column] += total[one, column]
    size = float(count)
    gain, child = -1.0, -1
    for place in range(1, count):
        one = order[place]
        if people[one] < minimum or people[root] - people[one] < minimum:
            continue
        inside, gap = total[one, columns], 0.0
        outside = size - inside
        for column in range(columns):
            difference = total[one, column] / inside - (total[root, column] - total[one, column]) / outside
            gap += difference * difference
        fall = gap * inside * outside / size
        if fall > gain or (fall == gain and one < child):
            gain, child = fall, one
    return gain, child


@compiled
def cut_off(indptr: Ints, indices: Ints, child: int, parent: int, label: Ints, number: int) -> None:
    """Take the link between `child` and `parent` out of the trees; what hangs on `child` becomes a zone."""
    for one, other in ((child, parent), (parent, child)):
        for entry in range(indptr[one], indptr[one + 1]):
            if indices[entry] == other:
                indices[entry] = -1
    waiting = [child]
    old = label[child]
    label[child] = number
    while len(waiting) > 0:
        one = waiting.pop()
        for entry in range(indptr[one], indptr[one + 1]):
            other = indices[entry]
            if other >= 0 and label[other] == old:
                label[other] = number
                waiting.append(other)


@compiled
def cut_trees(
    x: Floats, indptr: Ints, indices: Ints, population: Floats, label: Ints, zones: int, minimum: float
) -> None:
    """Cut trees where the sum of squares falls most until there are `zones` or no cut is left (SKATER).

    `label` holds one number a tree, from 0, and is changed.
    """
    n = x.shape[0]
    parent, whole = np.full(n, -1), (np.empty(n, np.int64), np.empty((n, x.shape[1] + 1)), np.empty(n))
    gains, children, parents = np.zeros(n), np.full(n, -1), np.full(n, -1)
    roots, count = np.full(n, -1), label.max() + 1
    for area in range(n - 1, -1, -1):
        roots[label[area]] = area
    for zone in range(count):
        gains[zone], children[zone] = best_cut(
            x, indptr, indices, population, roots[zone], minimum, parent, whole
        )
        parents[zone] = parent[children[zone]]
    while count < zones:
        zone = int(np.argmax(gains[:count]))
        if children[zone] < 0:
            break
        child, above = children[zone], parents[zone]
        cut_off(indptr, indices, child, above, label, count)
        for one, root in ((zone, above), (count, child)):
            gains[one], children[one] = best_cut(x, indptr, indices, population, root, minimum, parent, whole)
            parents[one] = parent[children[one]]
        count += 1
