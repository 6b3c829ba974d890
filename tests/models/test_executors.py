"""One core, two cores and a cluster of two processes give the same bits: threads and `dask.distributed`."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from functools import partial

import numpy as np
import pytest
from distributed import Client, LocalCluster
from scipy.sparse import coo_array
from scipy.spatial import cKDTree

from models.checking import prior_sensitivity
from models.estimates import replicate_weights, replicated, survey_design
from models.hotspots import getis_ord, local_geary, local_moran, moran
from models.index import sobol_rank_shift
from models.scan import CircularScan, SpaceTimeScan
from models.smoothing import BYM2


def graph(n, *, weighted=False):
    """Places, and each area's nearest with those it is nearest to."""
    rng = np.random.default_rng(0)
    places = rng.random((n, 2))
    distance, order = cKDTree(places).query(places, 6)
    rows = np.repeat(np.arange(n), 5)
    near = coo_array((np.exp(-distance[:, 1:].ravel()), (rows, order[:, 1:].ravel())), shape=(n, n)).tocsr()
    both = near.maximum(near.T)
    if not weighted:
        both.data[:] = 1.0
    return places, both


def cases(n, times=1):
    """Cases and expected counts that differ among areas, so that the scan has two nulls."""
    rng = np.random.default_rng(1)
    expected = rng.lognormal(1, 0.5, (n, times))
    return rng.poisson(expected * rng.gamma(5, 0.2, (n, 1))), expected


# Each takes an executor and gives arrays; each has more than one batch to spread.
def circles(executor):
    count, expected = cases(90)
    scan = CircularScan(replicates=199, executor=executor).fit(graph(90)[0], count[:, 0], expected[:, 0])
    return _scanned(scan.clusters_)


def cylinders(executor):
    scan = SpaceTimeScan(replicates=199, executor=executor).fit(graph(60)[0], *cases(60, 4))
    return _scanned(scan.clusters_)


def _scanned(found):
    assert found.overdispersion_sd > 0
    return found.maxima, found.maxima_overdispersed, found.to_frame().to_numpy(), found.label


def whole_map(executor):
    values = np.random.default_rng(2).normal(size=200)
    return astuple(moran(values, graph(200)[1], permutations=199, executor=executor))


def local(statistic, n, permutations, **how):
    """A local statistic with permutations, as a function of the executor."""

    def _of(executor):
        values = np.random.default_rng(3).normal(size=n)
        near = graph(n, weighted=how.get("style") == "raw")[1]
        found = statistic(values, near, permutations=permutations, executor=executor, **how)
        return (found.to_frame().to_numpy(),)

    return _of


def replicates(executor):
    rng = np.random.default_rng(4)
    design = survey_design(rng.uniform(1, 3, 400), unit=np.arange(400) // 4, stratum=np.arange(400) // 40)
    mean = partial(np.average, rng.normal(size=(400, 3)), 0)  # picklable, which a lambda is not
    weights = replicate_weights(design, "bootstrap", replicates=100)
    return replicated(mean, design, weights, executor=executor)


def index(executor):
    rng = np.random.default_rng(5)
    values = rng.lognormal(0, 0.3, (4, 50))
    found = sobol_rank_shift(
        values, np.full(4, 0.25), values.mean(axis=1), samples=128, seed=1, executor=executor
    )
    return found.to_frame().to_numpy(), *astuple(found.indices)


def priors(executor):
    count, expected = cases(60)
    data = (count[:, 0].astype(float), expected[:, 0], graph(60)[1], None)
    shifts = prior_sensitivity(BYM2().fit(*data), data, executor=executor)
    return tuple(np.array(astuple(one)[1:6]) for one in shifts)


WORK = {
    "circular scan": circles,
    "space-time scan": cylinders,
    "Moran": whole_map,
    "local Moran, equal weights": local(local_moran, 50, 140_000),
    "local Moran, unequal weights": local(local_moran, 4500, 19, style="raw"),
    "local Geary": local(local_geary, 50, 140_000),
    "Gi*": local(getis_ord, 50, 140_000),
    "survey replicates": replicates,
    "Sobol indices of ranks": index,
    "priors": priors,
}


class Counting:
    """Does the work itself and knows into how many parts it was cut."""

    def __init__(self):
        self.most = 0

    def map(self, work, items):
        self.most = max(self.most, len(items))
        return [work(item) for item in items]


@pytest.fixture(scope="module")
def alone():
    """Every answer of this process by itself; machine code is on disk afterwards for the others to load."""
    return {name: bits(work(None)) for name, work in WORK.items()}


@pytest.fixture(scope="module")
def dask_client(tmp_path_factory):
    """Two processes that listen on this machine only, without a page to watch them."""
    folder = tmp_path_factory.mktemp("dask")
    here = {"host": "127.0.0.1", "dashboard_address": None, "local_directory": str(folder)}
    workers = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "memory_limit": 0}
    with LocalCluster(**here, **workers) as cluster, Client(cluster) as client:
        yield client


@pytest.fixture(scope="module", params=["one thread", "two threads", "dask"])
def executor(request):
    """Whoever does the work."""
    if request.param == "dask":
        yield request.getfixturevalue("dask_client").get_executor()
    else:
        with ThreadPoolExecutor(1 if request.param == "one thread" else 2) as pool:
            yield pool


def bits(answer):
    """Everything of an answer, comparable: no tolerance."""
    return [np.asarray(part).tolist() if np.ndim(part) else part for part in answer]


@pytest.mark.parametrize("name", WORK)
def test_whoever_does_the_work_the_bits_are_the_same(name, alone, executor):
    np.testing.assert_equal(bits(WORK[name](executor)), alone[name])


@pytest.mark.parametrize("name", WORK)
def test_there_is_something_to_spread(name):
    counting = Counting()
    WORK[name](counting)
    assert counting.most > 1


def test_the_cluster_has_two_processes_of_its_own(dask_client):
    there = set(dask_client.run(os.getpid).values())
    assert len(there) == 2
    assert os.getpid() not in there
