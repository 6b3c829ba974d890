from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
from scipy.sparse import diags_array

from models.hotspots import draws, local_geary, local_moran, moran
from models.hotspots.permute import below, draw, keyed, mixed


def ring(n):
    offsets = [-2, -1, 1, 2, n - 1, 1 - n]
    return diags_array([1.0] * 6, offsets=offsets, shape=(n, n)).tocsr()


@pytest.mark.parametrize("make", [local_moran, local_geary])
@pytest.mark.parametrize("unequal", [False, True])
def test_how_the_work_is_split_does_not_show(monkeypatch, make, unequal):
    values, links = np.random.default_rng(0).normal(size=60), ring(60)
    if unequal:
        links.data = np.random.default_rng(1).uniform(1, 2, links.nnz)
    whole = make(values, links, 300, style="raw").p_value
    monkeypatch.setattr(draws, "SHARED_BLOCK", 77)
    monkeypatch.setattr(draws, "AREA_BLOCK", 7)
    with ThreadPoolExecutor(2) as pool:
        np.testing.assert_array_equal(make(values, links, 300, style="raw", executor=pool).p_value, whole)


def test_other_processes_answer_the_same():
    values, links = np.random.default_rng(0).normal(size=60), ring(60)
    unequal = links.copy()
    unequal.data = np.random.default_rng(1).uniform(1, 2, links.nnz)
    with ProcessPoolExecutor(2) as pool:
        for weights in (links, unequal):
            here, there = (local_moran(values, weights, style="raw", executor=one) for one in (None, pool))
            np.testing.assert_array_equal(here.p_value, there.p_value)
        here, there = (moran(values, links, permutations=199, executor=one) for one in (None, pool))
        assert here.p_value == there.p_value


def test_seeds_differ_and_repeat():
    values, links = np.random.default_rng(0).normal(size=60), ring(60)
    first, again, other = (local_moran(values, links, 99, seed).p_value for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_random_numbers_are_uniform():
    counts = np.zeros(7, int)
    key = np.uint64(keyed(np.uint64(5), 3))
    for number in range(70_000):
        counts[below(np.uint64(keyed(key, number)), 7)] += 1
    assert ((counts - 10_000) ** 2 / 10_000).sum() < 22.5  # chi-squared with 6 degrees, 0.1 %
    assert below(np.uint64(0), 7) == 0


def test_scrambling_is_that_of_splitmix():
    assert int(mixed(np.uint64(0x9E3779B97F4A7C15))) == 0xE220A8397B1DCDAF  # first output from seed 0


def test_a_draw_repeats_nobody_and_favours_nobody():
    members, stamp, seen = np.zeros(5, np.int64), np.zeros(10, np.int64), np.zeros(9, int)
    for number in range(9000):
        draw(np.uint64(keyed(np.uint64(1), number)), 9, members, stamp)
        assert len(set(members.tolist())) == 5
        seen[members] += 1
    assert (np.abs(seen - 5000) < 5 * np.sqrt(9000 * 5 / 9 * 4 / 9)).all()
