"""Better zones by moving areas across borders, cutting joined pairs anew, and cutting one for joining two."""

import numpy as np

from models.checks import Bools, Floats, Ints
from models.compiled import compiled
from models.zones.ground import Ground, differ, touching
from models.zones.moves import move
from models.zones.tree import best_cut, cut_off, cut_trees, spanning_forest
from models.zones.ward import joined_cost


def improve(ground: Ground, label: Ints, *, zones: int) -> Ints:
    """Lower the sum of squares until no move, new cut of a pair or exchange does; fill up to `zones`.

    Zones stay contiguous and none falls below the minimum.
    """
    label = label.copy()
    cut_into(ground, label, zones)
    changed = np.ones(int(label.max()) + 1, np.bool_)
    while True:
        before = label.copy()
        move(ground, label, changed)
        changed |= differ(before, label)
        before = label.copy()
        recut_pairs(ground, label, changed)
        changed = differ(before, label)
        if not changed.any():
            if not exchange(ground, label):
                return label
            changed = differ(before, label)


def cut_into(ground: Ground, label: Ints, zones: int) -> None:
    """Cut `label` on, along the shortest tree of each zone, until there are `zones` or no cut is left."""
    g = ground
    indptr, indices = spanning_forest(g.first, g.second, label, len(label))
    cut_trees(g.x, indptr, indices, g.population, label, zones, g.minimum)


def perturbed(ground: Ground, label: Ints, draw: np.random.Generator) -> Ints:
    """Join a few touching pairs of zones drawn at random; `improve` cuts others for them."""
    label = label.copy()
    for _ in range(max(1, int(label.max() + 1) // 8)):
        pairs, _ = touching(ground, label)
        if len(pairs):
            kept, freed = pairs[draw.integers(len(pairs))]
            label[label == freed] = kept
            label[label > freed] -= 1
    return label


def recut_pairs(ground: Ground, label: Ints, changed: Bools) -> None:
    """Join each touching pair of which one has `changed`, and cut it anew where that is better."""
    g = ground
    pairs, link = touching(ground, label)
    worth = changed[pairs].any(axis=1)
    links = g.indptr, g.indices, g.rank, g.first, g.second
    recut(g.x, g.population, links, label, pairs[worth], g.first[link[worth]], (g.minimum, g.least))


@compiled
def recut(
    x: Floats, population: Floats, links: tuple[Ints, Ints, Ints, Ints, Ints], label: Ints, pairs: Ints,
    starts: Ints, limits: tuple[float, float],
) -> None:  # fmt: skip
    """Cut pairs of zones anew along the shortest tree of both; `starts` are areas where they touch."""
    place = np.full(x.shape[0], -1)
    for number in range(pairs.shape[0]):
        a, b = pairs[number]
        if label[starts[number]] != a and label[starts[number]] != b:
            continue
        members, first, second = region(starts[number], a, b, label, links, place)
        n = members.size
        total, size, parent = np.zeros((2, x.shape[1])), np.zeros(2), np.full(n, -1)
        for one in range(n):
            side = 0 if label[members[one]] == a else 1
            size[side] += 1
            total[side] += x[members[one]]
        if size.min() > 0:
            own, people, both = x[members], population[members], np.zeros(n, np.int64)
            indptr, indices = spanning_forest(first, second, both, n)
            room = (np.empty(n, np.int64), np.empty((n, x.shape[1] + 1)), np.empty(n))
            gain, child = best_cut(own, indptr, indices, people, 0, limits[0], parent, room)
            if child >= 0 and gain - joined_cost(total, size, 0, 1) > limits[1]:
                cut_off(indptr, indices, child, parent[child], both, 1)
                for one in range(n):
                    label[members[one]] = b if both[one] else a
        place[members] = -1


@compiled
def region(
    start: int, a: int, b: int, label: Ints, links: tuple[Ints, Ints, Ints, Ints, Ints], place: Ints
) -> tuple[Ints, Ints, Ints]:
    """Areas of zones a and b that `start` reaches, and their links among each other, shortest first.

    `place` (n), all -1, is filled with the number of each area in the answer.
    """
    indptr, indices, rank, first, second = links
    members, inside = [start], [0]
    inside.clear()
    place[start], done = 0, 0
    while done < len(members):
        one = members[done]
        done += 1
        for entry in range(indptr[one], indptr[one + 1]):
            other = indices[entry]
            if label[other] == a or label[other] == b:
                if place[other] < 0:
                    place[other] = len(members)
                    members.append(other)
                if one < other:
                    inside.append(rank[entry])
    ranks = np.sort(np.array(inside))
    return np.array(members), place[first[ranks]], place[second[ranks]]


@compiled
def cuts(
    x: Floats, first: Ints, second: Ints, population: Floats, label: Ints, minimum: float
) -> tuple[Floats, Ints, Ints, Ints, Ints]:
    """Best cut of each zone: gain, area cut off and the one above it (-1 if none); and the trees."""
    n, zones = x.shape[0], label.max() + 1
    parent, room = np.full(n, -1), (np.empty(n, np.int64), np.empty((n, x.shape[1] + 1)), np.empty(n))
    indptr, indices = spanning_forest(first, second, label, n)
    gain, child, above = np.zeros(zones), np.full(zones, -1), np.full(zones, -1)
    seen = np.zeros(zones, np.int64)
    for area in range(n):
        zone = label[area]
        if seen[zone] == 0:
            seen[zone] = 1
            gain[zone], child[zone] = best_cut(x, indptr, indices, population, area, minimum, parent, room)
            if child[zone] >= 0:
                above[zone] = parent[child[zone]]
    return gain, child, above, indptr, indices


def exchange(ground: Ground, label: Ints) -> bool:
    """Cut a zone and join a touching pair for it where both together gain; whether they did."""
    g = ground
    gain, child, above, indptr, indices = cuts(g.x, g.first, g.second, g.population, label, g.minimum)
    gain = np.where(child < 0, -np.inf, gain)
    chosen = _best_exchange(ground, label, gain)
    if chosen is None:
        return False
    zone, kept, freed = chosen
    label[label == freed] = -2
    cut_off(indptr, indices, int(child[zone]), int(above[zone]), label, freed)
    label[label == -2] = kept
    return True


def _best_exchange(ground: Ground, label: Ints, gain: Floats) -> tuple[int, int, int] | None:
    """Zone to cut, and the pair to join for it."""
    pairs, _ = touching(ground, label)
    if not len(pairs) or len(gain) < 3:
        return None
    total, size, _ = ground.sums(label)
    mean = total / size[:, None]
    a, b = pairs.T
    cost = ((mean[a] - mean[b]) ** 2).sum(axis=1) * size[a] * size[b] / (size[a] + size[b])
    best = np.argsort(-gain, kind="stable")[:3]  # two may be of the pair
    own = (best == a[:, None]) | (best == b[:, None])
    net = np.where(own, -np.inf, gain[best]) - cost[:, None]
    pair, place = np.unravel_index(net.argmax(), net.shape)
    if net[pair, place] <= ground.least:
        return None
    return int(best[place]), int(a[pair]), int(b[pair])
