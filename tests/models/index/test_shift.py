from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.stats import rankdata

from models.index import sobol_rank_shift

CERTAIN = {"weight_spread": 0.0, "aggregations": ("geometric",), "normalisations": ("ratio",)}


def topics(seed=0, k=4, areas=40, draws=None):
    rng = np.random.default_rng(seed)
    values = np.exp(rng.normal(size=(k, areas)))
    return values if draws is None else values[:, :, None] * np.exp(0.2 * rng.normal(size=(k, areas, draws)))


def test_the_ranks_of_the_choices_made_are_those_of_the_ratio_index():
    values = topics()
    found = sobol_rank_shift(values, [1, 2, 3, 4], np.ones(4), samples=64)
    index = np.exp(np.array([0.1, 0.2, 0.3, 0.4]) @ np.log(values))
    assert (found.rank == rankdata(-index)).all()
    assert found.factors == ("weights", "aggregation", "normalisation")
    assert (found.lower <= found.median).all()
    assert (found.median <= found.upper).all()


def test_the_only_uncertain_choice_takes_all_the_variance():
    found = sobol_rank_shift(
        topics(), np.ones(4), np.ones(4), **(CERTAIN | {"aggregations": ("geometric", "arithmetic")})
    )
    assert found.factors == ("aggregation",)
    assert found.indices.first == pytest.approx([1], abs=0.02)
    values = topics()
    shift = np.abs(rankdata(-values.mean(axis=0)) - rankdata(-np.log(values).mean(axis=0))).mean()
    assert found.mean_shift == pytest.approx(shift / 2)  # half of the points choose either mean


def test_one_topic_ranks_the_same_however_it_is_scaled():
    found = sobol_rank_shift(topics(k=1), [1.0], [2.0], samples=64)
    assert found.mean_shift == 0
    assert np.isnan(found.indices.first).all()
    assert (found.lower == found.rank).all()


def test_a_base_moves_only_the_arithmetic_mean():
    bases = np.array([[1.0, 1, 1, 1], [1, 5, 1, 1]])
    still = sobol_rank_shift(topics(), np.ones(4), bases, **CERTAIN, samples=64)
    moved = sobol_rank_shift(
        topics(), np.ones(4), bases, **(CERTAIN | {"aggregations": ("arithmetic",)}), samples=64
    )
    assert still.factors == moved.factors == ("base",)
    assert still.mean_shift == 0
    assert moved.mean_shift > 0


def test_wider_weights_and_draws_move_more():
    narrow, wide = (
        sobol_rank_shift(topics(), np.ones(4), np.ones(4), **(CERTAIN | {"weight_spread": spread}))
        for spread in (0.1, 0.5)
    )
    assert wide.mean_shift > 2 * narrow.mean_shift > 0
    drawn = sobol_rank_shift(topics(draws=30), np.ones(4), np.ones(4), **CERTAIN)
    assert drawn.factors == ("draw",)
    assert drawn.mean_shift > 0


def test_permuted_areas_get_permuted_intervals():
    values, order = topics(), np.random.default_rng(1).permutation(40)
    plain = sobol_rank_shift(values, np.ones(4), np.ones(4), samples=64)
    moved = sobol_rank_shift(values[:, order], np.ones(4), np.ones(4), samples=64)
    assert (moved.lower == plain.lower[order]).all()
    assert moved.indices.total == pytest.approx(plain.indices.total)
    assert len(moved.to_frame()) == 40


def test_the_executor_changes_no_bit():
    values = topics(draws=10)
    alone = sobol_rank_shift(values, np.ones(4), np.ones(4), samples=128)
    with ThreadPoolExecutor(2) as pool:
        spread = sobol_rank_shift(values, np.ones(4), np.ones(4), samples=128, executor=pool)
    assert (alone.indices.first == spread.indices.first).all()
    assert (alone.upper == spread.upper).all()


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        (CERTAIN, "nothing is uncertain"),
        ({"values": -topics()}, "values must be > 0"),
        ({"weights": [1, 1]}, "one weight and one base"),
        ({"weights": [0, 0, 0, 0]}, "weights must be"),
        ({"base": [1, 1, 1, 0]}, "base must be > 0"),
        ({"weight_spread": 2}, "weight_spread must lie"),
        ({"aggregations": ("harmonic",)}, "aggregations must be some of"),
        ({"normalisations": ()}, "normalisations must be some of"),
        ({"samples": 3}, "power of two"),
    ],
)
def test_impossible_input_is_refused(kinds, words):
    given = {"values": topics(), "weights": np.ones(4), "base": np.ones(4)} | kinds
    with pytest.raises(ValueError, match=words):
        sobol_rank_shift(given.pop("values"), given.pop("weights"), given.pop("base"), **given)
