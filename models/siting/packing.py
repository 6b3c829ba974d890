"""Demands into open sites of limited room: a fill by regret, then shifts and chains of them."""

import numpy as np

from models.checks import Floats, Ints
from models.compiled import compiled
from models.siting.pairs import Rows
from models.siting.shifts import SLACK, above, descend

PRICINGS = 80  # steps of a place's price for room
HARD = 1e6  # times a unit's cost: price of overload


@compiled
def pack(cost: Floats, size: Floats, room: Floats) -> tuple[Ints, float, float]:
    """Place of each demand, overload, total cost; the better of two fills, both improved.

    Parameters
    ----------
    cost : (n, q), inf where a place cannot serve the demand; each demand has a finite one
    size : (n,)
    room : (q,) inf without limit
    """
    best = np.zeros(len(size), np.int64)
    least_over, least = np.inf, np.inf
    price = capacity_prices(cost, size, room)
    priced = cost + price * np.expand_dims(size, 1)
    hard = HARD * (1e-300 + price.max() + mean_cost(cost, size))
    load = np.empty(len(room))
    for number in range(2):
        place = np.full(len(size), -1, np.int64)
        fill(priced, size, room, size if number else np.ones(len(size)), place)
        descend(cost, size, room, place, load, hard)
        over, total = 0.0, 0.0
        for q in range(len(room)):
            over += above(load[q], room[q])
        for i in range(len(size)):
            total += cost[i, place[i]]
        if over < least_over or (over == least_over and total < least):
            least_over, least = over, total
            best[:] = place
    return best, least_over, least


@compiled
def mean_cost(cost: Floats, size: Floats) -> float:
    """Cost of a unit at the nearest places."""
    total = 0.0
    for i in range(len(size)):
        total += cost[i].min()
    return float(total / max(size.sum(), 1e-300))


@compiled
def capacity_prices(cost: Floats, size: Floats, room: Floats) -> Floats:
    """(q,) price of a unit of each room at which the nearest places' loads about fit (subgradient)."""
    n, width = cost.shape
    price, load = np.zeros(width), np.empty(width)
    step = mean_cost(cost, size)
    for number in range(PRICINGS):
        load[:] = 0.0
        for i in range(n):
            least, at = np.inf, 0
            for q in range(width):
                asked = cost[i, q] + price[q] * size[i]
                if asked < least:
                    least, at = asked, q
            load[at] += size[i]
        fits = True
        for q in range(width):
            if room[q] < np.inf:
                fits = fits and load[q] <= room[q]
                excess = load[q] / room[q] - 1 if room[q] > 0 else 1.0
                price[q] = max(0.0, price[q] + 2 * step * excess / (1 + number / 8))
        if fits and number == 0:
            break
    return price


@compiled
def nearest_two(cost: Floats, need: float, left: Floats) -> tuple[int, float, float]:
    """Cheapest place with enough room left (-1 none), its cost, and that of the second."""
    at, first, second = -1, np.inf, np.inf
    for q in range(len(cost)):
        if need <= left[q] and cost[q] < np.inf:
            if cost[q] < first:
                at, first, second = q, cost[q], first
            elif cost[q] < second:
                second = cost[q]
    return at, first, second


@compiled
def fill(cost: Floats, size: Floats, room: Floats, weight: Floats, place: Ints) -> None:
    """Place first what would lose most by waiting; what fits nowhere goes where least is over."""
    n, width = cost.shape
    left = room * (1 + SLACK)
    at, regret = np.empty(n, np.int64), np.empty(n)
    fresh = np.ones(n, np.bool_)
    for _ in range(n):
        chosen, most = -1, -np.inf
        for i in range(n):
            if place[i] >= 0:
                continue
            if fresh[i] or (at[i] >= 0 and size[i] > left[at[i]]):
                at[i], first, second = nearest_two(cost[i], size[i], left)
                fresh[i] = False
                if at[i] < 0:
                    regret[i] = -np.inf
                elif second == np.inf:
                    regret[i] = 1e300
                else:
                    regret[i] = (second - first) * weight[i]
            if at[i] >= 0 and (chosen < 0 or regret[i] > most):
                chosen, most = i, regret[i]
        if chosen < 0:
            break
        spot = at[chosen]
        place[chosen] = spot
        left[spot] -= size[chosen]
        for i in range(n):  # whoever counted on the room that is gone decides anew
            if place[i] < 0 and size[i] > left[spot] and size[i] <= left[spot] + size[chosen]:
                fresh[i] = True
    order = np.argsort(-size)
    for i in order:
        if place[i] < 0:
            best, spot = np.inf, -1
            for q in range(width):
                if cost[i, q] < np.inf and size[i] - left[q] < best:
                    best, spot = size[i] - left[q], q
            place[i] = spot
            left[spot] -= size[i]


@compiled
def cluster_costs(start: Ints, row: Rows, cost: Floats, place: Ints, number: Ints, total: Floats) -> None:
    """(m, q) what each site would cost each cluster, inf where it cannot serve all of it."""
    width = len(number)
    seen = np.empty(width, np.int64)
    for site in range(len(start) - 1):
        seen[:] = 0
        total[site] = 0.0
        for k in range(start[site], start[site + 1]):
            q = place[row[k]]
            if 0 <= q < width:
                seen[q] += 1
                total[site, q] += cost[k]
        for q in range(width):
            if seen[q] < number[q]:
                total[site, q] = np.inf
