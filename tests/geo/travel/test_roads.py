import itertools
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import networkx as nx
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.travel import RoadNetwork, road_graph
from geo.travel.dijkstra import Access, access, arcs, between, nearest
from geo.travel.snap import Snapper

EPSG = 5254


def town(seed, *, points=40, one_way=0.3):
    """Streets with bends: a random tree and some more, each cut into pieces, some of them one-way."""
    rng = np.random.default_rng(seed)
    places = list(rng.uniform(0, 1000, (points, 2)))
    arcs = []
    for first in range(1, points):
        for second in {int(rng.integers(first)), int(rng.integers(points))} - {first}:
            bends = [len(places) + k for k in range(rng.integers(0, 4))]
            places += [rng.uniform(0, 1000, 2) for _ in bends]
            both = rng.random() > one_way
            for tail, head in itertools.pairwise([first, *bends, second]):
                arcs.append((tail, head, rng.uniform(0, 30)))
                if both:
                    arcs.append((head, tail, rng.uniform(0, 30)))
    tails, heads, seconds = zip(*arcs, strict=True)
    return np.array(places), np.array(tails), np.array(heads), np.array(seconds)


def street(*arcs, points):
    """A graph of few arcs (tail, head, seconds)."""
    tails, heads, seconds = zip(*arcs, strict=True)
    given = np.array(tails), np.array(heads), np.array(seconds, dtype=float)
    return road_graph(np.array(points, dtype=float), *given, epsg=EPSG)


def at_nodes(nodes, n=None):
    nodes = np.asarray(nodes)
    return access(np.arange(len(nodes)), nodes, np.zeros(len(nodes)), n=n or len(nodes))


def by_scipy(graph, sources, limit=np.inf):
    n = len(graph.indptr) - 1
    matrix = csr_array((graph.seconds, graph.nodes, graph.indptr), shape=(n, n))
    found = dijkstra(matrix, indices=sources, limit=limit)
    found[np.isinf(found)] = np.nan
    return found


# -------------------------------------------------------------------- search
@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    few=st.booleans(),
    limit=st.sampled_from([np.inf, 40.0, 90.0]),
    power=st.sampled_from([1.0, 0.1, 8.0]),
)
def test_times_are_those_of_a_heap_from_either_side(seed, few, limit, power):
    _, tails, heads, seconds = town(seed)
    graph = arcs(tails, heads, seconds**power + 1e-6, n=int(max(tails.max(), heads.max())) + 1)
    rng = np.random.default_rng(seed)
    sources, targets = rng.integers(0, 40, (2, 12))
    if few:
        sources, targets = sources, targets[:5]
    made = between(graph, at_nodes(sources), at_nodes(targets), limit_s=limit)
    expected = by_scipy(graph, sources, limit)[:, targets]
    np.testing.assert_allclose(made, expected, rtol=1e-12)


def test_streets_of_no_length_are_no_trouble():
    graph = arcs(np.array([0, 1, 2]), np.array([1, 2, 0]), np.zeros(3), n=3)
    assert between(graph, at_nodes([0]), at_nodes([1, 2])).tolist() == [[0, 0]]


def test_nearest_is_the_least_of_all_and_goes_towards_the_destination():
    points, tails, heads, seconds = town(5)
    graph = arcs(tails, heads, seconds, n=len(points))
    ends = at_nodes([3, 7, 11])
    every = between(graph, at_nodes(np.arange(len(points))), ends)
    np.testing.assert_allclose(nearest(graph, ends), np.fmin.reduce(every, axis=1), rtol=1e-12)


@pytest.mark.parametrize("pool", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_the_bits_do_not_depend_on_who_computes(pool):
    points, tails, heads, seconds = town(1, points=100)
    network = RoadNetwork(road_graph(points, tails, heads, seconds, epsg=EPSG))
    homes, centres = np.random.default_rng(2).uniform(0, 1000, (2, 90, 2))
    alone = network.between(homes, centres).minutes
    with pool(2) as executor:
        spread = RoadNetwork(network.graph, executor=executor).between(homes, centres).minutes
    assert alone.tobytes() == spread.tobytes()


def test_a_point_without_access_is_unreachable_not_near():
    graph = arcs(np.array([0, 1]), np.array([1, 0]), np.ones(2), n=2)
    nowhere = Access(indptr=np.zeros(3, dtype=int), nodes=np.empty(0, dtype=np.int32), seconds=np.empty(0))
    assert np.isnan(between(graph, nowhere, at_nodes([0, 1, 1]))).all()
    assert between(graph, at_nodes([]), at_nodes([1])).shape == (0, 1)


# --------------------------------------------------------------------- graph
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), one_way=st.sampled_from([0.0, 0.4, 1.0]))
def test_joined_chains_give_the_same_minutes(seed, one_way):
    given = town(seed, points=15, one_way=one_way)
    try:
        plain = road_graph(*given, epsg=EPSG, contract=False)
    except ValueError:
        assert one_way  # a town of one-ways only may have no way back
        return
    joined = road_graph(*given, epsg=EPSG)
    homes, centres = np.random.default_rng(seed).uniform(0, 1000, (2, 12, 2))
    ends = plain.points_m[np.random.default_rng(seed).integers(0, len(plain.points_m), 5)]
    homes, centres = np.concatenate([homes, ends]), np.concatenate([centres, ends[::-1]])
    first, second = (RoadNetwork(graph).between(homes, centres).minutes for graph in (plain, joined))
    np.testing.assert_allclose(second, first, rtol=1e-9, atol=1e-9)
    assert len(joined.nodes_m) <= len(plain.nodes_m)


