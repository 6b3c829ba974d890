"""Seconds of siting beside its peers: OR-Library, a city of 913 neighbourhoods, 50,000 blocks, joint draws.

Wall time, medians of three, warm, from minutes to the proven plan. Peers run once, as they take long; where a
peer finds nothing in its time its row says the time.
"""

import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import shortest_path
from scipy.spatial import cKDTree

from app.demo import city
from models.plans import robust_plan
from models.siting import Rules, p_median, verify

PLACES = Path(__file__).parents[1] / "data" / "location"
REPEATS, PEER_SECONDS = 3, 60
DETOUR, KM_PER_HOUR = 1.3, 40
KIB_PER_MIB = 1 << 10


def median_of(work, times=REPEATS):
    """Median wall seconds of a call that has been made before, and its answer."""
    answer, taken = work(), []
    for _ in range(times):
        began = time.perf_counter()
        answer = work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken), answer


def siting_rows(row, peer):
    """All rows; `peer` asks a script of `peers`."""
    yield from library(row, peer)
    yield from neighbourhoods(row, peer)
    yield from candidates(row)
    yield from blocks(row)
    yield from draws(row)
    yield from rooms(row, peer)
    yield from ruled(row)


# -------------------------------------------------------------------- data
def network(name):
    """Shortest distances of an OR-Library instance; a repeated edge takes its last cost."""
    lines = (PLACES / f"{name}.txt").read_text().splitlines()
    first, *edges = [[*map(int, line.split())] for line in lines if line.strip()]
    length = np.full((first[0], first[0]), np.inf)
    for one, other, cost in edges:
        length[one - 1, other - 1] = length[other - 1, one - 1] = cost
    return shortest_path(length, directed=False), first[2]


def antalya(sites=None):
    """Minutes between neighbourhoods of the demonstration, and their people; `sites` are candidates."""
    place = city.load()
    chosen = np.arange(place.size)
    if sites:
        chosen = np.sort(np.random.default_rng(0).choice(place.size, sites, replace=False))
    away = place.x_km[:, None] - place.x_km[chosen]
    return np.linalg.norm(away, axis=2) * DETOUR / KM_PER_HOUR * 60, place.population


def clustered(demands, sites, clusters, *, width=8, seed=0):
    """Demands and sites around the same towns, `width` wide, and people of very different numbers."""
    rng = np.random.default_rng(seed)
    town = rng.random((clusters, 2)) * 100
    homes, places = (
        town[rng.integers(0, clusters, n)] + rng.normal(0, width, (n, 2)) for n in (demands, sites)
    )
    return homes, places, rng.lognormal(6, 1.3, demands)


def blocks_with_room(n, p, load, seed=0):
    """Minutes between blocks, their people, and a capacity of each site, filled to `load` by `p` of them."""
    rng = np.random.default_rng(seed)
    place = rng.integers(1, 101, (n, 2))
    minutes = np.floor(np.linalg.norm(place[:, None] - place, axis=2))
    people = rng.integers(1, 21, n).astype(float)
    return minutes, people, np.full(n, np.ceil(people.sum() / (p * load)))


# -------------------------------------------------------------------- rows
def library(row, peer):
    """Twenty instances together, and one of them beside the peers."""
    named = [network(f"pmed{number}") for number in range(1, 21)]

    def solve():
        return [p_median(distance, np.ones(len(distance)), p) for distance, p in named]

    seconds, plans = median_of(solve)
    yield row("p-median, OR-Library 1-20 together", seconds, "s", target=15)
    yield row("p-median, OR-Library 1-20: not proven", sum(not plan.proven for plan in plans), "", target=0)
    checked = [verify(plan, d, np.ones(len(d))) for plan, (d, _) in zip(plans, named, strict=True)]
    yield row("p-median, OR-Library 1-20: proofs refused", checked.count(False), "", target=0)
    distance, p = named[14]
    seconds, plan = median_of(lambda: p_median(distance, np.ones(len(distance)), p))
    named_so = "p-median, 300 x 300, p = 100"
    yield from beside(row, peer, named_so, (distance, p), (seconds, plan), ("cbc", "highs", "pbp"))


def beside(row, peer, name, asked, answered, tools):
    """A row for each peer, whose time is the limit; and what its plan costs over ours."""
    (cost, p), (seconds, plan) = asked, answered
    for tool in tools:
        other = peer("median", tool, p, PEER_SECONDS, cost=cost.T)
        found = other["cost"]
        said = f"{name}, {'spopt with ' * (tool != 'pbp')}{tool}" + (": nothing" if found is None else "")
        yield row(said, seconds, "s", peer=other["seconds"], target=other["seconds"])
        if found is not None:
            yield row(f"{said}: its cost over ours", found / plan.objective, "")


