"""CPU seconds of the models beside their peers', on maps of 281 to 50,000 areas.

Medians of five, warm, everything from the caller's arrays to the result included; compilation has rows of its
own. A row's target is an upper limit: of "25 times as fast" it is the peer's seconds over 25.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from scipy.sparse import coo_array
from scipy.spatial import Delaunay, cKDTree

from models.hotspots import getis_ord, local_moran
from models.scan import CircularScan
from models.smoothing import BYM2
from models.smoothing.field import scaled_field
from models.zones import contiguous_zones

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PEERS = ROOT / ".venv-peers" / "bin" / "python"
NEW_YORK = ROOT / "tests" / "data" / "statistics" / "ny_leukemia.csv"
REPEATS, MAPS = 5, 999
ZONES, FLOOR = 20, 5
CHAINS, LEAST_SIZE = 4, 400
KIB_PER_MIB = 1 << 10


def clock(work, times=REPEATS):
    """Median CPU seconds of a call that has been made before, and its answer."""
    answer, taken = work(), []
    for _ in range(times):
        began = time.process_time()
        answer = work()
        taken.append(time.process_time() - began)
    return statistics.median(taken), answer


# -------------------------------------------------------------------- data
def new_york():
    """Places, cases and population of 281 tracts; the file's fractions of a case are cut off."""
    table = np.genfromtxt(NEW_YORK, delimiter=",", names=True)
    places = np.column_stack([table["longitude"], table["latitude"]])
    return places, np.floor(table["cases"]), table["population"]


def country(n, cases_per_area=4, seed=0):
    """Places, cases and expected counts of n areas that differ a little among themselves."""
    rng = np.random.default_rng(seed)
    places, expected = rng.random((n, 2)), rng.lognormal(0, 0.5, n)
    share = expected * np.exp(rng.normal(0, 0.3, n))
    return places, rng.multinomial(cases_per_area * n, share / share.sum()), expected


def mosaic(n, seed=0):
    """Places and the graph of areas that touch."""
    places = np.random.default_rng(seed).random((n, 2))
    corners = Delaunay(places).simplices
    pairs = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    both = np.concatenate([pairs, pairs[:, ::-1]])
    graph = coo_array((np.ones(len(both)), both.T), shape=(n, n)).tocsr()
    graph.data[:] = 1.0
    return places, graph


def nearest(n, count=6):
    """The graph of each area's nearest six."""
    places = np.random.default_rng(0).random((n, 2))
    _, order = cKDTree(places).query(places, count + 1)
    columns = order[:, 1:].ravel()
    return coo_array((np.ones(n * count), (np.repeat(np.arange(n), count), columns)), shape=(n, n)).tocsr()


def ill(places, seed=0):
    """Counts and expected counts under a smooth risk and a risk of each area's own."""
    rng = np.random.default_rng([seed, 1])
    log_risk = 0.4 * np.sin(6 * places[:, 0]) * np.cos(5 * places[:, 1]) + rng.normal(0, 0.3, len(places))
    expected = rng.lognormal(2, 0.8, len(places))
    return rng.poisson(expected * np.exp(log_risk)), expected


def features(places):
    """Two columns that vary smoothly, with noise."""
    x, y = places.T
    smooth = np.stack([np.sin(6 * x) + np.cos(5 * y), 3 * x * y], axis=1)
    return smooth + np.random.default_rng(1).normal(0, 0.5, smooth.shape)


# ------------------------------------------------------------------- peers
def peer(name, *words, **arrays):
    """The answer of a script of `peers` in their own environment, given arrays by file."""
    with tempfile.TemporaryDirectory(prefix="mb") as folder:
        np.savez(Path(folder) / "data.npz", **arrays)
        command = [
            PEERS,
            "-W",
            "ignore",
            HERE / "peers" / f"{name}.py",
            f"{folder}/data.npz",
            *map(str, words),
        ]
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(said)


def apart(part, **environment):
    """The answer of a part of this file in a process of its own."""
    command = [sys.executable, __file__, part]
    answer = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=os.environ | environment)
    return json.loads(answer.stdout)