def test_only_junctions_and_dead_ends_stay():
    # 0 - 1 - 2 - 3 two-way with a one-way bow 2 -> 4 -> 5 -> 1
    two_way = [(0, 1, 1), (1, 2, 2), (2, 3, 4)]
    back = [(head, tail, seconds) for tail, head, seconds in two_way]
    points = [(0, 0), (1, 0), (2, 0), (3, 0), (2, 1), (1, 1)]
    graph = street(*two_way, *back, (2, 4, 8), (4, 5, 16), (5, 1, 32), points=points)
    assert graph.nodes_m.tolist() == [[0, 0], [1, 0], [2, 0], [3, 0]]
    assert sorted(graph.seconds.tolist()) == [1, 1, 2, 2, 4, 4, 56]
    assert len(graph.arcs().nodes) == 6  # the bow is longer than the street beside it


def test_a_bend_where_streets_of_both_kinds_meet_stays():
    # 0 -> 1 one-way, 1 - 2 two-way, 2 -> 0 one-way: 1 has a neighbour in that is none out
    graph = street((0, 1, 1), (1, 2, 1), (2, 1, 1), (2, 0, 1), points=[(0, 0), (1, 0), (1, 1)])
    assert len(graph.nodes_m) == 2  # 0 leads on; 1 and 2 do not only lead on


@pytest.mark.parametrize("both", [True, False])
def test_a_ring_without_a_crossing_can_be_travelled(both):
    around = [(0, 1, 60), (1, 2, 60), (2, 3, 60), (3, 0, 60)]
    back = [(head, tail, seconds) for tail, head, seconds in around] if both else []
    graph = street(*around, *back, points=[(0, 0), (100, 0), (100, 100), (0, 100)])
    minutes = (
        RoadNetwork(graph).between(np.array([[50.0, 0]]), np.array([[0.0, 50], [75, 0], [25, 0]])).minutes
    )
    assert minutes[0].tolist() == pytest.approx([1, 0.25, 0.25] if both else [3, 0.25, 3.75])


def test_islands_are_dropped_with_their_share_and_large_ones_kept():
    pairs = [(0, 1), (1, 2), (2, 0), (3, 4)]
    rows = [(tail, head, 1) for pair in pairs for tail, head in (pair, pair[::-1])] + [(2, 5, 1)]
    points = [(0, 0), (1, 0), (0, 1), (50, 0), (51, 0), (0, 2)]
    tails, heads, seconds = (np.array(part) for part in zip(*rows, strict=True))
    given = np.array(points, dtype=float), tails, heads, seconds.astype(float)
    graph = road_graph(*given, epsg=EPSG, island_share=0.5)
    assert len(graph.points_m) == 3
    assert graph.facts["island_points_share"] == pytest.approx(0.5)
    assert len(road_graph(*given, epsg=EPSG, island_share=0.3).points_m) == 5  # 5 cannot be left: no part


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seconds": np.array([1.0, -1.0])}, ">= 0"),
        ({"seconds": np.array([1.0, np.nan])}, "finite"),
        ({"heads": np.array([1, 2])}, "number the 2 points"),
        ({"heads": np.array([1])}, "as long"),
        ({"points_m": np.array([[0.0, np.nan], [1.0, 1.0]])}, "finite metres"),
        ({"heads": np.array([1, 1]), "tails": np.array([0, 0])}, "go and come back"),
    ],
)
def test_impossible_graphs_are_refused(change, said):
    given = {
        "points_m": np.eye(2),
        "tails": np.array([0, 1]),
        "heads": np.array([1, 0]),
        "seconds": np.ones(2),
    }
    with pytest.raises(ValueError, match=said):
        road_graph(*(given | change).values(), epsg=EPSG)


# ---------------------------------------------------------------------- snap
def cross():
    """A two-way street of 1 km in 100 s and a one-way side street to the north and back by another."""
    points = [(0, 0), (500, 0), (1000, 0), (500, 400), (1000, 400)]
    two_way = [(0, 1, 50), (1, 2, 50)]
    back = [(head, tail, seconds) for tail, head, seconds in two_way]
    return street(*two_way, *back, (1, 3, 40), (3, 4, 50), (4, 2, 40), points=points)


def test_a_point_is_put_on_the_street_not_on_a_junction():
    network = RoadNetwork(cross(), access_km_per_hour=3.6)  # a metre a second
    made = network.between(np.array([[100.0, 30]]), np.array([[400.0, -20]]))
    assert made.minutes[0, 0] == pytest.approx((30 + 30 + 20) / 60)
    assert made.method == "roads_driving"


