import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from models.zones import contiguous_zones, risk_zones

METHODS = ["ward", "skater"]


def lattice(rows, columns):
    n = rows * columns
    index = np.arange(n).reshape(rows, columns)
    pairs = [(index[:, :-1].ravel(), index[:, 1:].ravel()), (index[:-1].ravel(), index[1:].ravel())]
    a, b = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return coo_array((np.ones(2 * len(a)), (np.append(a, b), np.append(b, a))), shape=(n, n)).tocsr()


def rolling(side, *, seed=0):
    """Two features that roll over a square, with noise."""
    rng, (row, column) = np.random.default_rng(seed), np.divmod(np.arange(side * side), side)
    waves = np.stack([np.sin(6 * row / side), np.cos(5 * column / side)], axis=1)
    return waves + rng.normal(0, 0.3, waves.shape), lattice(side, side)


def within(features, label):
    parts = (features[label == zone] for zone in np.unique(label))
    return sum(((part - part.mean(axis=0)) ** 2).sum() for part in parts)


def assert_whole(label, links):
    for zone in np.unique(label):
        inside = np.flatnonzero(label == zone)
        assert connected_components(links[inside][:, inside], directed=False)[0] == 1


def test_two_plateaus_become_two_zones():
    risk = np.repeat([[0.0], [5.0]], 12, axis=0)
    zones = risk_zones(risk, lattice(6, 4), np.ones(24), zones=2)
    assert zones.label.tolist() == [0] * 12 + [1] * 12
    assert zones.population.tolist() == [12, 12]
    assert (zones.objective, zones.explained) == (0, 1)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("improvement", [True, False])
@pytest.mark.parametrize("seed", range(4))
def test_every_zone_is_contiguous_and_large_enough(method, improvement, seed):
    rng = np.random.default_rng(seed)
    links, population = lattice(20, 20), rng.lognormal(5, 1, 400)
    zones = contiguous_zones(
        rng.normal(size=(400, 2)),
        links,
        30,
        min_population=1500,
        population=population,
        method=method,
        improvement=improvement,
    )
    assert_whole(zones.label, links)
    assert (zones.population >= 1500).all()
    assert zones.population.sum() == pytest.approx(population.sum())
    assert zones.size.sum() == 400
    assert 5 <= zones.count <= 30


@pytest.mark.parametrize("method", METHODS)
def test_the_objective_is_the_sum_of_squares_within_zones(method):
    features, links = rolling(20)
    zones = contiguous_zones(features, links, 12, min_population=5, method=method)
    assert zones.objective == pytest.approx(within(features, zones.label))
    total = ((features - features.mean(axis=0)) ** 2).sum()
    assert zones.explained == pytest.approx(1 - zones.objective / total)
    assert zones.count == 12
    assert zones.size.min() >= 5


@pytest.mark.parametrize("method", METHODS)
def test_improvement_improves_and_further_tries_never_harm(method):
    features, links = rolling(24)
    plain, better, best = (
        contiguous_zones(features, links, 15, min_population=6, method=method, **more)
        for more in ({"improvement": False}, {}, {"tries": 8})
    )
    assert better.objective < 0.97 * plain.objective
    assert best.objective <= better.objective
    assert_whole(best.label, links)


def test_joining_is_no_worse_than_cutting_trees():
    features, links = rolling(30)
    ward, tree = (
        contiguous_zones(features, links, 20, min_population=5, method=method, improvement=False)
        for method in METHODS
    )
    assert ward.objective < tree.objective


def test_without_a_minimum_the_first_joins_are_those_of_ward():
    from sklearn.cluster import AgglomerativeClustering

    features, links = rolling(12)
    theirs = AgglomerativeClustering(9, connectivity=links, linkage="ward").fit_predict(features)
    ours = contiguous_zones(features, links, 9, improvement=False)
    assert ours.objective == pytest.approx(within(features, theirs))


def test_one_cut_of_a_tree_is_the_best_of_all():
    features, links = rolling(6)
    ours = contiguous_zones(features, links, 2, method="skater", improvement=False)
    best = min(within(features, label) for label in tree_cuts(features, links))
    assert ours.objective == pytest.approx(best)


def tree_cuts(features, links):
    """Labels of each cut of the shortest spanning tree, the slow and obvious way."""
    from scipy.sparse.csgraph import minimum_spanning_tree

    entries = links.tocoo()
    length = ((features[entries.coords[0]] - features[entries.coords[1]]) ** 2).sum(axis=1)
    tree = minimum_spanning_tree(csr_array((length, entries.coords), shape=links.shape)).tocoo()
    for cut in range(tree.nnz):
        data = np.delete(tree.data, cut), tuple(np.delete(side, cut) for side in tree.coords)
        yield connected_components(csr_array(data, shape=links.shape), directed=False)[1]


@pytest.mark.parametrize("method", METHODS)
def test_areas_in_another_order_give_the_same_zones(method):
    features, links = rolling(15)
    population = np.random.default_rng(1).lognormal(3, 1, 225)
    order = np.random.default_rng(2).permutation(225)
    one = {"zones": 9, "min_population": 150, "method": method, "tries": 2}
    first = contiguous_zones(features, links, population=population, **one)
    second = contiguous_zones(features[order], links[order][:, order], population=population[order], **one)
    assert len(np.unique(np.stack([first.label[order], second.label]), axis=1).T) == first.count


