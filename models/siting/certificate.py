"""The proof of a plan as a tree that anybody can check: branches on sites, multipliers at the leaves."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from models.checks import Floats, Ints
from models.siting.ascent import CLOSED, FREE, OPEN, States, choose, site_prices
from models.siting.pairs import Pairs

LEAF = -1


@dataclass(frozen=True, slots=True)
class Certificate:
    """A tree of choices: every set of sites belongs to one leaf, whose multipliers bound its cost.

    Attributes
    ----------
    site : (nodes,) column on which the node branches, -1 a leaf; node 0 is the root
    opened, closed : (nodes,) node where that site is open, and where it stays closed; -1 at leaves
    multipliers_row : (nodes,) row of `multipliers` that bounds a leaf; -1 elsewhere
    multipliers : (k, n_demand) one for each demand, in weight x minutes
    """

    site: Ints
    opened: Ints
    closed: Ints
    multipliers_row: Ints
    multipliers: Floats

    @property
    def leaves(self) -> int:
        """Number of leaves."""
        return int((self.site == LEAF).sum())


class Tree:
    """A certificate that grows."""

    def __init__(self) -> None:
        self._site: list[int] = [LEAF]
        self._opened: list[int] = [LEAF]
        self._closed: list[int] = [LEAF]
        self._row: list[int] = [LEAF]
        self._multipliers: list[Floats] = []
        self.least = np.inf  # of the leaves' bounds

    def branch(self, node: int, site: int) -> tuple[int, int]:
        """Give a leaf two children: (open, closed)."""
        self._site[node] = site
        self._opened[node], self._closed[node] = self._leaf(), self._leaf()
        return self._opened[node], self._closed[node]

    def _leaf(self) -> int:
        for column in (self._site, self._opened, self._closed, self._row):
            column.append(LEAF)
        return len(self._site) - 1

    def keep(self, multipliers: Floats) -> int:
        """Keep multipliers for leaves to share; returns their row."""
        self._multipliers.append(multipliers)
        return len(self._multipliers) - 1

    def close(self, node: int, row: int, bound: float) -> None:
        """Bound a leaf by kept multipliers."""
        self._row[node] = row
        self.least = min(self.least, bound)

    def certificate(self, sites: Ints, rows: Ints, n: int) -> Certificate:
        """The tree in the caller's numbering: columns `sites`, rows `rows` of `n` demands."""
        own = np.array(self._site, dtype=np.int64)
        multipliers = np.zeros((len(self._multipliers), n))
        if self._multipliers:
            multipliers[:, rows] = np.stack(self._multipliers)
        return Certificate(
            site=np.where(own >= 0, sites[own] if len(sites) else LEAF, LEAF).astype(np.int64),
            opened=np.array(self._opened, dtype=np.int64),
            closed=np.array(self._closed, dtype=np.int64),
            multipliers_row=np.array(self._row, dtype=np.int64),
            multipliers=multipliers,
        )


def certified_bound(certificate: Certificate, pairs: Pairs, columns: Ints, count: int) -> float:
    """The least bound of all leaves, worked out from nothing but the certificate and the costs.

    A leaf that holds no choice, with too many sites open or too few left, needs no multipliers.

    Parameters
    ----------
    pairs : of the sites that may open, demands in the caller's numbering
    columns : (m,) the caller's number of each of those sites
    count : sites to open among them

    Raises
    ------
    ValueError
        If it is no tree, branches on a site that may not open, or lacks multipliers.
    """
    bounds = dict(_prices(certificate, pairs))
    place = {int(column): position for position, column in enumerate(columns.tolist())}
    least = np.inf
    edges, chosen = np.empty(2), np.empty(count, np.int64)
    for row, state in _leaves(certificate, place, pairs.sites):
        if row not in bounds:
            if (state == OPEN).sum() <= count <= (state != CLOSED).sum():
                raise ValueError("a leaf that holds choices has no multipliers")
            continue
        total, price = bounds[row]
        least = min(least, total + choose(price, state, count, chosen, edges))
    return float(least)


def _prices(certificate: Certificate, pairs: Pairs) -> Iterator[tuple[int, tuple[float, Floats]]]:
    """By row of multipliers: their own part of the bound, and each site's price."""
    free = np.zeros(pairs.sites, dtype=np.int8)
    for row, multipliers in enumerate(certificate.multipliers):
        if multipliers.shape != pairs.fallback.shape or not np.isfinite(multipliers).all():
            raise ValueError("multipliers must be finite, one for each demand")
        price = np.empty(pairs.sites)
        site_prices(pairs.start, pairs.row, pairs.cost, free, np.ascontiguousarray(multipliers), price)
        own = multipliers + np.minimum(pairs.fallback - multipliers, 0.0)
        yield row, (float(own.sum()), price)


def _leaves(certificate: Certificate, place: dict[int, int], sites: int) -> Iterator[tuple[int, States]]:
    """Each leaf's row of multipliers and the state of the sites there; the tree is walked from its root."""
    waiting: list[tuple[int, tuple[tuple[int, int], ...]]] = [(0, ())]
    seen = 0
    while waiting:
        node, way = waiting.pop()
        seen += 1
        if seen > len(certificate.site) or not 0 <= node < len(certificate.site):
            raise ValueError("the certificate is no tree")
        column = int(certificate.site[node])
        if column == LEAF:
            yield int(certificate.multipliers_row[node]), _state(way, sites)
            continue
        if column not in place or any(place[column] == site for site, _ in way):
            raise ValueError(f"the certificate branches on column {column}, which is not free there")
        waiting.append((int(certificate.opened[node]), (*way, (place[column], OPEN))))
        waiting.append((int(certificate.closed[node]), (*way, (place[column], CLOSED))))


def _state(way: tuple[tuple[int, int], ...], sites: int) -> States:
    state = np.full(sites, FREE, dtype=np.int8)
    for site, what in way:
        state[site] = what
    return state
