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
def descend(
    own: Floats, size: Floats, room: Floats, place: Ints, load: Floats, price: float, chains: bool = True
) -> None:
    """Shifts and, with `chains`, chains of two shifts (swaps too) while cost and priced overload fall.

    Parameters
    ----------
    own : (n, q) cost of each demand at each place
    place, load : (n,) and (q,) change
    """
    loads(size, place, load)
    least, second = np.empty(len(size)), np.empty(len(size))
    nearest_two(own, least, second)
    begin, member = np.zeros(len(room) + 1, np.int64), np.empty(len(size), np.int64)
    gain = np.empty(len(room))
    changed = True
    while changed:
        changed = False
        for i in range(len(size)):
            if shift_one(own, size, room, place, load, price, i):
                changed = True
        if changed or not chains:
            continue
        group(own, place, least, begin, member, gain)
        for i in range(len(size)):  # a chain that helps begins with a demand that gets nearer, or relieves
            a = place[i]
            if own[i, a] <= least[i] and load[a] <= room[a] * (1 + SLACK):
                continue
            if push(own, size, room, place, load, price, i, least, second, begin, member, gain):
                changed = True


@compiled
def group(own: Floats, place: Ints, nearest: Floats, begin: Ints, member: Ints, gain: Floats) -> None:
    """Demands by place (`begin` and `member`), and what one of each place could gain at most elsewhere."""
    begin[:], gain[:] = 0, 0.0
    for i in range(len(place)):
        begin[place[i] + 1] += 1
        gain[place[i]] = max(gain[place[i]], own[i, place[i]] - nearest[i])
    for q in range(len(gain)):
        begin[q + 1] += begin[q]
    at = begin.copy()
    for i in range(len(place)):
        member[at[place[i]]] = i
        at[place[i]] += 1


@compiled
def nearest_two(own: Floats, nearest: Floats, second: Floats) -> None:
    """Fill in the least and the second least cost of each demand."""
    nearest[:], second[:] = np.inf, np.inf
    for i in range(len(own)):
        for cost in own[i]:
            if cost < nearest[i]:
                nearest[i], second[i] = cost, nearest[i]
            elif cost < second[i]:
                second[i] = cost


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
def push(
    own: Floats,
    size: Floats,
    room: Floats,
    place: Ints,
    load: Floats,
    price: float,
    i: int,
    nearest: Floats,
    second: Floats,
    begin: Ints,
    member: Ints,
    gain: Floats,
) -> bool:
    """Move a demand where it pushes another out, to the first's old place or a third, if that helps."""
    a, need = place[i], size[i]
    gone = price * (above(load[a] - need, room[a]) - above(load[a], room[a])) - own[i, a]
    least, who, to = -STEP * (1 + abs(own[i, a]) + price * need), -1, -1
    for b in range(len(room)):
        over = above(load[b], room[b])
        if b == a or gone + own[i, b] - price * over - gain[b] >= least:
            continue
        for at in range(begin[b], begin[b + 1]):
            k = member[at]
            if place[k] != b:
                continue
            begun = gone + own[i, b] - own[k, b] + price * (above(load[b] + need - size[k], room[b]) - over)
            if begun + (second[k] if own[k, b] <= nearest[k] else nearest[k]) >= least:
                continue
            for c in range(len(room)):
                if c == b or begun + own[k, c] >= least:
                    continue
                before = load[c] - need if c == a else load[c]
                more = above(before + size[k], room[c]) - above(before, room[c])
                if begun + own[k, c] + price * more < least:
                    least, who, to = begun + own[k, c] + price * more, k, c
    if who < 0:
        return False
    b = place[who]
    place[i], place[who] = b, to
    load[a] -= need
    load[b] += need - size[who]
    load[to] += size[who]
    return True
