"""CPU seconds of travel times on made-up road graphs, beside scipy's search in the same run."""

import statistics
import time
from pathlib import Path

import numpy as np
import pyrosm
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.travel import RoadNetwork, read_roads, road_graph
from geo.travel.dijkstra import access, between, nearest

HELSINKI = Path(pyrosm.__path__[0]) / "data" / "Helsinki.osm.pbf"
REPEATS = 3
HOMES, CENTRES, SITES = 1000, 913, 20
QUARTER_HOUR_S = 900.0
EPSG = 5254


def clock(work, times=REPEATS):
    """Median CPU seconds of a call that has been made before, and its answer."""
    answer, taken = work(), []
    for _ in range(times):
        began = time.process_time()
        answer = work()
        taken.append(time.process_time() - began)
    return statistics.median(taken), answer


def streets(side, seed=0):
    """Points, tails, heads and seconds of a jittered grid with a fast road each tenth row and column."""
    rng = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    x, y = np.meshgrid(np.arange(side), np.arange(side))
    points = np.column_stack([x.ravel(), y.ravel()]) * 100.0 + rng.uniform(-30, 30, (side * side, 2))
    east = np.column_stack([number[:, :-1].ravel(), number[:, 1:].ravel()])
    north = np.column_stack([number[:-1].ravel(), number[1:].ravel()])
    pairs = np.concatenate([east, north])
    fast = np.concatenate([(east[:, 0] // side) % 10 == 0, (north[:, 0] % side) % 10 == 0])
    built = fast | (rng.random(len(fast)) < 0.92)
    pairs, fast = pairs[built], fast[built]
    metres = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
    seconds = np.tile(metres / np.where(fast, 22.0, 8.0), 2)
    return (
        points,
        np.concatenate([pairs[:, 0], pairs[:, 1]]),
        np.concatenate([pairs[:, 1], pairs[:, 0]]),
        seconds,
    )


def matrix(graph):
    """The same graph for scipy."""
    n = len(graph.indptr) - 1
    return csr_array((graph.seconds, graph.nodes, graph.indptr), shape=(n, n))


def places(rng, n, count):
    """Access of some nodes drawn from all."""
    nodes = rng.integers(0, n, count)
    return access(np.arange(count), nodes, np.zeros(count), n=count), nodes


def city_rows(row):
    """Everybody to every centre on 20,000 nodes, from snapping to minutes."""
    given = streets(141)
    network = RoadNetwork(road_graph(*given, epsg=EPSG))
    rng = np.random.default_rng(1)
    homes, centres = (rng.uniform(0, 14_000, (count, 2)) for count in (HOMES, CENTRES))
    took, made = clock(lambda: network.between(homes, centres))
    assert not np.isnan(made.minutes).any(), "a home in the middle of the grid reaches no centre"
    yield row(f"travel, {HOMES:,} x {CENTRES} on 20,000 nodes, points snapped", took, "CPU s", target=2.5)
    graph = network.graph.arcs()
    n = len(graph.indptr) - 1
    (starts, sources), (ends, targets) = places(rng, n, HOMES), places(rng, n, CENTRES)
    took, seconds = clock(lambda: between(graph, starts, ends))
    theirs = matrix(graph).T.tocsr()
    peer, found = clock(lambda: dijkstra(theirs, indices=targets)[:, sources].T, 1)
    off = float(np.abs(seconds - found).max())
    yield row("the search alone, scipy", took, "CPU s", target=peer, peer=peer)
    yield row("largest difference from scipy", off, "s", target=1e-6)


def country_rows(row):
    """A quarter of an hour around 1,000 homes on 200,000 nodes."""
    graph = road_graph(*streets(450), epsg=EPSG, contract=False).arcs()
    n = len(graph.indptr) - 1
    rng = np.random.default_rng(2)
    (starts, sources), (ends, targets) = places(rng, n, HOMES), places(rng, n, HOMES)
    took, seconds = clock(lambda: between(graph, starts, ends, limit_s=QUARTER_HOUR_S))
    theirs = matrix(graph)
    peer, found = clock(lambda: dijkstra(theirs, indices=sources[:50], limit=QUARTER_HOUR_S)[:, targets], 1)
    found[np.isinf(found)] = np.nan
    assert np.array_equal(np.isnan(found), np.isnan(seconds[:50])), "scipy reaches other pairs"
    peer *= HOMES / 50
    name = f"travel, {HOMES:,} x {HOMES:,} on 200,000 nodes, 15 minutes"
    yield row(name, took, "CPU s", target=8.0, peer=peer)
    few = places(rng, n, SITES)[0]
    took, every = clock(lambda: nearest(graph, few))
    peer, found = clock(lambda: dijkstra(theirs.T.tocsr(), indices=few.nodes, min_only=True), 1)
    assert np.allclose(every, found), "scipy finds another nearest"
    yield row(f"nearest of {SITES} for 200,000 nodes", took, "CPU s", peer=peer)


def build_rows(row):
    """A graph of 200,000 nodes, and an extract read from disk."""
    given = streets(450)
    yield row("road graph of 200,000 nodes", clock(lambda: road_graph(*given, epsg=EPSG), 1)[0], "CPU s")
    yield row("Helsinki's centre, read", clock(lambda: read_roads(HELSINKI, epsg=32635))[0], "CPU s")


def travel_rows(row):
    """All lines of the table."""
    for part in (city_rows, country_rows, build_rows):
        yield from part(row)


if __name__ == "__main__":
    from run import row, show  # beside this file

    show(list(travel_rows(row)), "bench-travel")