def test_a_one_way_is_followed():
    network = RoadNetwork(cross())
    places = np.array([[500.0, 100], [500.0, 300]])
    minutes = network.between(places, places).minutes
    # the other way round by 3, 4, 2 and 1
    assert minutes[0, 1] == pytest.approx(20 / 60)
    assert minutes[1, 0] == pytest.approx((10 + 50 + 40 + 50 + 10) / 60)


def test_at_a_crossing_every_street_can_be_taken():
    network = RoadNetwork(cross())
    places = np.array([[500.0, 0], [0.0, 0], [1000.0, 0], [500.0, 400]])
    assert network.between(places, places).minutes[0] * 60 == pytest.approx([0, 50, 50, 40])
    bend = network.between(places[3:], places).minutes[0] * 60  # inside the one-way chain
    assert bend == pytest.approx([140, 190, 90, 0])


def test_a_point_too_far_or_unknown_is_unreachable_and_counted():
    network = RoadNetwork(cross(), snap_limit_m=100)
    homes = np.array([[0.0, 99], [0.0, -101], [np.nan, 0]])
    made = network.between(homes, np.array([[1000.0, 0]]))
    assert np.isnan(made.minutes[:, 0]).tolist() == [False, True, True]
    assert (made.settings["origins_too_far"], made.settings["destinations_too_far"]) == (2, 0)
    assert "traffic" in made.left_out


def test_beyond_the_limit_is_unreachable_also_on_one_street():
    network = RoadNetwork(cross(), limit_minutes=0.5)
    homes, centres = np.array([[0.0, 0]]), np.array([[200.0, 0], [490.0, 0]])
    assert np.isnan(network.between(homes, centres).minutes[0]).tolist() == [False, True]


def test_nobody_sets_out_on_a_motorway_but_it_is_driven_along():
    points = [
        (0, 0),
        (1000, 0),
        (2000, 0),
        (0, 300),
        (2000, 300),
    ]  # the motorway, and a slow street beside it
    pairs = [(0, 1), (1, 2), (3, 4), (0, 3), (2, 4)]
    tails, heads = np.array([pair for one in pairs for pair in (one, one[::-1])]).T
    seconds = np.repeat([30.0, 30, 600, 20, 20], 2)
    closed = np.array([[1, 0], [1, 2]])
    graph = road_graph(np.array(points, dtype=float), tails, heads, seconds, epsg=EPSG, closed=closed)
    assert graph.entered.sum() == 3
    made = RoadNetwork(graph, access_km_per_hour=3.6).between(
        np.array([[1000.0, 10]]), np.array([[2000.0, 300]])
    )
    assert made.minutes[0, 0] == pytest.approx((290 + 300) / 60)  # to the street, and half of it
    nowhere = road_graph(
        np.array(points, dtype=float), tails, heads, seconds, epsg=EPSG, closed=np.array(pairs)
    )
    assert np.isnan(RoadNetwork(nowhere).between(np.zeros((1, 2)), np.zeros((1, 2))).minutes).all()
    ends = np.array([[0.0, 300], [2000, 300]])
    assert RoadNetwork(graph).between(ends[:1], ends[1:]).minutes[0, 0] == pytest.approx((20 + 60 + 20) / 60)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_any_two_points_agree_with_networkx_on_streets_cut_there(seed):
    points, tails, heads, seconds = town(seed, points=12, one_way=0.2)
    graph = road_graph(points, tails, heads, seconds, epsg=EPSG, contract=False, island_share=1)
    rng = np.random.default_rng(seed)
    cut = rng.integers(0, len(graph.segments), 2)
    share = rng.uniform(0.1, 0.9, 2)
    start, step = graph.points_m[graph.segments[cut, 0]], np.diff(graph.points_m[graph.segments[cut]], axis=1)
    places = start + share[:, None] * step[:, 0]
    if not np.array_equal(
        Snapper(graph)._tree.query_nearest(shapely.points(places), all_matches=False)[1], cut
    ):
        return  # another street crosses just there
    roads = nx.DiGraph()
    for segment, (low, high) in enumerate(graph.segments):
        stops = sorted((share[k], f"place{k}") for k in (0, 1) if cut[k] == segment)
        for way, along in enumerate(
            ([(0, low), *stops, (1, high)], [(0, high), *[(1 - a, b) for a, b in stops[::-1]], (1, low)])
        ):
            if graph.links[segment, way] >= 0:
                for (one, tail), (two, head) in itertools.pairwise(along):
                    roads.add_edge(tail, head, weight=(two - one) * graph.spent[segment, way])
    expected = nx.dijkstra_path_length(roads, "place0", "place1")
    made = RoadNetwork(graph).between(places[:1], places[1:]).minutes[0, 0] * 60
    assert made == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_points_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"\(n, 2\) metres.*got shape \(2,\)"):
        RoadNetwork(cross()).between(np.zeros(2), np.zeros((1, 2)))


@pytest.mark.parametrize("bad", [{"snap_limit_m": 0}, {"access_km_per_hour": -1}, {"limit_minutes": 0}])
def test_impossible_settings_are_refused(bad):
    with pytest.raises(ValueError, match="must be > 0"):
        RoadNetwork(cross(), **bad)
