"""What zones are made of, in the order that the search needs."""

from dataclasses import dataclass

import numpy as np

from models.checks import Bools, Floats, Ints
from models.graph import Sparse

LEAST = 1e-9  # gains below this share of the total sum of squares are not worth a change


@dataclass(frozen=True, slots=True)
class Ground:
    """What zones are made of.

    Attributes
    ----------
    x : (n, k) features around their mean
    population : (n,)
    indptr, indices : neighbours of each area
    first, second : ends of each link, shortest in x first
    rank : number of the link in that order, for each entry of `indices`
    minimum : population of a zone
    """

    x: Floats
    population: Floats
    indptr: Ints
    indices: Ints
    first: Ints
    second: Ints
    rank: Ints
    minimum: float

    @property
    def least(self) -> float:
        """Smallest gain that counts."""
        return LEAST * float((self.x**2).sum())

    def sums(self, label: Ints) -> tuple[Floats, Floats, Floats]:
        """Sums of features, areas and population of each zone."""
        zones = int(label.max()) + 1
        total = np.stack([np.bincount(label, column, zones) for column in self.x.T], axis=1)
        size = np.bincount(label, minlength=zones).astype(np.float64)
        return total.astype(np.float64), size, self.people(label)

    def people(self, label: Ints) -> Floats:
        """Population of each zone."""
        return np.bincount(label, self.population, int(label.max()) + 1).astype(np.float64)

    def within(self, label: Ints) -> float:
        """Sum of squares within zones."""
        total, size, _ = self.sums(label)
        return float((self.x**2).sum() - ((total**2).sum(axis=1) / size).sum())


def lay(x: Floats, population: Floats, graph: Sparse, minimum: float) -> Ground:
    """Put features, population and neighbours in the order that the search needs."""
    centred = np.ascontiguousarray(x - x.mean(axis=0))
    graph = graph.sorted_indices()
    entries = graph.tocoo()
    rows, columns = (np.asarray(part, dtype=np.int64) for part in entries.coords)
    a, b = rows[rows < columns], columns[rows < columns]
    length = ((centred[a] - centred[b]) ** 2).sum(axis=1)
    order = np.lexsort((b, a, length))
    number = np.empty(len(order), np.int64)
    number[order] = np.arange(len(order))
    link = np.searchsorted(a * len(x) + b, np.minimum(rows, columns) * len(x) + np.maximum(rows, columns))
    indptr, indices = graph.indptr.astype(np.int64), graph.indices.astype(np.int64)
    return Ground(centred, population, indptr, indices, a[order], b[order], number[link], minimum)


def touching(ground: Ground, label: Ints) -> tuple[Ints, Ints]:
    """(pairs, 2) zones that touch, and (pairs,) the shortest link between them."""
    zones = int(label.max()) + 1
    a, b = label[ground.first], label[ground.second]
    between = np.flatnonzero(a != b)
    codes = np.minimum(a, b)[between] * zones + np.maximum(a, b)[between]
    pairs, place = np.unique(codes, return_index=True)
    return np.stack([pairs // zones, pairs % zones], axis=1), between[place]


def differ(before: Ints, after: Ints) -> Bools:
    """(zones,) whether a zone lost or won an area."""
    found, moved = np.zeros(int(after.max()) + 1, np.bool_), before != after
    found[before[moved]] = True
    found[after[moved]] = True
    return found
