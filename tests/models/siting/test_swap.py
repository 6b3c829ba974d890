"""Interchange: gains that are kept up to date say what working every swap out anew says."""

import numpy as np
import pytest

from models.siting.gains import empty_gains, open_at, swap, table_of
from models.siting.pairs import dense_pairs
from models.siting.swap import Exchange, improve


def some_pairs(seed, n=60, m=25):
    rng = np.random.default_rng(seed)
    cost = rng.random((n, m)) * 100
    return dense_pairs(cost, np.partition(cost, 15, axis=1)[:, 15]), rng


@pytest.mark.parametrize("seed", range(8))
def test_kept_gains_equal_gains_worked_out_anew_after_many_swaps(seed):
    pairs, rng = some_pairs(seed)
    table = table_of(pairs)
    kept, anew = empty_gains(table, 6), empty_gains(table, 6)
    open_at(table, kept, rng.permutation(25)[:6])
    for _ in range(30):
        closed = np.flatnonzero(kept.place < 0)
        swap(table, kept, int(rng.choice(closed)), int(rng.integers(6)))
    open_at(table, anew, kept.chosen.copy())
    for one, other in zip(kept, anew, strict=True):
        assert np.allclose(one, other, atol=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_gains_say_what_each_swap_saves(seed):
    pairs, rng = some_pairs(seed)
    table = table_of(pairs)
    gains = empty_gains(table, 5)
    open_at(table, gains, rng.permutation(25)[:5])
    before = pairs.totals(gains.chosen).sum()
    for enters in np.flatnonzero(gains.place < 0)[:6]:
        for place in range(5):
            after = pairs.totals(np.append(np.delete(gains.chosen, place), enters)).sum()
            said = gains.gain[enters] - gains.loss[place] + gains.shared[enters, place]
            assert before - after == pytest.approx(said)


@pytest.mark.parametrize("seed", range(8))
def test_exchange_descends_as_the_plain_way_does(seed):
    pairs, rng = some_pairs(seed)
    exchange = Exchange(pairs, 6)
    for _ in range(5):
        start = rng.permutation(25)[:6]
        plain, kept = improve(pairs, start), exchange.improve(start)
        assert np.array_equal(plain[0], kept[0])
        assert plain[1] == pytest.approx(kept[1])


def test_wandering_finds_more_than_one_descent_and_repeats_itself():
    pairs, rng = some_pairs(3, n=400, m=120)
    exchange, start = Exchange(pairs, 10), rng.permutation(120)[:10]
    direct = improve(pairs, start)[1]
    answers = [exchange.wander(start, np.random.default_rng(7), rounds=40, kicks=3) for _ in range(2)]
    assert answers[0][1] < direct
    assert len(np.unique(answers[0][0])) == 10
    assert np.array_equal(answers[0][0], answers[1][0])
    assert answers[0][1] == answers[1][1]