def neighbourhoods(row, peer):
    """Every neighbourhood of the demonstration may hold a centre."""
    minutes, people = antalya()
    for p in (5, 10, 20):
        seconds, plan = median_of(lambda p=p: p_median(minutes, people, p))
        yield row(f"p-median, 913 x 913, p = {p}", seconds, "s", target=3)
        yield row(f"p-median, 913 x 913, p = {p}: gap", plan.gap, "", target=0)
    cost = minutes * people[:, None]
    named_so = "p-median, 913 x 913, p = 20"
    yield from beside(row, peer, named_so, (cost, 20), (seconds, plan), ("pbp", "highs"))


def candidates(row):
    """Five thousand blocks, five hundred candidates."""
    homes, places, people = clustered(5000, 500, 12)
    minutes = np.linalg.norm(homes[:, None] - places, axis=2) * DETOUR
    seconds, plan = median_of(lambda: p_median(minutes, people, 20, time_limit_s=15), times=1)
    yield row("p-median, 5,000 x 500, p = 20", seconds, "s", target=15)
    yield row("p-median, 5,000 x 500, p = 20: gap", plan.gap, "", target=1e-4)


def blocks(row):
    """Fifty thousand blocks with their 64 nearest of a thousand candidates, in a process of its own.

    Towns that run into each other leave a thousand sites almost as good as one another: shown, not asked for.
    """
    answer = apart(60, 2)
    yield row("p-median, 50,000 x 1,000, p = 100", answer["seconds"], "s", target=40)
    yield row("p-median, 50,000 x 1,000, p = 100: gap", answer["gap"], "", target=0.002)
    yield row("p-median, 50,000 x 1,000, p = 100: peak memory", answer["mib"], "MiB", target=1024)
    yield row("p-median, 50,000 x 1,000, p = 100, one sprawl: gap", apart(40, 8)["gap"], "")


def apart(towns, width):
    """What `fifty_thousand` says, from a process of its own."""
    command = [sys.executable, __file__, str(towns), str(width)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def fifty_thousand(towns, width):
    """See `blocks`."""
    homes, places, people = clustered(50_000, 1000, towns, width=width)
    distance, order = cKDTree(places).query(homes, 65)
    stored = (distance[:, :64].ravel(), order[:, :64].ravel(), np.arange(0, 64 * 50_000 + 1, 64))
    near = csr_array(stored, shape=(50_000, 1000))
    p_median(near[:500], people[:500], 100, beyond=distance[:500, 64], time_limit_s=1)  # compiled
    began = time.perf_counter()
    plan = p_median(near, people, 100, beyond=distance[:, 64], time_limit_s=38)
    seconds = time.perf_counter() - began
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(json.dumps({"seconds": seconds, "gap": plan.gap, "mib": kib / KIB_PER_MIB}))


def draws(row):
    """Two hundred joint draws of need, each with a plan and a bound."""
    minutes, people = antalya(120)
    rng = np.random.default_rng(1)
    district = city.load().district_index
    need = people * np.exp(rng.normal(0, 0.5, (200, district.max() + 1)))[:, district]
    seconds, found = median_of(lambda: robust_plan(minutes, need, 5))
    yield row("200 joint draws, 913 x 120, p = 5", seconds, "s", target=8)
    gap = (1 - found.optimum_bound / found.optimum).max()
    yield row("200 joint draws: largest gap of a draw", float(gap), "", target=1e-6)


def rooms(row, peer):
    """Capacities, each block whole in one site; spopt has the same problem."""
    for load in (0.82, 0.88, 0.92, 0.955):
        minutes, people, capacity = blocks_with_room(100, 10, load)
        seconds, plan = median_of(lambda m=minutes, w=people, c=capacity: p_median(m, w, 10, capacity=c))
        named_so = f"capacitated p-median, 100 x 100, p = 10, {load:.1%} full"
        yield row(named_so, seconds, "s", target=60)
        yield row(f"{named_so}: gap", plan.gap, "", target=0)
    asked = {"minutes": minutes, "weights": people, "capacity": capacity}
    other = peer("capacitated", "highs", 10, PEER_SECONDS, **asked)
    said = f"{named_so}, spopt with highs" + (": nothing" if other["cost"] is None else "")
    yield row(said, seconds, "s", peer=other["seconds"], target=other["seconds"])
    if other["cost"] is not None:
        yield row(f"{said}: its cost over ours", other["cost"] / plan.objective, "")


def ruled(row):
    """Every neighbourhood may hold a centre; three thirds of the province ask for six each."""
    minutes, people = antalya()
    thirds = np.array_split(np.argsort(city.load().x_km[:, 0], kind="stable"), 3)
    groups = {name: third.tolist() for name, third in zip(("west", "middle", "east"), thirds, strict=True)}
    rules = Rules(groups=groups, at_least=dict.fromkeys(groups, 6))
    seconds, plan = median_of(lambda: p_median(minutes, people, 20, rules=rules), times=1)
    yield row("p-median, 913 x 913, p = 20, by groups", seconds, "s", target=10)
    yield row("p-median, 913 x 913, p = 20, by groups: gap", plan.gap, "", target=0)


if __name__ == "__main__":
    fifty_thousand(int(sys.argv[1]), float(sys.argv[2]))
