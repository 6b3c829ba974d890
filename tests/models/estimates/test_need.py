import numpy as np
import pytest

from models.estimates import persons_in_need


def test_need_is_population_times_probability_over_groups():
    need = persons_in_need([[100, 50], [0, 10]], [[0.1, 0.4], [0.5, 0.2]])
    assert need.persons == pytest.approx([30, 2])
    assert need.per_1000 == pytest.approx([200, 200])
    assert np.isnan(need.lower).all()


def test_draws_carry_over_to_an_interval():
    theta = np.random.default_rng(0).uniform(0.2, 0.4, (1, 1, 20_000))
    need = persons_in_need([[1000]], theta)
    assert need.persons[0] == pytest.approx(300, rel=0.01)
    assert (need.lower[0], need.upper[0]) == pytest.approx((205, 395), rel=0.01)


def test_nobody_lives_there_so_nobody_is_in_need():
    need = persons_in_need([[0.0]], [[0.3]])
    assert need.persons[0] == 0
    assert np.isnan(need.per_1000[0])


@pytest.mark.parametrize(
    ("population", "theta", "words"),
    [
        ([[1.0]], [[np.nan]], "every cell"),
        ([[1.0]], [[1.2]], "every cell"),
        ([[-1.0]], [[0.2]], "population must be >= 0"),
        ([[1.0, 2.0]], [[0.2]], "theta must be"),
    ],
)
def test_impossible_input_is_refused(population, theta, words):
    with pytest.raises(ValueError, match=words):
        persons_in_need(population, theta)