def test_an_island_added_changes_nobody_else():
    features, links = rolling(12)
    sea = csr_array((links.data, links.indices, np.append(links.indptr, links.indptr[-1])), shape=(145, 145))
    before = contiguous_zones(features, links, 7, min_population=4)
    after = contiguous_zones(np.vstack([features, [[9.0, 9.0]]]), sea, 8, min_population=4)
    assert after.label[:-1].tolist() == before.label.tolist()
    assert after.below_minimum.tolist() == [False] * 7 + [True]
    assert after.piece.tolist() == [0] * 7 + [1]
    assert (before.components, after.components) == (1, 2)


@pytest.mark.parametrize("method", METHODS)
def test_every_piece_of_the_map_gets_a_zone(method):
    part = lattice(3, 3)
    links = coo_array((36, 36)).tocsr()
    for block in range(4):
        entries = part.tocoo()
        places = tuple(side + 9 * block for side in entries.coords)
        links = links + coo_array((entries.data, places), shape=(36, 36)).tocsr()
    zones = contiguous_zones(np.arange(36.0), links, 1, method=method)
    assert zones.label.tolist() == np.repeat(range(4), 9).tolist()
    assert zones.components == 4


def test_an_island_too_small_by_itself_stays_and_is_said():
    links = coo_array(([1.0, 1.0], ([0, 1], [1, 0])), shape=(3, 3)).tocsr()
    zones = risk_zones(np.zeros((3, 1)), links, [500.0, 600.0, 7.0], zones=1, minimum_population=100)
    assert zones.label.tolist() == [0, 0, 1]
    assert zones.below_minimum.tolist() == [False, True]
    assert zones.components == 2
    assert zones.to_frame()["too_small"].tolist() == [False, False, True]


@pytest.mark.parametrize("method", METHODS)
def test_a_map_too_small_for_the_minimum_is_one_zone(method):
    zones = contiguous_zones(np.arange(9.0), lattice(3, 3), 3, min_population=10, method=method)
    assert zones.count == 1
    assert zones.below_minimum.all()


def test_joins_made_for_the_minimum_are_counted():
    features, links = rolling(12)
    assert contiguous_zones(features, links, 8).merges == 0
    assert contiguous_zones(features, links, 8, min_population=10).merges > 0


def test_the_number_of_zones_has_a_stated_criterion():
    features = np.repeat([0.0, 6.0, 1.0, 9.0], 25)[:, None] + np.random.default_rng(0).normal(
        0, 0.3, (100, 1)
    )
    zones = contiguous_zones(features, lattice(20, 5), population=np.ones(100), min_population=5)
    assert zones.count == 4
    assert zones.tried[zones.criterion.argmax()] == 4
    assert zones.tried[0] == 2
    assert contiguous_zones(features, lattice(20, 5), max_zones=3).tried.tolist() == [2, 3]


def test_one_sided_neighbours_join_both():
    links = coo_array((np.ones(3), ([0, 1, 2], [1, 2, 3])), shape=(4, 4)).tocsr()
    assert contiguous_zones([0, 0, 5, 5], links, 2).label.tolist() == [0, 0, 1, 1]


@pytest.mark.parametrize("method", METHODS)
def test_alike_areas_are_cut_into_as_many_zones_as_asked(method):
    zones = contiguous_zones(np.ones(16), lattice(4, 4), 4, min_population=2, method=method)
    assert (zones.count, zones.objective, zones.explained) == (4, 0, 0)
    assert_whole(zones.label, lattice(4, 4))
    assert contiguous_zones(np.ones(16), lattice(4, 4), method=method).count == 2


def test_as_many_zones_as_areas_is_legal():
    assert len(risk_zones(np.arange(4.0)[:, None], lattice(2, 2), np.ones(4), zones=9).population) == 4


def test_one_area_is_one_zone():
    for zones in (1, 5, None):
        assert contiguous_zones([3.0], csr_array((1, 1)), zones).label.tolist() == [0]


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"features": [[np.nan], [0.0]]}, "finite"),
        ({"features": np.empty((0, 1))}, "at least one area"),
        ({"features": [1.0, 2, 3]}, "shape"),
        ({"zones": 0}, "zones"),
        ({"population": [1.0, -1]}, "population must be >= 0"),
        ({"population": [1.0]}, "one value an area"),
        ({"min_population": np.nan}, "min_population"),
        ({"method": "magic"}, "method"),
        ({"tries": -1}, "tries"),
        ({"max_zones": 0}, "max_zones"),
    ],
)
def test_what_makes_no_zones_is_refused(wrong, why):
    given = {"features": [0.0, 1.0], "neighbours": lattice(1, 2), "zones": 1} | wrong
    with pytest.raises(ValueError, match=why):
        contiguous_zones(**given)


@pytest.mark.slow
def test_large_maps_take_seconds():
    from time import process_time

    features, links = rolling(100)
    contiguous_zones(features[:400], lattice(20, 20), 5, min_population=5)
    begun = process_time()
    zones = contiguous_zones(features, links, 100, min_population=20)
    assert process_time() - begun < 10
    assert zones.count == 100
