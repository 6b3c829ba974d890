import numpy as np
import pytest

from models.index import class_membership, rank_intervals


def test_areas_far_apart_have_one_rank_and_close_ones_several():
    rng = np.random.default_rng(0)
    draws = np.array([5.0, 1.0, 1.01])[:, None] + rng.normal(0, 0.1, (3, 800))
    found = rank_intervals(draws)
    assert found.rank[0] == 1
    assert (found.lower.tolist(), found.upper.tolist()) == ([1, 2, 2], [1, 3, 3])
    assert found.mean.sum() == pytest.approx(6)
    assert len(found.to_frame()) == 3


def test_rank_intervals_cover_the_true_rank():
    rng = np.random.default_rng(1)
    inside = []
    for _ in range(60):
        truth = rng.normal(size=30)
        seen = truth + rng.normal(size=30)
        draws = seen[:, None] / 2 + rng.normal(size=(30, 400)) * np.sqrt(0.5)  # the posterior
        found = rank_intervals(draws, level=0.9)
        rank = (-truth).argsort().argsort() + 1
        inside.append((found.lower <= rank) & (rank <= found.upper))
    assert 0.87 < np.mean(inside) < 0.95


def test_classes_hold_equal_numbers_and_their_chances_sum_to_one():
    draws = np.random.default_rng(2).normal(size=(23, 500)) + np.arange(23)[:, None]
    found = class_membership(draws, classes=5)
    assert found.probability.sum(axis=1) == pytest.approx(np.ones(23))
    assert np.bincount(found.shown).tolist() == [5, 5, 4, 5, 4]
    assert found.probability.sum(axis=0) == pytest.approx([5, 5, 4, 5, 4])
    assert found.shown[22] == 0
    assert found.certainty == pytest.approx(found.probability[np.arange(23), found.shown])
    assert found.to_frame().shape == (23, 7)


def test_cuts_make_classes_of_values():
    found = class_membership([[0.0, 0, 3], [1, 1, 1], [2, 2, 2]], cuts=[1.0, 2.0])
    assert found.probability.tolist() == [[1 / 3, 0, 2 / 3], [0, 1, 0], [1, 0, 0]]
    assert found.shown.tolist() == [1, 1, 0]


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ({"draws": [[np.nan]]}, "draws must be finite"),
        ({"draws": np.ones((0, 3))}, "draws must be finite"),
        ({"draws": np.ones((3, 3)), "classes": 4}, "classes must lie"),
        ({"draws": np.ones((3, 3)), "cuts": [2, 1]}, "cuts must ascend"),
        ({"draws": np.ones((3, 3)), "cuts": []}, "cuts must ascend"),
    ],
)
def test_impossible_input_is_refused(kinds, words):
    with pytest.raises(ValueError, match=words):
        class_membership(kinds.pop("draws"), **kinds)


def test_an_impossible_level_is_refused():
    with pytest.raises(ValueError, match="level must lie"):
        rank_intervals(np.ones((2, 2)), level=1)
