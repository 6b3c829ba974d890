import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from models.zones import risk_zones


def lattice(rows, columns):
    n = rows * columns
    index = np.arange(n).reshape(rows, columns)
    pairs = [(index[:, :-1].ravel(), index[:, 1:].ravel()), (index[:-1].ravel(), index[1:].ravel())]
    a, b = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return coo_array((np.ones(2 * len(a)), (np.append(a, b), np.append(b, a))), shape=(n, n)).tocsr()


def test_two_plateaus_become_two_zones():
    risk = np.repeat([[0.0], [5.0]], 12, axis=0)
    zones = risk_zones(risk, lattice(6, 4), np.ones(24), zones=2)
    assert zones.label.tolist() == [0] * 12 + [1] * 12
    assert zones.population.tolist() == [12, 12]


def test_every_zone_is_contiguous_and_large_enough():
    rng = np.random.default_rng(0)
    links = lattice(20, 20)
    population = rng.lognormal(5, 1, 400)
    zones = risk_zones(rng.normal(size=(400, 1)), links, population, zones=30, minimum_population=2000)
    for zone in range(len(zones.population)):
        inside = np.flatnonzero(zones.label == zone)
        assert connected_components(links[inside][:, inside], directed=False)[0] == 1
    assert (zones.population >= 2000).all()
    assert zones.population.sum() == pytest.approx(population.sum())
    assert zones.merges > 0


def test_an_island_too_small_by_itself_stays_and_is_said():
    links = coo_array(([1.0, 1.0], ([0, 1], [1, 0])), shape=(3, 3)).tocsr()
    zones = risk_zones(np.zeros((3, 1)), links, [500.0, 600.0, 7.0], zones=1, minimum_population=100)
    assert zones.label.tolist() == [0, 0, 1]
    assert zones.below_minimum.tolist() == [False, True]
    assert zones.components == 2


def test_the_same_map_gives_the_same_zones():
    rng = np.random.default_rng(1)
    risk, links = rng.normal(size=(100, 2)), lattice(10, 10)
    first, second = (risk_zones(risk, links, np.ones(100), zones=7, minimum_population=5) for _ in range(2))
    assert first.label.tolist() == second.label.tolist()


def test_as_many_zones_as_areas_is_legal():
    assert len(risk_zones(np.arange(4.0)[:, None], lattice(2, 2), np.ones(4), zones=9).population) == 4


def test_unknown_risk_is_refused():
    with pytest.raises(ValueError, match="finite"):
        risk_zones([[np.nan], [0.0]], lattice(1, 2), [1.0, 1.0], zones=1)
