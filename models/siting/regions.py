"""Regions of sites, each within or apart from every other, with how many of their sites are open."""

from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import linkage
from scipy.spatial.distance import pdist

from models.checks import Bools, Floats, Ints
from models.compiled import compiled
from models.siting.pairs import Pairs

MOST_WORK = 1_000_000_000  # sites^2 x demands up to which sites are compared


@dataclass(frozen=True, slots=True)
class Regions:
    """Regions, each before those that it lies within.

    Attributes
    ----------
    member : (regions, m)
    fewest, most : (regions,) open sites in each
    """

    member: Bools
    fewest: Ints
    most: Ints

    @classmethod
    def none(cls, sites: int) -> "Regions":
        """No region yet."""
        return cls(np.zeros((0, sites), np.bool_), np.zeros(0, np.int64), np.zeros(0, np.int64))

    def only(self, sites: Ints) -> "Regions":
        """The same where all other sites stay closed."""
        return Regions(self.member[:, sites], self.fewest, self.most)

    def plus(self, member: Bools, fewest: int, most: int) -> "Regions":
        """One more; it may not cut another in two."""
        around = np.asarray(~(member & ~self.member).any(axis=1), np.bool_)
        place = int(around.argmax()) if around.any() else len(around)
        return Regions(
            np.insert(self.member, place, member, axis=0),
            np.insert(self.fewest, place, fewest),
            np.insert(self.most, place, most),
        )

    def cheapest(self, price: Floats, needed: Bools, count: int) -> Bools | None:
        """(m,) the cheapest `count` sites that keep to the regions; None if no set does."""
        chosen = np.zeros(len(price), np.bool_)
        order = np.argsort(price, kind="stable")
        return chosen if choose(order, self.member, self.fewest, self.most, needed, count, chosen) else None

    def rises(self, price: Floats, needed: Bools, count: int) -> tuple[Floats, Floats]:
        """(m,) how much dearer the cheapest set is that has a site, and that has it not."""
        opening, closing = np.zeros(len(price)), np.zeros(len(price))
        order = np.argsort(price, kind="stable")
        every_rise(price, order, self.member, self.fewest, self.most, needed, count, opening, closing)
        return opening, closing


@compiled
def choose(
    order: Ints, member: Bools, fewest: Ints, most: Ints, needed: Bools, count: int, chosen: Bools
) -> bool:
    """Fill in the cheapest set, inner regions first, which is exact; False if there is none."""
    m = len(order)
    chosen[:] = needed
    free = ~needed
    for r in range(len(fewest) + 1):
        whole = r == len(fewest)
        low, high = (count, count) if whole else (fewest[r], most[r])
        taken = 0
        for j in range(m):
            taken += chosen[j] and (whole or member[r, j])
        if taken > high:
            return False
        left = high - taken
        for j in order:
            if free[j] and (whole or member[r, j]):
                if taken < low:
                    chosen[j], free[j] = True, False
                    taken += 1
                    left -= 1
                elif left > 0:
                    left -= 1
                else:
                    free[j] = False
        if taken < low:
            return False
    return True


@compiled
def every_rise(
    price: Floats,
    order: Ints,
    member: Bools,
    fewest: Ints,
    most: Ints,
    needed: Bools,
    count: int,
    opening: Floats,
    closing: Floats,
) -> None:
    """See `Regions.rises`; a site stays closed if it is far too dear, and opens if it is needed."""
    m = len(price)
    best, other, bound = np.zeros(m, np.bool_), np.zeros(m, np.bool_), needed.copy()
    if not choose(order, member, fewest, most, needed, count, best):
        return
    least = price[best].sum()
    last = np.empty(m, np.int64)
    for j in range(m):
        if best[j] and needed[j]:
            closing[j] = np.inf
        elif best[j]:
            last[m - 1] = j  # last in order: taken only where nothing else is left
            at = 0
            for k in order:
                if k != j:
                    last[at] = k
                    at += 1
            feasible = choose(last, member, fewest, most, needed, count, other)
            closing[j] = price[other].sum() - least if feasible and not other[j] else np.inf
        else:
            bound[j] = True
            feasible = choose(order, member, fewest, most, bound, count, other)
            opening[j] = price[other].sum() - least if feasible else np.inf
            bound[j] = False


def nested_regions(pairs: Pairs) -> Bools:
    """(regions, m) sites that serve alike, in groups of groups, single sites first; none of too many.

    References
    ----------
    Sokal & Michener (1958), University of Kansas Science Bulletin 38, 1409-1438 (average linkage).
    """
    m, n = pairs.sites, len(pairs.fallback)
    if m < 2 or m * m * n > MOST_WORK:
        return np.zeros((0, m), np.bool_)
    most = np.where(np.isfinite(pairs.fallback), pairs.fallback, 0.0)
    np.maximum.at(most, pairs.row, pairs.cost)
    cost = np.tile(most, (m, 1))
    cost[np.repeat(np.arange(m), np.diff(pairs.start)), pairs.row] = pairs.cost
    member = np.zeros((2 * m - 1, m), np.bool_)
    member[:m] = np.eye(m, dtype=np.bool_)
    for number, (one, other, *_) in enumerate(linkage(pdist(cost, "cityblock"), "average")):
        member[m + number] = member[int(one)] | member[int(other)]
    return member[:-1]
