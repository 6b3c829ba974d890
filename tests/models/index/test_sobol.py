from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from models.index import sobol_indices


def ishigami(u):
    x = np.pi * (2 * u - 1)
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def additive(u):
    return 100 + u @ [1.0, 2.0, 3.0]


def test_ishigamis_function_has_its_known_indices():
    # Ishigami & Homma (1990); a = 7, b = 0.1
    found = sobol_indices(ishigami, [[0], [1], [2]], samples=4096)
    assert found.first == pytest.approx([0.3139, 0.4424, 0.0], abs=0.01)
    assert found.total == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.01)
    assert found.mean == pytest.approx(3.5, abs=0.02)
    assert found.variance == pytest.approx(13.8446, rel=0.01)
    assert found.evaluations == 4096 * 5
    assert (found.first_lower < found.first).all()
    assert (found.first < found.first_upper).all()
    assert (found.total_lower < found.total_upper).all()
    assert len(found.to_frame()) == 3


def test_an_additive_function_shares_its_variance_without_interactions():
    found = sobol_indices(additive, [[0], [1], [2]])
    assert found.first == pytest.approx(np.array([1, 4, 9]) / 14, abs=0.01)
    assert found.total == pytest.approx(found.first, abs=0.01)
    grouped = sobol_indices(additive, [[0, 2], [1]])
    assert grouped.first == pytest.approx([10 / 14, 4 / 14], abs=0.01)


def test_an_input_without_a_say_has_no_share():
    found = sobol_indices(lambda u: u[:, 0] ** 2, [[0], [1]])
    assert found.total[1] == 0
    assert found.total[0] == pytest.approx(1, abs=0.02)


def test_the_executor_and_the_number_of_workers_change_no_bit():
    alone = sobol_indices(ishigami, [[0], [1], [2]], samples=256, seed=3)
    with ThreadPoolExecutor(3) as pool:
        spread = sobol_indices(ishigami, [[0], [1], [2]], samples=256, seed=3, executor=pool)
    assert (alone.first == spread.first).all()
    assert (alone.total_upper == spread.total_upper).all()
    assert (sobol_indices(ishigami, [[0], [1], [2]], samples=256, seed=4).first != alone.first).all()


def test_a_constant_has_no_indices():
    found = sobol_indices(lambda u: np.full(len(u), 2.0), [[0], [1]], samples=64)
    assert np.isnan(found.first).all()
    assert found.variance == 0


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ({"samples": 100}, "power of two"),
        ({"groups": [[0], [2]]}, "each input"),
        ({"groups": []}, "each input"),
        ({"groups": [[0], []]}, "each input"),
        ({"level": 2}, "level must lie"),
        ({"function": lambda u: u}, "one number a row"),
        ({"function": lambda u: np.full(len(u), np.nan)}, "finite results"),
    ],
)
def test_impossible_input_is_refused(kinds, words):
    given = {"function": additive, "groups": [[0], [1], [2]], "samples": 64} | kinds
    with pytest.raises(ValueError, match=words):
        sobol_indices(given.pop("function"), given.pop("groups"), **given)


@pytest.mark.slow
def test_intervals_hold_the_known_share():
    truth = np.array([1, 4, 9]) / 14
    found = [sobol_indices(additive, [[0], [1], [2]], samples=256, seed=seed) for seed in range(60)]
    inside = [(one.first_lower <= truth) & (truth <= one.first_upper) for one in found]
    assert np.mean(inside) > 0.93
