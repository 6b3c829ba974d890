"""Contiguous zones of areas that are alike, each with a minimum population."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.checks import Floats, Ints, as_floats, check_counts
from models.graph import Neighbours, Pieces, Sparse, as_weights, degree, pieces
from models.replicates import generator
from models.zones.ground import Ground, lay
from models.zones.improve import cut_into, improve, perturbed
from models.zones.results import ContiguousZones
from models.zones.ward import ward

METHODS = ("ward", "skater")
STREAM = 7101  # of a seed: tries from zones joined and cut at random
MOST_TRIED = 30


@dataclass(frozen=True, slots=True)
class Wanted:
    """How to find zones."""

    method: str
    improvement: bool
    tries: int
    seed: int


@dataclass(frozen=True, slots=True)
class Found:
    """Zones in the search's order, the way back to the caller's, and what led to them."""

    label: Ints
    back: Ints
    merges: int
    tried: Ints
    ratio: Floats


def contiguous_zones(
    features: ArrayLike,
    neighbours: Neighbours,
    zones: int | None = None,
    *,
    min_population: float = 0.0,
    population: ArrayLike | None = None,
    seed: int = 0,
    method: str = "ward",
    max_zones: int = MOST_TRIED,
    improvement: bool = True,
    tries: int = 0,
) -> ContiguousZones:
    """Join neighbouring areas that are alike into zones, each in one piece and with enough people.

    Every piece of the map gets at least one zone. A piece with too few people stays a zone and is reported
    in `below_minimum`. Fewer zones than asked for come out where the minimum allows no more.

    Parameters
    ----------
    features : (n_areas, k) or (n_areas,), for example the logit of need; scale columns alike beforehand
    neighbours : (n_areas, n_areas) sparse, nonzero = neighbours; one-sided entries join both
    zones : wanted; None takes the number from 2 (or the pieces of the map) to `max_zones` with the highest
        Calinski-Harabasz ratio, (between / (zones - 1)) / (within / (areas - zones))
    min_population : people that a zone should have
    population : (n_areas,) >= 0; every area counts 1 if None
    seed : of `tries`; without them nothing is random
    method : "ward" joins at the least rise of the within sum of squares; "skater" cuts the shortest
        spanning tree where it falls most
    max_zones : most that are compared where `zones` is None
    improvement : afterwards move areas across borders, cut touching pairs anew and exchange cuts for
        joins while the sum of squares falls
    tries : random joins and cuts improved again, the best is kept

    Raises
    ------
    ValueError
        If lengths differ, a feature is not finite, a population is negative, neighbours have another
        shape, or a choice is unknown.

    References
    ----------
    Ward (1963), JASA 58, 236-244; Assuncao, Neves, Camara & Freitas (2006), IJGIS 20, 797-811 (SKATER);
    Calinski & Harabasz (1974), Communications in Statistics 3, 1-27.

    Examples
    --------
    >>> from scipy.sparse import diags_array
    >>> chain = diags_array([1.0, 1.0], offsets=[-1, 1], shape=(6, 6)).tocsr()
    >>> contiguous_zones([0, 0, 0, 9, 9, 9], chain, 2).label.tolist()
    [0, 0, 0, 1, 1, 1]
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}; got {method!r}")
    if min(max_zones, 1 if zones is None else zones) < 1 or tries < 0:
        raise ValueError(f"zones, max_zones must be >= 1, tries >= 0; got {zones}, {max_zones}, {tries}")
    x = _features(features)
    persons = _persons(population, len(x), min_population)
    graph = _mutual(as_weights(neighbours, n=len(x)))
    order = _own_order(x, persons, graph)
    graph = graph[order][:, order]
    ground, parts = lay(x[order], persons[order], graph, min_population), pieces(graph)
    wanted = Wanted(method, improvement, tries, seed)
    tried, ratio = np.empty(0, np.int64), np.empty(0)
    if zones is None:
        zones, tried, ratio = _best_number(ground, parts, max_zones, wanted)
    label, merges = _zoned(ground, parts, zones, wanted)
    return _result(ground, parts, Found(label, np.argsort(order), merges, tried, ratio), method)


def _mutual(weights: Sparse) -> Sparse:
    """Neighbours of each other where either names the other, as with nearest neighbours."""
    both: Sparse = (weights + weights.T).tocsr()
    both.data[:] = 1.0
    return both


def _own_order(x: Floats, persons: Floats, graph: Sparse) -> Ints:
    """Order of the areas by what they are, so that the caller's order does not show in the zones."""
    order: Ints = np.lexsort((np.arange(len(x)), degree(graph), persons, *x.T[::-1]))
    return order


