"""What serving each demand from each site costs, site by site, cheaper pairs only."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from models.checks import Floats, Ints
from models.compiled import compiled

Rows = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Sites with the demands that they serve for less than the fallback.

    Attributes
    ----------
    start : (m + 1,) where each site's pairs begin
    row : (pairs,) demand, ascending within a site
    cost : (pairs,) weight x minutes
    fallback : (n,) cost of a demand that no open site serves for less; always at hand
    """

    start: Ints
    row: Rows
    cost: Floats
    fallback: Floats

    @property
    def sites(self) -> int:
        """Number of sites."""
        return len(self.start) - 1

    def below(self, limit: Floats) -> "Pairs":
        """Pairs cheaper than `limit` (n,), which takes the fallback's place."""
        keep = self.cost < limit[self.row]
        count = np.concatenate([[0], np.cumsum(keep)])
        start = count[self.start].astype(np.int64)
        return Pairs(start, self.row[keep], self.cost[keep], limit)

    def only(self, sites: Ints) -> "Pairs":
        """The same for some of the sites, in the order given."""
        parts = [np.arange(self.start[j], self.start[j + 1]) for j in sites.tolist()]
        where = np.concatenate(parts) if parts else np.zeros(0, np.int64)
        start = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
        return Pairs(start, self.row[where], self.cost[where], self.fallback)

    def totals(self, chosen: Ints) -> Floats:
        """(n,) cost of each demand with these sites open."""
        near = self.fallback.copy()
        for site in chosen.tolist():
            part = slice(self.start[site], self.start[site + 1])
            near[self.row[part]] = np.minimum(near[self.row[part]], self.cost[part])
        return near

    def nearest(self, count: int) -> Floats:
        """(n,) cost of the `count`-th cheapest site after the first; the fallback where there are fewer."""
        return nth_cheapest(self.start, self.row, self.cost, self.fallback, count)


def dense_pairs(cost: Floats, fallback: Floats) -> Pairs:
    """Pairs of a full matrix (n, m)."""
    by_site = cost.T
    site, row = np.nonzero(by_site < fallback)
    start = np.searchsorted(site, np.arange(cost.shape[1] + 1)).astype(np.int64)
    return Pairs(start, row.astype(np.int32), by_site[site, row], fallback)


def sparse_pairs(cost: csr_array[np.float64], fallback: Floats) -> Pairs:
    """Pairs of a sparse matrix (n, m) whose stored entries alone are pairs, zeros included."""
    entries = cost.tocoo()
    rows, sites = entries.coords
    cheap = entries.data < fallback[rows]
    order = np.lexsort((rows[cheap], sites[cheap]))
    site = sites[cheap][order]
    start = np.searchsorted(site, np.arange(cost.shape[1] + 1)).astype(np.int64)
    return Pairs(start, rows[cheap][order].astype(np.int32), entries.data[cheap][order], fallback)


@compiled
def nth_cheapest(start: Ints, row: Rows, cost: Floats, fallback: Floats, count: int) -> Floats:
    """(n,) see `Pairs.nearest`: a demand's costs are brought together and partly sorted."""
    n = len(fallback)
    begin = np.zeros(n + 1, np.int64)
    for k in range(len(row)):
        begin[row[k] + 1] += 1
    for i in range(n):
        begin[i + 1] += begin[i]
    place, own = begin.copy(), np.empty(len(row))
    for k in range(len(row)):
        own[place[row[k]]] = cost[k]
        place[row[k]] += 1
    found = fallback.copy()
    for i in range(n):
        if begin[i + 1] - begin[i] > count:
            found[i] = np.sort(own[begin[i] : begin[i + 1]])[count]
    return found
