import json

import numpy as np
import pytest
from scipy.sparse import csr_array

from app.refresh.checking import CountMap, examine_counts
from models.smoothing.field import scaled_field

SIDE = 10
N = SIDE * SIDE


def lattice():
    graph = np.zeros((N, N))
    for a in range(N):
        if a % SIDE < SIDE - 1:
            graph[a, a + 1] = 1
        if a + SIDE < N:
            graph[a, a + SIDE] = 1
    return csr_array(graph + graph.T)


GRAPH = lattice()


def city(seed=0):
    rng = np.random.default_rng(seed)
    field = scaled_field(GRAPH, n=N).condition(np.full(N, 1e-6)).draw(rng.standard_normal(N))
    people = rng.lognormal(7, 0.6, N)
    count = rng.poisson(people * 0.004 * np.exp(0.4 * field)).astype(float)
    rows, columns = np.divmod(np.arange(N), SIDE)
    edge = (rows % (SIDE - 1) == 0) | (columns % (SIDE - 1) == 0)
    return CountMap(
        key="indicator:basvuru",
        codes=[str(place) for place in range(N)],
        count=count,
        exposure=people,
        neighbours=GRAPH,
        edge=edge,
    )


@pytest.fixture(scope="module")
def found():
    return examine_counts(city())


def test_data_of_the_model_are_good(found):
    assert found["verdict"] == "good"
    assert found["outlying"] == []
    assert {check["name"] for check in found["predictive"]} == {"zeros", "maximum", "dispersion", "moran"}


def test_no_count_of_an_area_is_kept(found):
    """The map's largest count is that of one neighbourhood."""
    (maximum,) = [check for check in found["predictive"] if check["name"] == "maximum"]
    assert set(maximum) == {"name", "p", "above"}
    assert json.loads(json.dumps(found)) == found


def test_a_place_that_sends_no_records_is_minded():
    one = city()
    silent = np.arange(N) % 4 == 0
    muted = CountMap(
        key=one.key,
        codes=one.codes,
        count=np.where(silent, 0.0, one.count),
        exposure=one.exposure,
        neighbours=one.neighbours,
        edge=one.edge,
    )
    found = examine_counts(muted)
    assert found["verdict"] in ("mind", "bad")


def test_areas_where_nobody_lives_are_left_out():
    one = city(1)
    empty = np.arange(N) < 3
    found = examine_counts(
        CountMap(
            key=one.key,
            codes=one.codes,
            count=np.where(empty, np.nan, one.count),
            exposure=np.where(empty, 0.0, one.exposure),
            neighbours=one.neighbours,
            edge=np.zeros(N, dtype=bool),
        )
    )
    assert "edge" not in found
    assert found["areas"] == N