def _features(features: ArrayLike) -> Floats:
    given = np.asarray(features, dtype=np.float64)
    x = as_floats("features", given[:, None] if given.ndim == 1 else given, ndim=2)
    if not x.size:
        raise ValueError(f"features must have at least one area and one column; got shape {x.shape}")
    bad = ~np.isfinite(x).all(axis=1)
    if bad.any():
        raise ValueError(
            f"features must be finite; {int(bad.sum())} of {len(x)} rows are not (first: row "
            f"{bad.argmax()}): fill them from a model or leave such areas out"
        )
    return x


def _persons(population: ArrayLike | None, n: int, minimum: float) -> Floats:
    persons = np.ones(n) if population is None else as_floats("population", population)
    check_counts("population", persons)
    if len(persons) != n:
        raise ValueError(f"population must have one value an area, {n}; got {len(persons)}")
    if not (np.isfinite(minimum) and minimum >= 0):
        raise ValueError(f"min_population must be finite and >= 0; got {minimum:g}")
    return persons


def _zoned(ground: Ground, parts: Pieces, zones: int, wanted: Wanted) -> tuple[Ints, int]:
    """Zones of one number by the method, then improved; and joins for the minimum."""
    label, merges = _by_ward(ground, zones) if wanted.method == "ward" else _by_tree(ground, parts, zones)
    if wanted.improvement:
        label = improve(ground, label, zones=zones)
    for number in range(wanted.tries):
        draw = generator(wanted.seed, number, stream=STREAM)
        other = improve(ground, perturbed(ground, label, draw), zones=zones)
        if other.max() == label.max() and ground.within(other) < ground.within(label) - ground.least:
            label = other
    return label, merges


def _by_ward(ground: Ground, zones: int) -> tuple[Ints, int]:
    g = ground
    label, merges = ward(g.x, g.indptr, g.indices, g.population, zones, g.minimum)
    return np.unique(label, return_inverse=True)[1].astype(np.int64), int(merges)


def _by_tree(ground: Ground, parts: Pieces, zones: int) -> tuple[Ints, int]:
    label = parts.label.copy()
    cut_into(ground, label, zones)
    return label, 0


def _best_number(ground: Ground, parts: Pieces, most: int, wanted: Wanted) -> tuple[int, Ints, Floats]:
    """Number of zones with the highest ratio before any improvement, the numbers compared, their ratios."""
    n = len(ground.x)
    first = min(max(2, parts.count), n)
    last = max(first, min(most, n - 1))
    plain = Wanted(wanted.method, False, 0, wanted.seed)
    found: dict[int, float] = {}
    for zones in range(first, last + 1):
        label, _ = _zoned(ground, parts, zones, plain)
        found.setdefault(int(label.max()) + 1, _ratio(ground, label))
    tried, ratio = np.array(list(found)), np.array(list(found.values()))
    best = int(tried[np.nanargmax(ratio)]) if np.isfinite(ratio).any() else int(tried[0])
    return best, tried, ratio


def _ratio(ground: Ground, label: Ints) -> float:
    """Calinski-Harabasz ratio; NaN where it is not defined."""
    n, zones = len(label), int(label.max()) + 1
    whole, within = float((ground.x**2).sum()), ground.within(label)
    if zones < 2 or zones >= n or whole <= 0:
        return np.nan
    return (whole - within) / (zones - 1) / max(within / (n - zones), 1e-300)


def _result(
    ground: Ground,
    parts: Pieces,
    found: Found,
    method: str,
) -> ContiguousZones:
    whole, within = float((ground.x**2).sum()), max(ground.within(found.label), 0.0)
    label = _renumbered(found.label[found.back])
    people = np.bincount(label, ground.population[found.back]).astype(np.float64)
    piece = parts.label[found.back]
    return ContiguousZones(
        label=label,
        population=people,
        below_minimum=people < ground.minimum,
        merges=found.merges,
        components=parts.count,
        size=np.bincount(label).astype(np.int64),
        objective=within,
        explained=1 - within / whole if whole > 0 else 0.0,
        piece=_renumbered(piece)[np.unique(label, return_index=True)[1]],
        tried=found.tried,
        criterion=found.ratio,
        method=method,
    )


def _renumbered(label: Ints) -> Ints:
    """Numbers in the order in which zones first occur."""
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    place = np.empty(len(first), np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    numbers: Ints = place[inverse]
    return numbers


def risk_zones(
    features: ArrayLike,
    neighbours: Neighbours,
    population: ArrayLike,
    *,
    zones: int,
    minimum_population: float = 0.0,
) -> ContiguousZones:
    """`contiguous_zones` by Ward's criterion with the population always given.

    Parameters
    ----------
    features : (n_areas, k)
    neighbours : (n_areas, n_areas) sparse, nonzero = neighbours; one-sided entries join both
    population : (n_areas,) persons
    zones : wanted, >= 1
    minimum_population : persons a zone should have

    Raises
    ------
    ValueError
        As `contiguous_zones`.
    """
    return contiguous_zones(
        features, neighbours, zones, population=population, min_population=minimum_population
    )
