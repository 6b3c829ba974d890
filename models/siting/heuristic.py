"""Interchange (Teitz & Bart 1968): open greedily, then swap while it helps."""

import numpy as np

from models.checks import Floats, Ints
from models.siting.request import Feasible, keeps_minimums

STARTS = 3


def interchange(plan: Feasible, cost: Floats, fallback: Floats, *, seed: int) -> tuple[Ints, float]:
    """Best choice over a greedy and some random starts.

    Parameters
    ----------
    cost : (n, m) weight x minutes to each candidate
    fallback : (n,) weight x minutes to the nearest existing site
    seed : of the random starts

    Returns
    -------
    Positions of the chosen candidates, ascending, and the total cost
    """
    rng = np.random.Generator(np.random.Philox(key=seed))
    best = improve(plan, cost, fallback, complete(plan, cost, fallback, plan.start))
    for _ in range(STARTS - 1):
        chosen = list(plan.start)
        while len(chosen) < plan.new:
            spare = np.setdiff1d(np.arange(cost.shape[1]), chosen)
            chosen.append(int(rng.choice(spare)))
        found = improve(plan, cost, fallback, np.array(chosen, dtype=np.int64))
        best = min(best, found, key=lambda pair: (pair[1], pair[0].tolist()))
    return best


def complete(plan: Feasible, cost: Floats, fallback: Floats, chosen: Ints) -> Ints:
    """Add the candidate that saves most until `new` are open."""
    now = np.minimum(fallback, cost[:, chosen].min(axis=1, initial=np.inf))
    while len(chosen) < plan.new:
        total = np.minimum(cost, now[:, None]).sum(axis=0)
        total[chosen] = np.inf
        best = int(total.argmin())
        chosen, now = np.append(chosen, best), np.minimum(now, cost[:, best])
    return chosen


def improve(plan: Feasible, cost: Floats, fallback: Floats, chosen: Ints) -> tuple[Ints, float]:
    """Swap one open candidate for a closed one while the total falls."""
    total = total_cost(cost, fallback, chosen)
    improved = True
    while improved:
        improved = False
        for position in range(len(chosen)):
            rest = np.delete(chosen, position)
            now = np.minimum(fallback, cost[:, rest].min(axis=1, initial=np.inf))
            totals = np.minimum(cost, now[:, None]).sum(axis=0)
            totals[~keeps_minimums(plan, rest)] = np.inf
            best = int(totals.argmin())
            if totals[best] < total * (1 - 1e-12):
                chosen, total, improved = np.append(rest, best), float(totals[best]), True
    chosen = np.sort(chosen)
    return chosen, total_cost(cost, fallback, chosen)


def total_cost(cost: Floats, fallback: Floats, chosen: Ints) -> float:
    """Weight x minutes to the nearest open site, summed."""
    return float(np.minimum(fallback, cost[:, chosen].min(axis=1, initial=np.inf)).sum())
