import numpy as np
import pytest

from app.store.packing import Packed, pack, unpack


def persons(areas, draws=200, seed=0):
    """Persons in need of areas of all sizes, with a common part as a survey's errors have."""
    rng = np.random.default_rng(seed)
    size = rng.lognormal(5, 1.5, (areas, 1))
    return size * np.exp(0.1 * rng.normal(size=(1, draws)) + 0.25 * rng.normal(size=(areas, draws)))


def test_draws_come_back_to_a_thousandth_of_their_areas_sd():
    given = persons(913)
    back = unpack(pack(given), 913)
    error = np.abs(back - given).max(axis=1) / given.std(axis=1)
    assert error.max() < 0.001
    assert back.sum(axis=0) == pytest.approx(given.sum(axis=0), rel=1e-4)  # joint, so sums stay too


@pytest.mark.parametrize(("areas", "most"), [(913, 300_000), (32_000, 10_000_000)])
def test_draws_take_less_than_a_byte_and_a_half_each(areas, most):
    packed = pack(persons(areas))
    assert len(packed.payload) < most
    assert packed.draws == 200


def test_areas_without_people_stay_at_zero_and_nobody_is_below_it():
    given = persons(20)
    given[3] = 0
    given[4, :150] = 0
    back = unpack(pack(given), 20)
    assert (back[3] == 0).all()
    assert back.min() == 0


def test_the_step_is_told_with_the_draws():
    given = persons(5)
    packed = pack(given)
    coarse = unpack(Packed(packed.draws, 2 * packed.scale, packed.payload), 5)
    mean = given.mean(axis=1, keepdims=True)
    far = given > mean + given.std(axis=1, keepdims=True)
    doubled = ((coarse - mean) / (given - mean))[far]
    assert doubled == pytest.approx(2, rel=0.01)


def test_an_unknown_draw_is_refused():
    given = persons(5)
    given[2, 7] = np.nan
    with pytest.raises(ValueError, match="finite"):
        pack(given)
