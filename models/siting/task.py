"""A siting problem under rules and capacities, in costs."""

from dataclasses import dataclass, replace

import numpy as np

from models.checks import Bools, Floats, Ints
from models.compiled import compiled
from models.siting.packing import cluster_costs, pack
from models.siting.pairs import Pairs, Rows
from models.siting.selection import Selection
from models.siting.swap import near_two

TINY = 1e-9


@dataclass(frozen=True, slots=True)
class Served:
    """Demands in the hands of open sites.

    Attributes
    ----------
    site : (n,) position of the site, -1 the fallback
    total : cost
    over : load above the sites' capacities
    """

    site: Ints
    total: float
    over: float


@dataclass(frozen=True, slots=True)
class Task:
    """What to decide: an allowed set of sites, and who is served by which.

    Attributes
    ----------
    pairs : sites with the demands that they may serve; the fallback is inf for a demand that a site must
        serve
    size, capacity : (n,) and (m,) in one unit, inf without limit
    selection : which sets of sites are allowed
    whole : whether every cost is a whole number
    """

    pairs: Pairs
    size: Floats
    capacity: Floats
    selection: Selection
    whole: bool

    @property
    def limited(self) -> bool:
        """Whether any capacity is a limit."""
        return bool(np.isfinite(self.capacity).any())

    @property
    def exact_sizes(self) -> bool:
        """Whether sizes and capacities are whole numbers, so that knapsacks can be solved exactly."""
        finite = self.capacity[np.isfinite(self.capacity)]
        return all(bool((np.mod(part, 1) == 0).all()) for part in (self.size, finite))

    def enough(self, total: float) -> float:
        """A bound above which nothing is better than `total`."""
        return total - 1 + 1e-5 if self.whole else total * (1 - 1e-10)

    def rounded(self, bound: float) -> float:
        """The same bound, on a whole number where costs are."""
        return float(np.ceil(bound - 1e-6)) if self.whole and np.isfinite(bound) else bound

    def without(self, sites: Bools, pairs: Bools) -> "Task":
        """The task where some sites stay closed and some pairs are not used."""
        site = np.repeat(np.arange(self.pairs.sites), np.diff(self.pairs.start))
        keep = ~pairs & ~sites[site]
        count = np.concatenate([[0], np.cumsum(keep)])
        start = count[self.pairs.start].astype(np.int64)
        part = Pairs(start, self.pairs.row[keep], self.pairs.cost[keep], self.pairs.fallback)
        kept = np.flatnonzero(~sites)
        return replace(
            self, pairs=part.only(kept), capacity=self.capacity[kept], selection=self.selection.only(kept)
        )

    @property
    def site_of_pair(self) -> Ints:
        """(pairs,) position of each pair's site."""
        return np.repeat(np.arange(self.pairs.sites), np.diff(self.pairs.start))

    @property
    def can_serve(self) -> bool:
        """Whether every demand has a pair or a fallback."""
        has = np.isfinite(self.pairs.fallback)
        has[self.pairs.row] = True
        return bool(has.all())

    def serve(self, chosen: Ints) -> Served:
        """Give every demand to an open site: the nearest, or as well as capacities let a search find."""
        pairs = self.pairs
        cost = opened_costs(pairs.start, pairs.row, pairs.cost, pairs.fallback, chosen)
        lost = ~np.isfinite(cost).any(axis=1)
        if lost.any():
            return Served(np.full(len(cost), -1, np.int64), np.inf, float(self.size[lost].sum() + TINY))
        if not self.limited:
            place = cost.argmin(axis=1).astype(np.int64)
            return self.judge(np.append(chosen, -1)[place])
        place, over, total = pack(cost, self.size, np.append(self.capacity[chosen], np.inf))
        return Served(np.append(chosen, -1)[place], float(total), float(over))

    def judge(self, site: Ints) -> Served:
        """What a plan costs, inf if it uses a pair that is not there, and what it loads too much."""
        used = site[self.pairs.row] == self.site_of_pair
        served = np.bincount(self.pairs.row[used], minlength=len(site)) == 1
        cost = self.pairs.fallback[site < 0].sum() + self.pairs.cost[used].sum()
        load = np.bincount(site[site >= 0], self.size[site >= 0], minlength=self.pairs.sites)
        over = np.where(load > self.capacity * (1 + TINY), load - self.capacity, 0.0)
        total = float(cost) if (served == (site >= 0)).all() else np.inf
        return Served(site.astype(np.int64), total, float(over.sum()))

    def gains(self, served: Served) -> Floats:
        """(m,) what each site would save if it took all who are better served by it."""
        own = self.own_costs(served)
        saved = np.maximum(own[self.pairs.row] - self.pairs.cost, 0.0)
        return np.asarray(np.bincount(self.site_of_pair, saved, minlength=self.pairs.sites), np.float64)

    def own_costs(self, served: Served) -> Floats:
        """(n,) what each demand costs in a plan."""
        own = self.pairs.fallback.copy()
        used = served.site[self.pairs.row] == self.site_of_pair
        own[self.pairs.row[used]] = self.pairs.cost[used]
        return own

    def swap_costs(self, chosen: Ints, served: Served) -> list[Floats]:
        """(m, q) change of cost if a closed site opens in an open one's place, judged in one or two ways.

        By nearest sites, which is exact without capacities; with them also as if the closed site took over
        all that the open one serves.
        """
        pairs = self.pairs
        gains = swap_gains(pairs.start, pairs.row, pairs.cost, pairs.fallback, chosen)
        return [self._cluster_swaps(chosen, served), -gains] if self.limited else [-gains]

    def _cluster_swaps(self, chosen: Ints, served: Served) -> Floats:
        place = place_of(chosen, self.pairs.sites)[served.site]
        number = np.bincount(place[place >= 0], minlength=len(chosen)).astype(np.int64)
        total = np.empty((self.pairs.sites, len(chosen)))
        cluster_costs(self.pairs.start, self.pairs.row, self.pairs.cost, place, number, total)
        own = total[chosen, np.arange(len(chosen))].copy()
        load = np.bincount(place[place >= 0], self.size[place >= 0], minlength=len(chosen))
        total[self.capacity[:, None] < load * (1 - TINY)] = np.inf
        return np.asarray(total - own)


