from types import SimpleNamespace

import numpy as np
import pytest
from scipy.sparse import csr_array

from app.refresh.case_maps import _need_error
from app.refresh.clusters import find_clusters
from app.refresh.results import Chance
from app.refresh.smoothing import smoothed_rate

SIDE = 12
CHANCE = Chance(seed=5, draws=100)


@pytest.fixture(scope="module")
def grid():
    """A square city: neighbours share a side."""
    place = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    pairs = np.concatenate(
        [
            np.stack([place[:-1].ravel(), place[1:].ravel()]),
            np.stack([place[:, :-1].ravel(), place[:, 1:].ravel()]),
        ],
        axis=1,
    )
    both = np.concatenate([pairs, pairs[::-1]], axis=1)
    matrix = csr_array((np.ones(both.shape[1]), both), shape=(SIDE**2, SIDE**2))
    rows, columns = np.divmod(np.arange(SIDE**2), SIDE)
    return SimpleNamespace(
        size=SIDE**2,
        points_m=np.column_stack([columns, rows]) * 500.0,
        population=np.full(SIDE**2, 2000.0),
        neighbours=SimpleNamespace(matrix=matrix),
        near=(rows < 4) & (columns < 4),
    )


def test_a_rate_learns_from_neighbours_and_keeps_the_citys_level(grid):
    rng = np.random.default_rng(1)
    risk = np.where(grid.near, 3.0, 1.0)
    count = rng.poisson(4 * risk)
    smooth = smoothed_rate(count, grid.population, grid.neighbours.matrix, CHANCE)
    apart = smoothed_rate(count, grid.population, None, CHANCE)
    truth = 4 * risk / grid.population
    errors = [np.log(found.mean / truth).std() for found in (smooth, apart)]
    assert errors[0] < 0.8 * errors[1]
    assert (smooth.mean * grid.population).sum() == pytest.approx(count.sum(), rel=0.05)
    assert ((smooth.lower < smooth.mean) & (smooth.mean < smooth.upper)).all()


@pytest.mark.parametrize("by_neighbours", [True, False])
def test_draws_are_of_the_posterior_that_is_told(grid, by_neighbours):
    count = np.random.default_rng(2).poisson(6, grid.size)
    matrix = grid.neighbours.matrix if by_neighbours else None
    smooth = smoothed_rate(count, grid.population, matrix, Chance(seed=1, draws=800))
    assert smooth.draws.mean(axis=1) == pytest.approx(smooth.mean, rel=0.1)
    assert np.median(smooth.draws.std(axis=1) / (smooth.cv * smooth.mean)) == pytest.approx(1, abs=0.06)


def test_the_same_seed_gives_the_same_draws_and_more_of_them_begin_alike(grid):
    count = np.random.default_rng(3).poisson(5, grid.size)
    few, more = (
        smoothed_rate(count, grid.population, grid.neighbours.matrix, Chance(9, draws)) for draws in (20, 40)
    )
    np.testing.assert_array_equal(few.draws, more.draws[:, :20])


@pytest.mark.parametrize("by_neighbours", [True, False])
def test_where_nobody_lives_there_is_no_rate(grid, by_neighbours):
    people = grid.population.copy()
    people[5] = 0
    matrix = grid.neighbours.matrix if by_neighbours else None
    smooth = smoothed_rate(np.full(grid.size, 3), people, matrix, CHANCE)
    for found in (smooth.mean, smooth.lower, smooth.upper, smooth.cv, smooth.draws[:, 0]):
        assert np.flatnonzero(np.isnan(found)).tolist() == [5]


def test_no_case_or_two_places_tell_no_rate(grid):
    matrix = grid.neighbours.matrix
    assert np.isnan(smoothed_rate(np.zeros(grid.size, int), grid.population, matrix, CHANCE).mean).all()
    assert np.isnan(smoothed_rate(np.array([3, 4]), np.array([1.0, 2.0]), None, CHANCE).mean).all()


def test_a_planted_cluster_is_found_and_its_figures_are_for_staff(grid):
    count = np.random.default_rng(4).poisson(np.where(grid.near, 30, 10))
    found = find_clusters(grid, count, grid.population, CHANCE, rates="high")
    inside = found.label == 1
    assert (inside & grid.near).sum() >= 13
    assert (inside & ~grid.near).sum() <= 4
    (public,) = found.public
    assert public == {
        "areas": int(inside.sum()),
        "p": "<= 0.001",
        "p_overdispersed": public["p_overdispersed"],
    }
    assert set(found.tests["found"][0]) == {"areas", "p_value", "p_gumbel", "p_overdispersed"}


def test_low_rates_are_looked_for_where_little_is_bad(grid):
    count = np.random.default_rng(4).poisson(np.where(grid.near, 5, 20))
    low = find_clusters(grid, count, grid.population, CHANCE, rates="low")
    assert (low.label[grid.near] == 1).mean() > 0.7
    assert low.tests["kept"] == 1


def test_areas_that_only_differ_among_themselves_are_no_cluster(grid):
    rng = np.random.default_rng(6)
    count = rng.poisson(400 * rng.gamma(4, 0.25, grid.size))
    found = find_clusters(grid, count, grid.population, CHANCE, rates="high")
    assert not found.label.any()
    assert found.tests["found"][0]["p_value"] < 0.05  # chance alone would call it one
    assert found.tests["found"][0]["p_overdispersed"] > 0.05


def test_without_a_case_nothing_is_looked_for(grid):
    found = find_clusters(grid, np.zeros(grid.size, int), grid.population, CHANCE, rates="high")
    assert not found.label.any()
    assert found.public == ()


def test_reach_is_less_sure_where_need_is_and_keeps_the_citys_mean():
    need = np.array([[10.0, 20.0, 30.0], [20.0, 20.0, 20.0], [0.0, 0.0, 0.0]])
    error = _need_error(need, need.mean(axis=1))
    assert error[0] == pytest.approx(np.array([2 * 30, 40, 2 / 3 * 50]) / 40)
    assert np.isnan(error[2]).all()
