"""Moves of demands between places of limited room, where a load that does not fit has a price."""

import numpy as np

from models.checks import Floats, Ints
from models.compiled import compiled

SLACK = 1e-9  # of the room: a load above it counts
STEP = 1e-9  # of the cost: less is no gain


@compiled
def above(load: float, room: float) -> float:
    """Load that does not fit."""
    return max(load - room, 0.0) if load > room * (1 + SLACK) else 0.0


@compiled
def loads(size: Floats, place: Ints, load: Floats) -> None:
    """Load of each place."""
    load[:] = 0.0
    for i in range(len(size)):
        load[place[i]] += size[i]


@compiled
def descend(own: Floats, size: Floats, room: Floats, place: Ints, load: Floats, price: float) -> None:
    """Shifts, swaps and chains of two shifts while cost and priced overload fall.

    Parameters
    ----------
    own : (n, q) cost of each demand at each place
    place, load : (n,) and (q,) change
    """
    n = len(size)
    loads(size, place, load)
    least = np.empty(n)
    for i in range(n):
        least[i] = own[i].min()
    changed = True
    while changed:
        changed = False
        for i in range(n):
            if shift_one(own, size, room, place, load, price, i):
                changed = True
        for i in range(n):  # a chain that helps begins with a demand that gets nearer, or relieves a place
            a = place[i]
            unhappy = own[i, a] > least[i] or load[a] > room[a] * (1 + SLACK)
            if unhappy and push(own, size, room, place, load, price, i):
                changed = True


@compiled
def shift_one(
    own: Floats, size: Floats, room: Floats, place: Ints, load: Floats, price: float, i: int
) -> bool:
    """Move a demand to its best place, if that helps."""
    a, need = place[i], size[i]
    rest = own[i, a] + price * (above(load[a], room[a]) - above(load[a] - need, room[a]))
    least, spot = rest - STEP * (1 + abs(rest)), -1
    for b in range(len(room)):
        if b == a or own[i, b] >= least:
            continue
        asked = own[i, b] + price * (above(load[b] + need, room[b]) - above(load[b], room[b]))
        if asked < least:
            least, spot = asked, b
    if spot < 0:
        return False
    place[i] = spot
    load[a] -= need
    load[spot] += need
    return True


@compiled
def push(own: Floats, size: Floats, room: Floats, place: Ints, load: Floats, price: float, i: int) -> bool:
    """Move a demand where it pushes another out, to the first's old place or a third, if that helps."""
    a, need = place[i], size[i]
    gone = price * (above(load[a] - need, room[a]) - above(load[a], room[a])) - own[i, a]
    least, who, to = -STEP * (1 + abs(own[i, a]) + price * need), -1, -1
    for k in range(len(size)):
        b = place[k]
        if b == a or own[i, b] == np.inf:
            continue
        change = price * (above(load[b] + need - size[k], room[b]) - above(load[b], room[b]))
        begun = gone + own[i, b] - own[k, b] + change
        if begun >= least:
            continue
        for c in range(len(room)):
            if c == b or begun + own[k, c] >= least:
                continue
            before = load[c] - need if c == a else load[c]
            asked = begun + own[k, c] + price * (above(before + size[k], room[c]) - above(before, room[c]))
            if asked < least:
                least, who, to = asked, k, c
    if who < 0:
        return False
    b = place[who]
    place[i], place[who] = b, to
    load[a] -= need
    load[b] += need - size[who]
    load[to] += size[who]
    return True
