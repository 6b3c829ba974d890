"""What a site may take for its capacity: knapsacks at given multipliers, exact or as a bound."""

import numpy as np

from models.checks import Floats, Ints
from models.compiled import compiled
from models.siting.pairs import Rows

CELLS = 60_000  # items x (capacity + 1) of one site up to which its knapsack is solved exactly


@compiled
def site_knapsacks(
    start: Ints,
    row: Rows,
    cost: Floats,
    multipliers: Floats,
    size: Floats,
    capacity: Floats,
    exact: bool,
    price: Floats,
    share: Floats,
    ratio: Floats,
) -> None:
    """Per site: the least sum of share x (cost - multiplier) that fits.

    Filled in: `price` of each site; `share` of each pair taken, a fraction at most once a site; `ratio`, the
    price of one unit of capacity (<= 0) where fractions were allowed, else 1 (the exact price is known).
    """
    for site in range(len(start) - 1):
        first, last = start[site], start[site + 1]
        items = np.empty(last - first, np.int64)
        taken, total, load = 0, 0.0, 0.0
        for k in range(first, last):
            share[k] = 0.0
            gap = cost[k] - multipliers[row[k]]
            if gap < 0 and size[row[k]] <= capacity[site]:
                items[taken] = k
                taken += 1
                total += gap
                load += size[row[k]]
        ratio[site] = 0.0
        if load <= capacity[site]:
            price[site] = total
            for t in range(taken):
                share[items[t]] = 1.0
        elif exact and taken * (capacity[site] + 1) <= CELLS:
            gap_of, size_of = np.empty(taken), np.empty(taken, np.int64)
            for t in range(taken):
                gap_of[t] = cost[items[t]] - multipliers[row[items[t]]]
                size_of[t] = int(size[row[items[t]]])
            price[site] = best_load(gap_of, size_of, int(capacity[site]), items, share)
            ratio[site] = 1.0
        else:
            price[site], ratio[site] = fractional_load(
                items[:taken], row, cost, multipliers, size, capacity[site], share
            )


@compiled
def best_load(gap: Floats, size: Ints, room: int, items: Ints, share: Floats) -> float:
    """0/1 knapsack by dynamic programming; the shares of what is taken become 1."""
    count = len(gap)
    best = np.zeros(room + 1)
    took = np.zeros((count, room + 1), np.bool_)
    for t in range(count):
        need, worth = size[t], gap[t]
        for space in range(room, need - 1, -1):
            tried = best[space - need] + worth
            if tried < best[space]:
                best[space] = tried
                took[t, space] = True
    space = room
    for t in range(count - 1, -1, -1):
        if took[t, space]:
            share[items[t]] = 1.0
            space -= size[t]
    return float(best[room])


@compiled
def fractional_load(
    items: Ints, row: Rows, cost: Floats, multipliers: Floats, size: Floats, room: float, share: Floats
) -> tuple[float, float]:
    """Linear knapsack: best gap per size first, the last item in part; its price and that ratio."""
    worth = np.empty(len(items))
    for t in range(len(items)):
        i = row[items[t]]
        worth[t] = (cost[items[t]] - multipliers[i]) / size[i] if size[i] > 0 else -np.inf
    total, ratio = 0.0, 0.0
    for t in np.argsort(worth):
        k = items[t]
        i = row[k]
        if size[i] <= room:
            share[k] = 1.0
            room -= size[i]
            total += cost[k] - multipliers[i]
        else:
            share[k] = room / size[i]
            total += share[k] * (cost[k] - multipliers[i])
            ratio = worth[t]
            break
    return total, ratio


@compiled
def forced_rises(
    start: Ints,
    row: Rows,
    cost: Floats,
    multipliers: Floats,
    size: Floats,
    capacity: Floats,
    exact: bool,
    price: Floats,
    ratio: Floats,
    rise: Floats,
) -> None:
    """Per pair: how much its site's price rises at least if the site must take the demand."""
    for site in range(len(start) - 1):
        first, last = start[site], start[site + 1]
        if ratio[site] <= 0:
            for k in range(first, last):
                i = row[k]
                gap = cost[k] - multipliers[i] - ratio[site] * size[i]
                rise[k] = max(gap, 0.0) if size[i] <= capacity[site] else np.inf
            continue
        room = int(capacity[site])
        items = np.empty(last - first, np.int64)
        count = 0
        for k in range(first, last):
            if cost[k] < multipliers[row[k]] and size[row[k]] <= room:
                items[count] = k
                count += 1
        ahead = np.zeros((count + 1, room + 1))
        after = np.zeros((count + 1, room + 1))
        for t in range(count):
            k = items[t]
            extend(ahead[t], ahead[t + 1], cost[k] - multipliers[row[k]], int(size[row[k]]))
        for t in range(count - 1, -1, -1):
            k = items[t]
            extend(after[t + 1], after[t], cost[k] - multipliers[row[k]], int(size[row[k]]))
        t = 0
        for k in range(first, last):
            i = row[k]
            if size[i] > room:
                rise[k] = np.inf
                continue
            left, gap = room - int(size[i]), cost[k] - multipliers[i]
            if t < count and items[t] == k:
                best = np.inf
                for space in range(left + 1):
                    best = min(best, ahead[t, space] + after[t + 1, left - space])
                t += 1
            else:
                best = ahead[count, left]
            rise[k] = max(gap + best - price[site], 0.0)


@compiled
def extend(before: Floats, after: Floats, gap: float, need: int) -> None:
    """One item more: `after[space]` is the least sum that fits `space`."""
    after[:] = before
    for space in range(need, len(after)):
        after[space] = min(after[space], before[space - need] + gap)
