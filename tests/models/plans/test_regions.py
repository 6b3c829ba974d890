from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array, csr_array

from models.plans import service_regions


def grid(rows, columns):
    number = np.arange(rows * columns).reshape(rows, columns)
    edges = np.concatenate(
        [
            np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()]),
            np.stack([number[:-1].ravel(), number[1:].ravel()]),
        ],
        axis=1,
    )
    both = np.concatenate([edges, edges[::-1]], axis=1)
    return csr_array(coo_array((np.ones(both.shape[1]), both), shape=(number.size,) * 2))


def walk(graph, region, root):
    """Areas that a walk within a region meets, the plain way."""
    seen, waiting = {root}, [root]
    while waiting:
        area = waiting.pop()
        for other in graph.indices[graph.indptr[area] : graph.indptr[area + 1]].tolist():
            if other not in seen and region[other] == region[root]:
                seen.add(other)
                waiting.append(other)
    return seen


def in_pieces(graph, region, roots, sites):
    return all(
        region[root] == site and len(walk(graph, region, root)) == (region == site).sum()
        for root, site in zip(roots, sites, strict=True)
    )


def town(seed, rows=3, columns=4, sites=3):
    rng = np.random.default_rng(seed)
    n = rows * columns
    where = np.stack(np.unravel_index(np.arange(n), (rows, columns)), axis=1) + rng.normal(0, 0.3, (n, 2))
    roots = rng.permutation(n)[:sites]
    minutes = 10 * np.linalg.norm(where[:, None] - where[roots], axis=2) + rng.uniform(0, 8, (n, sites))
    return minutes, np.round(rng.lognormal(3, 0.6, n)), roots, grid(rows, columns)


def every(graph, minutes, weights, roots):
    """Cost and loads of each division in pieces."""
    n, k = minutes.shape
    for region in product(range(k), repeat=n):
        own = np.array(region)
        if in_pieces(graph, own, roots, range(k)):
            yield weights @ minutes[np.arange(n), own], np.bincount(own, weights, k)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.1, 0.3, 0.6]))
def test_regions_are_the_best_of_all_divisions_in_pieces(seed, slack):
    minutes, weights, roots, graph = town(seed, 3, 4, 2)
    found = service_regions(minutes, weights, [0, 1], graph, roots=roots, slack=slack)
    mean = weights.sum() / 2
    all_of_them = list(every(graph, minutes, weights, roots))
    excesses = [max(np.abs(load - mean).max() - slack * mean, 0.0) for _, load in all_of_them]
    least = min(excesses)
    assert in_pieces(graph, found.region, found.root, found.sites)
    assert found.excess == pytest.approx(least, abs=1e-5)
    assert found.excess_bound <= least + 1e-5
    assert found.balanced == (least == 0)
    best = min(cost for (cost, _), over in zip(all_of_them, excesses, strict=True) if over <= least + 1e-6)
    assert found.objective == pytest.approx(best)
    assert found.bound <= best * (1 + 1e-9)
    assert found.gap == pytest.approx(0.0, abs=1e-6)
    nearest = weights @ minutes.min(axis=1)
    assert found.extra_person_minutes == pytest.approx(best - nearest)


def test_three_centres_with_capacities_keep_them():
    minutes, weights, roots, graph = town(5)
    capacity = np.array([0.5, 0.3, 0.45]) * weights.sum()
    found = service_regions(minutes, weights, [0, 1, 2], graph, roots=roots, capacity=capacity)
    fits = [cost for cost, load in every(graph, minutes, weights, roots) if (load <= capacity).all()]
    assert found.objective == pytest.approx(min(fits))
    assert (found.load <= capacity + 1e-9).all()
    assert found.load.sum() == pytest.approx(weights.sum())
    turned = service_regions(
        minutes, weights, [2, 0, 1], graph, roots=roots[[2, 0, 1]], capacity=capacity[[2, 0, 1]]
    )
    assert turned.region.tolist() == found.region.tolist()
    assert turned.upper.tolist() == capacity.tolist()
    assert found.to_frame()["sites"].tolist() == [0, 1, 2]


def test_wide_limits_give_the_nearest_centre_where_that_is_in_pieces():
    where = np.stack(np.unravel_index(np.arange(100), (10, 10)), axis=1)
    roots = [11, 18, 81, 88]
    minutes = np.linalg.norm(where[:, None] - where[roots] + [0.1, 0.2], axis=2)
    found = service_regions(minutes, np.ones(100), range(4), grid(10, 10), slack=1.0)
    assert found.root.tolist() == roots
    assert found.extra_person_minutes == pytest.approx(0.0, abs=1e-9)
    assert found.region.tolist() == minutes.argmin(axis=1).tolist()


def test_a_town_is_divided_within_its_limits_and_the_gap_is_small():
    rng = np.random.default_rng(2)
    where = np.stack(np.unravel_index(np.arange(225), (15, 15)), axis=1)
    roots = rng.permutation(225)[:5]
    minutes = 3 * np.linalg.norm(where[:, None] - where[roots], axis=2)
    weights = rng.lognormal(3, 1, 225)
    found = service_regions(minutes, weights, range(5), grid(15, 15), roots=roots, time_limit_s=3.0)
    assert found.balanced
    assert np.abs(found.load / found.load.mean() - 1).max() <= 0.1 + 1e-9
    assert in_pieces(grid(15, 15), found.region, found.root, found.sites)
    assert found.gap < 0.02


def test_one_area_too_heavy_is_said_with_the_least_excess():
    minutes, weights, roots, graph = town(1)
    weights = np.ones(12)
    weights[roots[0]] = 100.0
    found = service_regions(minutes, weights, [0, 1, 2], graph, roots=roots)
    assert not found.balanced
    mean = weights.sum() / 3
    assert found.excess >= found.excess_bound
    assert found.excess_bound >= 100 - 1.1 * mean - 1e-3
    assert found.load.max() == pytest.approx(1.1 * mean + found.excess)


def test_unreachable_areas_are_served_all_the_same():
    minutes, weights, roots, graph = town(3)
    minutes[7] = np.nan
    found = service_regions(minutes, weights, [0, 1, 2], graph, roots=roots, slack=0.5)
    assert set(found.region.tolist()) == {0, 1, 2}
    assert in_pieces(graph, found.region, found.root, found.sites)
    alone = service_regions(minutes[:, :1], weights, [0], graph)
    assert (alone.region == 0).all()


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"sites": [0, 0]}, "different"),
        ({"sites": [5]}, "sites"),
        ({"roots": [1, 1]}, "roots"),
        ({"slack": -0.1}, "slack"),
        ({"capacity": -1.0}, "capacity"),
        ({"time_limit_s": 0.0}, "time_limit_s"),
        ({"weights": np.ones(3)}, "one weight"),
    ],
)
def test_bad_input_says_what_was_wrong(how, words):
    minutes, weights, _, graph = town(0)
    given_ = {"sites": [0, 1], "weights": weights} | how
    with pytest.raises(ValueError, match=words):
        service_regions(minutes, given_.pop("weights"), given_.pop("sites"), graph, **given_)


def test_areas_that_no_way_joins_with_a_centre_are_named():
    minutes, weights, roots, graph = town(0)
    cut = graph.tolil()
    far = int(np.setdiff1d(np.arange(12), roots)[0])
    cut[far, :] = 0
    cut[:, far] = 0
    with pytest.raises(ValueError, match=rf"\[{far}\]"):
        service_regions(minutes, weights, [0, 1, 2], csr_array(cut), roots=roots)
