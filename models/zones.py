"""Contiguous risk zones: spatially constrained Ward clustering, then a minimum population."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from sklearn.cluster import AgglomerativeClustering
from threadpoolctl import threadpool_limits

from models.checks import Floats, Ints, as_floats, check_counts
from models.results import Zones


def risk_zones(
    features: ArrayLike,
    neighbours: csr_array,
    population: ArrayLike,
    *,
    zones: int,
    minimum_population: float = 0.0,
) -> Zones:
    """Join neighbouring areas of similar risk into about `zones` zones.

    Each piece of the map is clustered by itself, with a share of the zones by population (at least one).
    Then the smallest zone below the minimum joins the neighbouring zone that raises Ward's criterion least
    (the lower number on a tie), until none is left. An island too small by itself stays and is reported.

    Parameters
    ----------
    features : (n_areas, k), for example the logit of need; scale them alike beforehand
    neighbours : (n_areas, n_areas) sparse, symmetric, nonzero = neighbours
    population : (n_areas,) persons
    zones : wanted, >= 1; merging may leave fewer, islands may force more
    minimum_population : persons a zone should have

    Returns
    -------
    Zones

    References
    ----------
    Ward (1963), JASA 58, 236-244.
    """
    x, persons = as_floats("features", features, ndim=2), as_floats("population", population)
    check_counts("population", persons)
    if not (len(x) == len(persons) == neighbours.shape[0] == neighbours.shape[1] and np.isfinite(x).all()):
        raise ValueError(
            f"one finite feature row, population and neighbour row an area; got {x.shape}, "
            f"{persons.shape}, {neighbours.shape}"
        )
    if zones < 1:
        raise ValueError(f"zones must be >= 1; got {zones}")
    links = csr_array(neighbours).astype(bool)
    pieces, piece_of = connected_components(links, directed=False)
    piece = piece_of.astype(np.int64)
    with threadpool_limits(limits=1):
        label = _cluster(x, links, piece, _shares(piece, persons, zones))
    label, merges = _merge(x, links, label, persons, minimum_population)
    label = _renumbered(label)
    total = np.bincount(label, persons).astype(np.float64)
    return Zones(
        label=label,
        population=total,
        below_minimum=total < minimum_population,
        merges=merges,
        components=int(pieces),
    )


def _shares(piece: Ints, persons: Floats, zones: int) -> Ints:
    """Zones of each piece: at least one, at most its areas, the rest by population (largest remainder)."""
    size, total = np.bincount(piece), np.bincount(piece, persons)
    wanted = zones * total / max(total.sum(), 1e-300)
    share = np.clip(np.floor(wanted), 1, size).astype(np.int64)
    for one in np.argsort(share - wanted, kind="stable"):
        if share.sum() < zones and share[one] < size[one]:
            share[one] += 1
    counts: Ints = share
    return counts


def _cluster(x: Floats, links: csr_array, piece: Ints, share: Ints) -> Ints:
    label, first = np.zeros(len(x), np.int64), 0
    for number, count in enumerate(share):
        inside = np.flatnonzero(piece == number)
        if len(inside) > 1 and count > 1:
            model = AgglomerativeClustering(int(count), connectivity=links[inside][:, inside], linkage="ward")
            label[inside] = first + model.fit_predict(x[inside])
        else:
            label[inside] = first
        first += int(count)
    return label


def _merge(x: Floats, links: csr_array, label: Ints, persons: Floats, minimum: float) -> tuple[Ints, int]:
    """Join zones below the minimum to a neighbour, smallest first."""
    label, merges, alone = label.copy(), 0, set[int]()
    rows, columns = links.nonzero()
    while True:
        total = np.bincount(label, persons)
        present = np.bincount(label) > 0
        small = [z for z in np.flatnonzero(present & (total < minimum)) if int(z) not in alone]
        if not small:
            return label, merges
        zone = int(min(small, key=lambda z: (total[z], z)))
        touching = np.unique(label[columns[label[rows] == zone]])
        touching = touching[touching != zone]
        if len(touching):
            label[label == zone] = _nearest(x, label, zone, touching)
            merges += 1
        else:
            alone.add(zone)


def _nearest(x: Floats, label: Ints, zone: int, touching: Ints) -> int:
    """Neighbouring zone whose union with `zone` raises the within-zone sum of squares least."""
    own = x[label == zone]

    def rise(other: int) -> float:
        theirs = x[label == other]
        scale = len(own) * len(theirs) / (len(own) + len(theirs))
        return float(scale * ((own.mean(axis=0) - theirs.mean(axis=0)) ** 2).sum())

    return int(min(touching, key=lambda other: (rise(int(other)), other)))


def _renumbered(label: Ints) -> Ints:
    """Numbers in the order in which zones first occur."""
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    place = np.empty(len(first), np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    numbers: Ints = place[inverse]
    return numbers
