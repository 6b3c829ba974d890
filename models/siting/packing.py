"""Demands into open sites of limited room: a fill by regret, then shifts and swaps."""

import numpy as np

from models.checks import Floats, Ints
from models.compiled import compiled
from models.siting.pairs import Rows

PRICINGS = 80  # steps of a place's price for room
SLACK = 1e-9  # of the room: a load above it counts


@compiled
def pack(cost: Floats, size: Floats, room: Floats, noise: Floats, worth: float) -> tuple[Ints, float, float]:
    """Place of each demand, overload, total cost; the best of some fills, all improved.

    Parameters
    ----------
    cost : (n, q), inf where a place cannot serve the demand; each demand has a finite one
    size : (n,)
    room : (q,) inf without limit
    noise : (rounds, n) factors of the regret, for a fill each beside the two that need none
    worth : cost up to which a fill is improved by swaps, not by shifts alone; -inf for overloads only
    """
    best = np.zeros(len(size), np.int64)
    over, total = np.inf, np.inf
    priced = cost + capacity_prices(cost, size, room) * np.expand_dims(size, 1)
    for number in range(2 + len(noise)):
        place = np.full(len(size), -1, np.int64)
        weight = np.ones(len(size))
        if number % 2 == 1:
            weight[:] = size
        if number >= 2:
            weight *= noise[number - 2]
        fill(priced, size, room, weight, place)
        this_over, this_total = shift_and_swap(cost, size, room, place, False)
        if this_total <= worth or (this_over > 0 and worth == -np.inf):
            this_over, this_total = shift_and_swap(cost, size, room, place, True)
        if this_over < over or (this_over == over and this_total < total):
            over, total = this_over, this_total
            best[:] = place
    return best, over, total


@compiled
def capacity_prices(cost: Floats, size: Floats, room: Floats) -> Floats:
    """(q,) price of a unit of each room at which the nearest places' loads about fit (subgradient)."""
    n, width = cost.shape
    price, load = np.zeros(width), np.empty(width)
    step = 0.0
    for i in range(n):
        step += cost[i].min()
    step = step / max(size.sum(), 1e-300)
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
def above(load: float, room: float) -> float:
    """Load that does not fit."""
    return max(load - room, 0.0) if load > room * (1 + SLACK) else 0.0


@compiled
def shift_and_swap(cost: Floats, size: Floats, room: Floats, place: Ints, swaps: bool) -> tuple[float, float]:
    """Move one demand, or exchange two, while overload or then cost falls; overload and cost."""
    n, width = cost.shape
    load = np.zeros(width)
    for i in range(n):
        load[place[i]] += size[i]
    least = np.empty(n)
    for i in range(n):
        least[i] = cost[i].min()
    changed = True
    while changed:
        changed = False
        for i in range(n):
            if shift(cost, size, room, place, load, i):
                changed = True
        for i in range(n if swaps else 0):  # a swap that helps brings one of two nearer, or relieves a place
            a = place[i]
            if cost[i, a] <= least[i] and load[a] <= room[a] * (1 + SLACK):
                continue
            for k in range(n):
                if place[i] != place[k] and swap(cost, size, room, place, load, i, k):
                    changed = True
    over, total = 0.0, 0.0
    for q in range(width):
        over += above(load[q], room[q])
    for i in range(n):
        total += cost[i, place[i]]
    return over, total


@compiled
def shift(cost: Floats, size: Floats, room: Floats, place: Ints, load: Floats, i: int) -> bool:
    """Move a demand to the place that is best for it, if that helps."""
    a = place[i]
    relief = above(load[a], room[a]) - above(load[a] - size[i], room[a])
    best_over, best_cost, spot = 0.0, -1e-9 * (1 + abs(cost[i, a])), -1
    for b in range(len(room)):
        if b == a or cost[i, b] == np.inf:
            continue
        over = above(load[b] + size[i], room[b]) - above(load[b], room[b]) - relief
        more = cost[i, b] - cost[i, a]
        if over < best_over - 1e-9 * size[i] or (over <= best_over and more < best_cost):
            best_over, best_cost, spot = over, more, b
    if spot < 0:
        return False
    place[i] = spot
    load[a] -= size[i]
    load[spot] += size[i]
    return True


@compiled
def swap(cost: Floats, size: Floats, room: Floats, place: Ints, load: Floats, i: int, k: int) -> bool:
    """Exchange the places of two demands, if that helps."""
    a, b = place[i], place[k]
    more = cost[i, b] + cost[k, a] - cost[i, a] - cost[k, b]
    if more == np.inf:
        return False
    step = size[i] - size[k]
    before = above(load[a], room[a]) + above(load[b], room[b])
    if before == 0.0 and more > -1e-9 * (1 + abs(cost[i, a])):
        return False
    over = above(load[a] - step, room[a]) + above(load[b] + step, room[b]) - before
    if over < -1e-9 * (size[i] + size[k]) or (over <= 0 and more < -1e-9 * (1 + abs(cost[i, a]))):
        place[i], place[k] = b, a
        load[a] -= step
        load[b] += step
        return True
    return False


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
