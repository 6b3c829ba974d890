import numpy as np
import pytest

from models.index import ratio_index


def test_an_area_at_the_base_has_index_one():
    theta = np.full((3, 2, 4), 0.2)
    index = ratio_index(theta, [1, 2, 3], [0.2, 0.2, 0.2])
    assert index.mean == pytest.approx([1, 1])
    assert index.sd == pytest.approx([0, 0], abs=1e-12)


def test_the_index_is_the_weighted_geometric_mean_of_ratios():
    theta = np.array([[[0.4]], [[0.1]]])
    index = ratio_index(theta, [3, 1], [0.2, 0.2])
    assert index.mean[0] == pytest.approx(2**0.75 * 0.5**0.25)


def test_ranks_start_at_the_highest_and_ties_share():
    theta = np.array([[[0.1] * 3, [0.3] * 3, [0.3] * 3, [0.2] * 3]])
    assert ratio_index(theta, [1], [0.2]).rank.tolist() == [4, 1, 1, 3]


def test_rank_intervals_are_wide_where_draws_cross():
    rng = np.random.default_rng(0)
    theta = np.clip(np.array([0.2, 0.21, 0.6])[None, :, None] + rng.normal(0, 0.02, (1, 3, 500)), 0.01, 1)
    index = ratio_index(theta, [1], [0.3])
    assert (index.rank_lower.tolist(), index.rank_upper.tolist()) == ([2, 2, 1], [3, 3, 1])


def test_one_topic_scaled_everywhere_moves_no_rank():
    rng = np.random.default_rng(1)
    theta = rng.uniform(0.1, 0.5, (2, 30, 20))
    plain = ratio_index(theta, [1, 1], [0.2, 0.2])
    scaled = ratio_index(theta * np.array([0.5, 1])[:, None, None], [1, 1], [0.2, 0.2])
    assert plain.rank.tolist() == scaled.rank.tolist()


@pytest.mark.parametrize(
    ("theta", "weights", "base", "words"),
    [
        ([[[0.0]]], [1], [0.1], "theta_draws must be > 0"),
        ([[[0.1]]], [0], [0.1], "weights must be"),
        ([[[0.1]]], [1, 1], [0.1], "one weight"),
        ([[[0.1]]], [1], [0.0], "base must be > 0"),
    ],
)
def test_impossible_input_is_refused(theta, weights, base, words):
    with pytest.raises(ValueError, match=words):
        ratio_index(theta, weights, base)