def place_of(chosen: Ints, sites: int) -> Ints:
    """(sites + 1,) place of each site among the chosen, -1 for others and for site -1."""
    place = np.full(sites + 1, -1, np.int64)
    place[chosen] = np.arange(len(chosen))
    return place


@compiled
def swap_gains(start: Ints, row: Rows, cost: Floats, fallback: Floats, chosen: Ints) -> Floats:
    """(m, q) saving if a site opens in an open one's place (Resende & Werneck 2007)."""
    n = len(fallback)
    first, second, by = np.empty(n), np.empty(n), np.empty(n, np.int64)
    near_two(start, row, cost, fallback, chosen, first, second, by)
    gains = np.zeros((len(start) - 1, len(chosen)))
    for i in range(n):
        if by[i] >= 0:
            gains[:, by[i]] -= second[i] - first[i]
    for site in range(len(start) - 1):
        for k in range(start[site], start[site + 1]):
            i, price = row[k], cost[k]
            if price < first[i]:
                gains[site] += first[i] - price
            if by[i] >= 0 and price < second[i]:
                gains[site, by[i]] += second[i] - max(price, first[i])
    return gains


@compiled
def opened_costs(start: Ints, row: Rows, cost: Floats, fallback: Floats, chosen: Ints) -> Floats:
    """(n, q + 1) cost of each demand at each open site, and of the fallback."""
    full = np.full((len(fallback), len(chosen) + 1), np.inf)
    full[:, len(chosen)] = fallback
    for q in range(len(chosen)):
        for k in range(start[chosen[q]], start[chosen[q] + 1]):
            full[row[k], q] = cost[k]
    return full
