"""Regions on a graph of areas: connected pieces, and moves that keep every region in one piece."""

import numpy as np

from models.checks import Bools, Floats, Ints
from models.compiled import compiled


@compiled
def joined(start: Ints, neighbour: Ints, inside: Bools, root: int) -> Bools:
    """(n,) the areas inside that a path inside joins to the root."""
    found = np.zeros(len(inside), np.bool_)
    if not inside[root]:
        return found
    stack = np.empty(len(inside), np.int64)
    stack[0], height = root, 1
    found[root] = True
    while height:
        height -= 1
        area = stack[height]
        for k in range(start[area], start[area + 1]):
            other = neighbour[k]
            if inside[other] and not found[other]:
                found[other] = True
                stack[height] = other
                height += 1
    return found


@compiled
def grow(start: Ints, neighbour: Ints, cost: Floats, root: Ints, region: Ints) -> None:
    """Give areas without a region (-1) to a neighbour's, least regret first; in place."""
    n = len(region)
    while True:
        best, area, into = np.inf, -1, -1
        for i in range(n):
            if region[i] >= 0:
                continue
            least = cost[i].min()
            for k in range(start[i], start[i + 1]):
                own = region[neighbour[k]]
                if own >= 0 and cost[i, own] - least < best:
                    best, area, into = cost[i, own] - least, i, own
        if area < 0:
            return
        region[area] = into


@compiled
def _excess(load: float, lower: float, upper: float) -> float:
    """How far a load is outside its limits; the square leads out of ties."""
    over = max(load - upper, lower - load, 0.0)
    return over + over * over / max(upper, 1e-300)


@compiled
def _may_leave(start: Ints, neighbour: Ints, region: Ints, root: Ints, area: int) -> bool:
    """Whether the region stays in one piece without the area."""
    own = region[area]
    if root[own] == area:
        return False
    inside = region == own
    inside[area] = False
    return bool(joined(start, neighbour, inside, root[own]).sum() == inside.sum())


@compiled
def _touches(start: Ints, neighbour: Ints, region: Ints, area: int, other: int) -> bool:
    """Whether a neighbour of the area is in a region."""
    return bool((region[neighbour[start[area] : start[area + 1]]] == other).any())


@compiled
def _best_move(
    start: Ints,
    neighbour: Ints,
    cost: Floats,
    weight: Floats,
    limits: Floats,
    root: Ints,
    region: Ints,
    load: Floats,
    price: float,
) -> tuple[float, int, int]:
    """The change of cost of the best allowed move, the area and its new region; -1 if none gains."""
    best, area, into = -1e-9, -1, -1
    for i in range(len(region)):
        a, w = region[i], weight[i]
        for k in range(start[i], start[i + 1]):
            b = region[neighbour[k]]
            if b == a:
                continue
            before = _excess(load[a], limits[0, a], limits[1, a]) + _excess(
                load[b], limits[0, b], limits[1, b]
            )
            after = _excess(load[a] - w, limits[0, a], limits[1, a]) + _excess(
                load[b] + w, limits[0, b], limits[1, b]
            )
            change = cost[i, b] - cost[i, a] + price * (after - before)
            if change < best and _may_leave(start, neighbour, region, root, i):
                best, area, into = change, i, b
    return best, area, into


@compiled
def _swap(
    start: Ints,
    neighbour: Ints,
    cost: Floats,
    weight: Floats,
    limits: Floats,
    root: Ints,
    region: Ints,
    load: Floats,
    price: float,
) -> bool:
    """Make the first exchange of two areas between two regions that gains; whether there was one."""
    n = len(region)
    for i in range(n):
        a = region[i]
        tried = np.zeros(len(load), np.bool_)
        for step in range(start[i], start[i + 1]):
            b = region[neighbour[step]]
            if b == a or tried[b] or not _may_leave(start, neighbour, region, root, i):
                continue
            tried[b] = True
            before = _excess(load[a], limits[0, a], limits[1, a]) + _excess(
                load[b], limits[0, b], limits[1, b]
            )
            for k in range(n):
                if region[k] != b:
                    continue
                change = cost[i, b] - cost[i, a] + cost[k, a] - cost[k, b]
                moved = weight[i] - weight[k]
                after = _excess(load[a] - moved, limits[0, a], limits[1, a]) + _excess(
                    load[b] + moved, limits[0, b], limits[1, b]
                )
                if change + price * (after - before) >= -1e-9:
                    continue
                region[i] = b
                if _touches(start, neighbour, region, k, a) and _may_leave(start, neighbour, region, root, k):
                    region[k] = a
                    load[a] -= moved
                    load[b] += moved
                    return True
                region[i] = a
    return False


@compiled
def rearrange(
    start: Ints,
    neighbour: Ints,
    cost: Floats,
    weight: Floats,
    limits: Floats,
    root: Ints,
    region: Ints,
    price: float,
    rounds: int,
) -> None:
    """Move and exchange areas between regions in place while cost and excess loads fall.

    Parameters
    ----------
    start, neighbour : areas' neighbours, CSR
    cost : (n, regions)
    limits : (2, regions) least and largest load
    root : (regions,) an area that stays
    price : of a unit of load outside the limits
    rounds : changes at most
    """
    load = np.zeros(len(root))
    for i in range(len(region)):
        load[region[i]] += weight[i]
    for _ in range(rounds):
        _, area, into = _best_move(start, neighbour, cost, weight, limits, root, region, load, price)
        if area >= 0:
            load[region[area]] -= weight[area]
            load[into] += weight[area]
            region[area] = into
        elif not _swap(start, neighbour, cost, weight, limits, root, region, load, price):
            return