def plain_scan(places, cases, expected, max_share):
    """Largest log likelihood ratio of a map as a function of its cases, in numpy: all circles at once."""
    total, share = cases.sum(), expected / expected.sum()
    order = np.argsort(((places[:, None] - places) ** 2).sum(axis=2), axis=1, kind="stable")
    within = np.cumsum(share[order], axis=1)
    longest = (within <= max_share).sum(axis=1).max()
    order, inside = order[:, :longest], within[:, :longest] * total
    allowed = inside <= max_share * total

    def largest(counts):
        seen = np.cumsum(counts[order], axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = seen * np.log(seen / inside)
            ratio += np.where(seen < total, (total - seen) * np.log((total - seen) / (total - inside)), 0.0)
        return ratio[allowed & (seen > inside)].max()

    return largest


# -------------------------------------------------------------------- rows
def scan_rows(row):
    """Circles, on the map of New York and on maps of the size of a city and of a country."""
    for name, given, share, limit, maps in (
        ("281 areas", new_york(), 0.5, 0.15, 50),
        ("913 areas", country(913), 0.5, 0.7, 20),
        ("5,000 areas at 10 %", country(5000), 0.1, 12.0, 10),
    ):
        scan = CircularScan(max_share=share, replicates=MAPS, overdispersed=False)
        took, fitted = clock(lambda scan=scan, given=given: scan.fit(*given))
        yield row(f"scan of {name}, {MAPS} maps", took, "CPU s", target=limit)
        scan.set_params(overdispersed=True)  # as it is unless asked otherwise
        both, _ = clock(lambda scan=scan, given=given: scan.fit(*given))
        yield row(f"scan of {name}, {MAPS} maps, overdispersed null too", both, "CPU s", target=limit)
        plain, llr = plain_seconds(given, share, maps)
        assert abs(llr - fitted.clusters_[0].llr) < 1e-6, "the plain scan finds another cluster"
        # on small maps both mostly draw and sort alike, so that the ratio is asked of the large one
        target = plain / 25 if len(given[0]) == 5000 else None
        words = f"scan of {name}, plain numpy ({maps} maps, scaled) / 25"
        yield row(words, took, "CPU s", target=target, peer=plain)


def plain_seconds(given, share, maps):
    """CPU seconds of the plain scan at 999 maps, from those of a few, and the observed ratio."""
    _, cases, expected = given
    setup, largest = clock(lambda: plain_scan(*given, share), 1)
    rng, chance = np.random.default_rng(0), expected / expected.sum()
    each, _ = clock(lambda: largest(rng.multinomial(int(cases.sum()), chance)), maps)
    return setup + each * MAPS, largest(cases)


def hotspot_rows(row):
    """Local statistics beside esda's, both with permutations."""
    for n, statistic, faster in ((50_000, "local Moran", 2.0), (913, "Gi*", 1.0)):
        graph, values = nearest(n), np.random.default_rng(1).normal(size=n)
        work = local_moran if statistic == "local Moran" else getis_ord
        took = clock(lambda g=graph, v=values, work=work: work(v, g, permutations=MAPS))[0]
        other = peer("local", statistic, MAPS, REPEATS, indices=graph.indices.reshape(n, -1), values=values)
        name = f"{statistic} of {n:,} areas, 999 permutations, esda / {faster:g}"
        yield row(name, took, "CPU s", target=other["seconds"] / faster, peer=other["seconds"])
        yield row(f"{statistic}: esda's compilation", other["compile"], "CPU s")


def zone_rows(row):
    """Zones beside spopt's Skater."""
    places, graph = mosaic(913)
    given = features(places)
    took, found = clock(lambda: contiguous_zones(given, graph, ZONES, min_population=FLOOR))
    other = peer("zones", ZONES, FLOOR, features=given, indices=graph.indices, indptr=graph.indptr)
    name = "zones of 913 areas, spopt's Skater"
    yield row(f"{name} / 20", took, "CPU s", target=other["seconds"] / 20, peer=other["seconds"])
    theirs = sum_of_squares(given, np.array(other["label"]))
    mine = sum_of_squares(given, np.asarray(found.label))
    yield row(f"{name}: within sum of squares", mine, "", target=theirs, peer=theirs)


def sum_of_squares(given, label):
    """Within zones."""
    return float(sum(((given[label == one] - given[label == one].mean(0)) ** 2).sum() for one in set(label)))


def smoothing_rows(row):
    """BYM2 at a city's size, and at a country's in a process of its own."""
    places, graph = mosaic(913)
    cases, expected = ill(places)
    took = clock(lambda: BYM2().fit(cases, expected, graph))[0]
    yield row("BYM2 of 913 areas", took, "CPU s", target=0.7)
    country_wide = apart("large")
    yield row("BYM2 of 32,000 areas", country_wide["seconds"], "CPU s", target=60)
    yield row("BYM2 of 32,000 areas, peak memory", country_wide["mib"], "MiB", target=1024)


def compile_rows(row):
    """First calls, with no machine code on disk."""
    with tempfile.TemporaryDirectory(prefix="mb") as folder:
        for name, seconds in apart("compilation", NUMBA_CACHE_DIR=folder).items():
            yield row(f"{name}: compilation, once", seconds, "CPU s")


def nuts_rows(row):
    """BYM2 beside NUTS until its least effective sample size is 400."""
    places, graph = mosaic(913)
    cases, expected = ill(places)
    took, fitted = clock(lambda: BYM2().fit(cases, expected, graph))
    edges = np.stack(coo_array(graph).coords, axis=1)
    edges = edges[edges[:, 0] < edges[:, 1]]
    factor = float(scaled_field(graph, n=913).precision.diagonal()[0] / graph.sum(axis=1)[0])
    given = {"counts": cases, "expected": expected, "edges": edges, "factor": factor}
    nuts = peer("nuts", CHAINS, LEAST_SIZE, **given)
    risk, sd = fitted.result_, np.array(nuts["sd"])
    name, target = f"BYM2 of 913 areas, NUTS ({nuts['draws']} draws) / 100", nuts["seconds"] / 100
    yield row(name, took, "CPU s", target=target, peer=nuts["seconds"])
    yield row("NUTS: compilation", nuts["compile"], "CPU s")
    yield row("NUTS: least effective sample size", min(nuts["sizes"].values()), "")
    distance = np.abs(risk.mean - np.array(nuts["mean"])) / sd
    yield row("BYM2, largest difference of means from NUTS", float(distance.max()), "sd", target=0.1)
    yield row("BYM2, largest relative difference of sd from NUTS", float(np.abs(risk.sd / sd - 1).max()), "")
    above = np.abs(risk.exceedance(1.0) - np.array(nuts["above_one"])).max()
    yield row("BYM2, largest difference of P(risk > 1) from NUTS", float(above), "")


def model_rows(row):
    """All lines of the table."""
    for part in (scan_rows, hotspot_rows, zone_rows, smoothing_rows, nuts_rows, compile_rows):
        yield from part(row)


# --------------------------------------------------- processes of their own
def large():
    """Seconds and peak memory of BYM2 at 32,000 areas, compiled before."""
    places, graph = mosaic(300)
    BYM2().fit(*ill(places), graph)
    places, graph = mosaic(32_000)
    cases, expected = ill(places)
    taken = []
    for _ in range(REPEATS):
        began = time.process_time()
        BYM2().fit(cases, expected, graph)
        taken.append(time.process_time() - began)
    status = Path("/proc/self/status").read_text("ascii")  # getrusage would count the parent's memory too
    peak = int(status.split("VmHWM:")[1].split()[0])
    return {"seconds": statistics.median(taken), "mib": peak / KIB_PER_MIB}


def compilation():
    """What a first call takes more than a second one."""
    places, graph = mosaic(200)
    cases, expected = ill(places)
    values = features(places)
    return {
        name: _first(work)
        for name, work in {
            "scan": lambda: CircularScan(replicates=MAPS).fit(places, cases, expected),
            "local Moran": lambda: local_moran(values[:, 0], graph),
            "Gi*": lambda: getis_ord(values[:, 0], graph, permutations=MAPS),
            "zones": lambda: contiguous_zones(values, graph, ZONES, min_population=FLOOR),
            "BYM2": lambda: BYM2().fit(cases, expected, graph),
        }.items()
    }


def _first(work):
    taken = []
    for _ in range(2):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return max(taken[0] - taken[1], 0.0)


def main():
    """The table of the models alone, or a part that needs a process of its own."""
    if sys.argv[1:]:
        sys.stdout.write(json.dumps({"large": large, "compilation": compilation}[sys.argv[1]]()))
    else:
        from run import row, show  # beside this file

        show(list(model_rows(row)), "bench-models")


if __name__ == "__main__":
    main()
