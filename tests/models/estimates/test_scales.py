import numpy as np
import pytest

from models.estimates import FayHerriot, arcsine_scale, from_arcsine


def test_the_variance_is_right_whatever_the_proportion():
    rng = np.random.default_rng(0)
    for p in (0.1, 0.3, 0.5):
        seen = rng.binomial(150, p, 20_000) / 150
        assert arcsine_scale(seen, np.full(20_000, 150.0)).value.var() == pytest.approx(1 / 600, rel=0.08)


def test_going_there_and_back_without_error_changes_nothing():
    p = np.array([0.0, 0.2, 0.5, 1.0])
    back = from_arcsine(arcsine_scale(p, np.ones(4)).value, np.zeros(4))
    assert back.estimate == pytest.approx(p)
    assert back.lower == pytest.approx(p)
    assert back.mse == pytest.approx(np.zeros(4), abs=1e-15)


def test_moments_are_those_of_simulated_proportions():
    z = 0.6 + 0.1 * np.random.default_rng(1).normal(size=400_000)
    back = from_arcsine([0.6], [0.01])
    assert back.estimate[0] == pytest.approx((np.sin(z) ** 2).mean(), rel=1e-3)
    assert back.mse[0] == pytest.approx((np.sin(z) ** 2).var(), rel=1e-2)
    assert [back.lower[0], back.upper[0]] == pytest.approx(
        np.quantile(np.sin(z) ** 2, [0.025, 0.975]), rel=5e-3
    )


def test_unsampled_areas_are_unknown_and_impossible_input_is_refused():
    scaled = arcsine_scale([np.nan, 0.5], [0, 4])
    assert np.isnan(scaled.value[0])
    assert scaled.variance[1] == 1 / 16
    assert len(scaled.to_frame()) == len(from_arcsine([0.1, 0.2], [0.1, 0.1]).to_frame()) == 2
    with pytest.raises(ValueError, match="proportion must lie"):
        arcsine_scale([1.2], [3])
    with pytest.raises(ValueError, match="n_effective must be >= 0"):
        arcsine_scale([0.2], [-3])
    with pytest.raises(ValueError, match="mse must be >= 0"):
        from_arcsine([0.2], [np.nan])


@pytest.mark.slow
def test_proportions_of_few_answers_are_covered_by_size():
    inside, sizes = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        truth, n = rng.beta(4, 16, 300), rng.choice([0, 5, 10, 20, 40], 300)
        y = np.where(n > 0, rng.binomial(n, truth) / np.maximum(n, 1), np.nan)
        scaled = arcsine_scale(y, n)
        fit = FayHerriot("adjusted").fit(scaled.value, scaled.variance, np.ones((300, 1)))
        back = from_arcsine(fit.estimates_, fit.mse_)
        inside.append((back.lower <= truth) & (truth <= back.upper))
        sizes.append(n)
    covered = [np.concatenate(inside)[np.concatenate(sizes) == n].mean() for n in (0, 5, 10, 20, 40)]
    assert min(covered) > 0.92
    assert max(covered) < 0.99
