import numpy as np
import pytest
from scipy.special import logit

from models.estimates import AreaModel, direct_estimates, error_correlation, joint_draws, posterior_draws


def topics(rng, count=2, areas=150, across=0.6, groups=1):
    """Topics of one survey whose answers share a latent normal."""
    district = np.arange(areas) % 5
    area = np.repeat(np.arange(0, areas, 2), 20)
    block = np.arange(len(area)) // 5
    shared = rng.normal(size=(len(area), 1))
    latent = np.sqrt(across) * shared + np.sqrt(1 - across) * rng.normal(size=(len(area), count))
    values = (latent + rng.normal(0, 0.4, (areas, count))[area] < -0.5).astype(float)
    weight, group = np.ones(len(area)), rng.integers(0, groups, len(area))
    fits = [
        AreaModel().fit(
            direct_estimates(
                column, weight, area=area, block=block, group=group, n_areas=areas, n_groups=groups
            ),
            district=district,
        ).result_
        for column in values.T
    ]  # fmt: skip
    return fits, error_correlation(values, weight, area=area, block=block)


def test_error_correlation_is_one_of_a_topic_with_itself_and_finds_the_truth():
    rng = np.random.default_rng(0)
    base = rng.normal(size=(20_000, 1))
    values = 0.6 * base + 0.8 * rng.normal(size=(20_000, 2))
    found = error_correlation(
        values, np.ones(20_000), area=np.arange(20_000) // 20, block=np.arange(20_000) // 5
    )
    assert np.diag(found) == pytest.approx([1, 1])
    assert found[0, 1] == pytest.approx(0.36, abs=0.03)


def test_error_correlation_survives_unknown_and_constant_topics():
    values = np.array([[1, np.nan, 0], [0, 1, 0], [1, 0, 0], [0, 1, 0.0]])
    found = error_correlation(values, np.ones(4), area=np.zeros(4, int), block=np.arange(4))
    assert np.isfinite(found).all()
    assert found[2].tolist() == pytest.approx([0, 0, 1], abs=1e-6)
    assert np.linalg.eigvalsh(found).min() >= -1e-9


def test_margins_are_the_fits_posteriors():
    fits, across = topics(np.random.default_rng(1))
    draws = logit(joint_draws(fits, across, draws=4000, seed=0))
    for k, fit in enumerate(fits):
        assert draws[k].mean(axis=1) == pytest.approx(fit.logit_mean[:, 0], abs=0.08)
        assert draws[k].std(axis=1) == pytest.approx(fit.logit_sd[:, 0], rel=0.06)


def test_sampling_errors_correlated_over_topics_widen_their_mean():
    fits, across = topics(np.random.default_rng(2), areas=600, across=0.9)
    together = logit(joint_draws(fits, across, draws=2000, seed=0)).mean(axis=0)[::2]
    apart = logit(joint_draws(fits, np.eye(2), draws=2000, seed=0)).mean(axis=0)[::2]
    assert across[0, 1] > 0.2
    assert together.std(axis=1).mean() > 1.05 * apart.std(axis=1).mean()


def test_unsampled_areas_of_one_district_move_together():
    fits, across = topics(np.random.default_rng(3))
    draws = logit(joint_draws(fits, across, draws=3000, seed=0))[0]
    same = np.corrcoef(draws[1], draws[11])[0, 1]  # both in district 1
    other = np.corrcoef(draws[1], draws[13])[0, 1]
    assert same > max(other, 0.0)


def test_any_split_of_the_replicates_gives_the_same_numbers():
    fits, across = topics(np.random.default_rng(4))
    many, few = (joint_draws(fits, across, draws=r, seed=7) for r in (120, 30))
    assert np.array_equal(many[:, :, :30], few)
    assert np.array_equal(
        posterior_draws(fits[0], draws=60, seed=1)[..., :9], posterior_draws(fits[0], draws=9, seed=1)
    )


def test_two_seeds_differ():
    fits, across = topics(np.random.default_rng(5))
    assert not np.array_equal(*(joint_draws(fits, across, draws=3, seed=seed) for seed in (0, 1)))


def test_draws_over_groups_have_the_fits_margins():
    (fit,), _ = topics(np.random.default_rng(6), count=1, groups=3)
    draws = logit(posterior_draws(fit, draws=3000, seed=0))
    assert draws.shape == (150, 3, 3000)
    assert draws.std(axis=2) == pytest.approx(fit.logit_sd, rel=0.07)
    assert np.corrcoef(draws[0])[0, 1] > 0.2


def test_topics_of_different_shape_are_refused():
    one, _ = topics(np.random.default_rng(7), count=1)
    other, _ = topics(np.random.default_rng(8), count=1, areas=20)
    with pytest.raises(ValueError, match="same areas"):
        joint_draws([*one, *other], np.eye(2), draws=2, seed=0)
    with pytest.raises(ValueError, match="must be 1 x 1"):
        joint_draws(one, np.eye(2), draws=2, seed=0)
