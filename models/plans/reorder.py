"""Local search over nested plans: two sites change the phases in which they open."""

import numpy as np

from models.checks import Floats, Ints
from models.compiled import compiled
from models.plans.nested import Stages
from models.siting.pairs import Rows
from models.siting.swap import near_two


def reorder(stages: Stages, phase: Ints) -> tuple[Ints, float]:
    """Exchange the phases of two sites, one of which may never open, best first until none helps.

    Parameters
    ----------
    phase : (sites,) the phase in which each opens; the number of phases = never
    """
    own = phase.copy()
    total = stages.total(own)
    while True:
        gain = _gains(stages, own)
        best = np.unravel_index(np.argmax(gain), gain.shape)
        if gain[best] <= abs(total) * 1e-12:
            return own, total
        own[list(best)] = own[list(best)][::-1]
        after = stages.total(own)
        if after >= total:
            own[list(best)] = own[list(best)][::-1]
            return own, total
        total = after


def _gains(stages: Stages, phase: Ints) -> Floats:
    """(sites, sites) cost saved if the first, which opens earlier, changes with the second."""
    gain = np.full((stages.sites, stages.sites), -np.inf)
    gain[phase < stages.phases] = 0.0
    for t, one in enumerate(stages.pairs):
        chosen = np.flatnonzero(phase <= t).astype(np.int64)
        part = swap_gains(one.start, one.row, one.cost, one.fallback, chosen)
        later = phase > t  # a swap matters to the phases from the earlier opening to the later
        gain[np.ix_(chosen, later)] += part[:, later]
    gain[phase[:, None] >= phase] = -np.inf
    return gain


@compiled
def swap_gains(start: Ints, row: Rows, cost: Floats, fallback: Floats, chosen: Ints) -> Floats:
    """(open, sites) cost saved by exchanging an open site for another; see `models.siting.swap`."""
    n, places, sites = len(fallback), len(chosen), len(start) - 1
    first, second, by = np.empty(n), np.empty(n), np.empty(n, np.int64)
    near_two(start, row, cost, fallback, chosen, first, second, by)
    loss = np.zeros(places)
    for i in range(n):
        if by[i] >= 0:
            loss[by[i]] += second[i] - first[i]
    found = np.empty((places, sites))
    for site in range(sites):
        gain = 0.0
        for place in range(places):
            found[place, site] = -loss[place]
        for k in range(start[site], start[site + 1]):
            i, price = row[k], cost[k]
            if price < first[i]:
                gain += first[i] - price
                if by[i] >= 0:
                    found[by[i], site] += second[i] - first[i]
            elif price < second[i] and by[i] >= 0:
                found[by[i], site] += second[i] - price
        for place in range(places):
            found[place, site] += gain
    return found
