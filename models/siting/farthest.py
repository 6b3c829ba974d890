"""Vertex substitution for the largest cost: whoever is worst off is brought nearer, then shaken and again."""

import time

import numpy as np

from models.checks import Floats, Ints
from models.compiled import compiled
from models.replicates import generator

NONE = np.zeros(0, np.int64)
ROUNDS, STREAM = 60, 11
SHAKES = 3  # sites exchanged at random before the next descent, at most


def least_worst(
    by_site: Floats, fallback: Floats, count: int, *, seed: int, stop: float
) -> tuple[Ints, float]:
    """Good choice of `count` sites, and the largest cost of any demand with it.

    Parameters
    ----------
    by_site : (m, n) cost of each demand from each site, finite
    fallback : (n,) cost that a demand has anyway; inf without
    stop : reading of `time.perf_counter` after which no new round is begun

    References
    ----------
    Mladenovic, Labbe & Hansen (2003), Networks 42, 48-64.
    """
    best = farthest_first(by_site, fallback, count)
    worst = descend(by_site, fallback, best)
    for number in range(ROUNDS):
        if time.perf_counter() > stop or count in (0, len(by_site)):
            break
        tried = _shaken(best, len(by_site), generator(seed, number, stream=STREAM), 1 + number % SHAKES)
        found = descend(by_site, fallback, tried)
        if found < worst:
            best, worst = tried, found
    return np.sort(best), float(worst)


def _shaken(chosen: Ints, sites: int, rng: np.random.Generator, swaps: int) -> Ints:
    closed = np.setdiff1d(np.arange(sites), chosen)
    swaps = min(swaps, len(chosen), len(closed))
    made = chosen.copy()
    made[rng.choice(len(made), swaps, replace=False)] = rng.choice(closed, swaps, replace=False)
    return made


def farthest_first(by_site: Floats, fallback: Floats, count: int, begun: Ints = NONE) -> Ints:
    """Open the site nearest to whoever is worst off, beside `begun`, again and again (Dyer & Frieze 1985)."""
    chosen = np.concatenate([begun, np.empty(count - len(begun), np.int64)])
    near = np.minimum(fallback, by_site[begun].min(axis=0, initial=np.inf))
    open_sites = np.zeros(len(by_site), np.bool_)
    open_sites[begun] = True
    for place in range(len(begun), count):
        price = by_site[:, near.argmax()] if len(near) else np.zeros(len(by_site))
        site = int(np.where(open_sites, np.inf, price).argmin())
        chosen[place], open_sites[site] = site, True
        near = np.minimum(near, by_site[site])
    return chosen


@compiled
def descend(by_site: Floats, fallback: Floats, chosen: Ints) -> float:
    """Make the best swap for the largest cost, in place, until none lowers it; returns that cost."""
    m, n = by_site.shape
    first, second, by = np.empty(n), np.empty(n), np.empty(n, np.int64)
    is_open = np.zeros(m, np.bool_)
    is_open[chosen] = True
    while True:
        for i in range(n):
            first[i], second[i], by[i] = fallback[i], np.inf, -1
        for place in range(len(chosen)):
            for i in range(n):
                price = by_site[chosen[place], i]
                if price < first[i]:
                    first[i], second[i], by[i] = price, first[i], place
                elif price < second[i]:
                    second[i] = price
        worst, critical = 0.0, -1
        for i in range(n):
            if first[i] > worst:
                worst, critical = first[i], i
        if critical < 0:
            return worst
        best, enters, leaves = worst, -1, -1
        for site in range(m):
            if not is_open[site] and by_site[site, critical] < worst:
                value, place = best_exit(by_site[site], first, second, by, len(chosen))
                if value < best:
                    best, enters, leaves = value, site, place
        if enters < 0:
            return worst
        is_open[chosen[leaves]], is_open[enters] = False, True
        chosen[leaves] = enters


@compiled
def best_exit(price: Floats, first: Floats, second: Floats, by: Ints, count: int) -> tuple[float, int]:
    """Largest cost with one site more and the best other one closed, and which place that is."""
    stays, leaves = np.zeros(count), np.zeros(count)
    base = 0.0
    for i in range(len(first)):
        if price[i] < first[i]:
            base = max(base, price[i])
        elif by[i] < 0:
            base = max(base, first[i])
        else:
            stays[by[i]] = max(stays[by[i]], first[i])
            leaves[by[i]] = max(leaves[by[i]], min(second[i], price[i]))
    top, next_top, whose = 0.0, 0.0, -1
    for place in range(count):
        if stays[place] > top:
            top, next_top, whose = stays[place], top, place
        elif stays[place] > next_top:
            next_top = stays[place]
    best, found = np.inf, -1
    for place in range(count):
        others = next_top if place == whose else top
        value = max(base, others, leaves[place])
        if value < best:
            best, found = value, place
    return best, found
