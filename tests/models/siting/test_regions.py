from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.siting.pairs import dense_pairs
from models.siting.regions import Regions, nested_regions


@st.composite
def nests(draw):
    """Regions of a random tree of groups in a random order, prices with ties, sites needed."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    m = draw(st.integers(2, 8))
    place = rng.random((m, 2))
    away = np.linalg.norm(place[:, None] - place, axis=2)
    groups = nested_regions(dense_pairs(away, np.full(m, np.inf)))
    regions = Regions.none(m)
    for group in rng.permutation(len(groups))[: draw(st.integers(0, 6))].tolist():
        ends = np.sort(rng.integers(0, groups[group].sum() + 1, 2))
        regions = regions.plus(groups[group], int(ends[0]), int(ends[1]))
    price = rng.integers(-9, 9, m).astype(float)
    return regions, price, rng.random(m) < 0.15, draw(st.integers(0, m))


def cheapest(regions, price, needed, count, *, having=None, lacking=None):
    best = np.inf
    for chosen in combinations(range(len(price)), count):
        inside = np.isin(np.arange(len(price)), chosen)
        number = regions.member @ inside.astype(int)
        keeps = inside[needed].all() and (number >= regions.fewest).all() and (number <= regions.most).all()
        if keeps and (having is None or inside[having]) and (lacking is None or not inside[lacking]):
            best = min(best, price[inside].sum())
    return best


@settings(max_examples=200, deadline=None)
@given(nests())
def test_the_cheapest_set_and_its_rises_equal_brute_force(nest):
    regions, price, needed, count = nest
    best = cheapest(*nest)
    found = regions.cheapest(price, needed, count)
    if best == np.inf:
        assert found is None
        return
    assert found.sum() == count
    assert price[found].sum() == best
    opening, closing = regions.rises(price, needed, count)
    for site in range(len(price)):
        assert opening[site] == cheapest(*nest, having=site) - best if not found[site] else opening[site] == 0
        assert closing[site] == cheapest(*nest, lacking=site) - best if found[site] else closing[site] == 0


def test_sites_that_serve_alike_are_grouped_first():
    place = np.array([0.0, 1.0, 10.0, 11.0])
    groups = nested_regions(dense_pairs(np.abs(place[:, None] - place), np.full(4, np.inf)))
    assert groups[:4].tolist() == np.eye(4, dtype=bool).tolist()
    assert sorted(groups[4:].tolist()) == [[False, False, True, True], [True, True, False, False]]


@pytest.mark.parametrize("sites", [0, 1])
def test_one_site_has_no_groups(sites):
    assert len(nested_regions(dense_pairs(np.ones((3, sites)), np.full(3, np.inf)))) == 0
