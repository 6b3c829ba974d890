"""Single areas that move to the zone next to them."""

import numpy as np

from models.checks import Bools, Floats, Ints
from models.compiled import compiled
from models.zones.ground import Ground

NEVER = -2  # passes begin at 1 and look at what changed in the one before


def move(ground: Ground, label: Ints, changed: Bools) -> None:
    """Move areas in and around zones that `changed` where the sum of squares falls, until none does."""
    g = ground
    last = np.where(changed, 0, NEVER)
    sums, limits = ground.sums(label), (g.minimum, g.least)
    moved_areas(g.x, g.indptr, g.indices, g.population, label, sums, last, limits)


@compiled
def moved_areas(
    x: Floats, indptr: Ints, indices: Ints, population: Floats, label: Ints,
    sums: tuple[Floats, Floats, Floats], last: Ints, limits: tuple[float, float],
) -> None:  # fmt: skip
    """Go over the areas until none moves; `label`, `sums` and `last` (pass of a zone's change) follow."""
    total, size, people = sums
    minimum, least = limits
    stamp, now, again = np.zeros(x.shape[0] + 1, np.int64), 0, True
    while again:
        again = False
        now += 1
        for area in range(x.shape[0]):
            zone = label[area]
            if size[zone] < 2 or people[zone] - population[area] < minimum:
                continue
            first, end = indptr[area], indptr[area + 1]
            target = best_target(area, x, label[indices[first:end]], zone, (total, size, last), now, least)
            if target >= 0 and whole_without(area, indptr, indices, label, stamp):
                for column in range(x.shape[1]):
                    total[zone, column] -= x[area, column]
                    total[target, column] += x[area, column]
                size[zone] -= 1
                size[target] += 1
                people[zone] -= population[area]
                people[target] += population[area]
                label[area], last[zone], last[target], again = target, now, now, True


@compiled
def best_target(
    area: int, x: Floats, others: Ints, zone: int, state: tuple[Floats, Floats, Ints], now: int, least: float
) -> int:
    """Zone among `others` that an area gains most by moving to; -1 if none, or if nothing changed."""
    total, size, last = state
    target, leaving = -1, -1.0
    for other in others:
        if other in (zone, target) or max(last[zone], last[other]) < now - 1:
            continue
        if leaving < 0:
            leaving = away(x, area, total, size, zone) * size[zone] / (size[zone] - 1)
        gain = leaving - away(x, area, total, size, other) * size[other] / (size[other] + 1)
        if gain > least:
            least, target = gain, other
    return target


@compiled
def away(x: Floats, area: int, total: Floats, size: Floats, zone: int) -> float:
    """Squared distance of an area's features from the mean of a zone."""
    gap = 0.0
    for column in range(x.shape[1]):
        difference = x[area, column] - total[zone, column] / size[zone]
        gap += difference * difference
    return gap


@compiled
def whole_without(area: int, indptr: Ints, indices: Ints, label: Ints, stamp: Ints) -> bool:
    """Whether the rest of an area's zone stays in one piece; stamp (n + 1) is room for work."""
    zone, wanted, start = label[area], 0, -1
    stamp[-1] += 1
    mark = stamp[-1]
    for entry in range(indptr[area], indptr[area + 1]):
        if label[indices[entry]] == zone:
            wanted += 1
            start = indices[entry]
    if wanted < 2:
        return wanted == 1
    stamp[area] = mark
    stamp[start] = mark
    waiting = [start]
    while len(waiting) > 0:
        one = waiting.pop()
        for entry in range(indptr[one], indptr[one + 1]):
            other = indices[entry]
            if other == area:
                wanted -= 1
                if wanted == 0:
                    return True
            elif label[other] == zone and stamp[other] != mark:
                stamp[other] = mark
                waiting.append(other)
    return False
