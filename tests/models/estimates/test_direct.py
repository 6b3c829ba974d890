import numpy as np
import pytest

from models.estimates import direct_estimates, finite_population


def survey(rng, areas=60, blocks=4, take=5, rho=0.2):
    area = np.repeat(np.arange(areas), blocks * take)
    block = np.arange(len(area)) // take
    p = np.clip(rng.beta(0.3 * (1 - rho) / rho, 0.7 * (1 - rho) / rho, areas * blocks), 1e-9, 1)[block]
    return (rng.random(len(area)) < p).astype(float), rng.uniform(0.5, 2, len(area)), area, block


def plain_estimates(y, w, area, block):
    """Mean and linearised variance of each area, the slow and obvious way."""
    mean, variance = {}, {}
    for a in np.unique(area):
        inside = area == a
        p = (w[inside] * y[inside]).sum() / w[inside].sum()
        totals = [(w * (y - p))[inside & (block == b)].sum() for b in np.unique(block[inside])]
        m = len(totals)
        mean[a] = p
        variance[a] = m / (m - 1) * np.var(totals) * m / w[inside].sum() ** 2 if m > 1 else np.nan
    return mean, variance


def test_vectorised_estimates_equal_the_plain_loop():
    y, w, area, block = survey(np.random.default_rng(0))
    found = direct_estimates(y, w, area=area, block=block, n_areas=60)
    mean, variance = plain_estimates(y, w, area, block)
    assert found.mean[:, 0] == pytest.approx(list(mean.values()))
    assert found.variance[:, 0] == pytest.approx(list(variance.values()))
    assert (found.n == 20).all()
    assert (found.n_blocks == 4).all()


def test_estimates_by_group_equal_estimates_of_each_group_alone():
    rng = np.random.default_rng(1)
    y, w, area, block = survey(rng)
    group = rng.integers(0, 3, len(y))
    together = direct_estimates(y, w, area=area, block=block, group=group, n_areas=60, n_groups=3)
    for g in range(3):
        part = group == g
        alone = direct_estimates(y[part], w[part], area=area[part], block=block[part], n_areas=60)
        assert together.mean[:, g] == pytest.approx(alone.mean[:, 0], nan_ok=True)
        assert (together.n[:, g] == alone.n[:, 0]).all()


def test_the_intra_block_correlation_is_recovered():
    y, w, area, block = survey(np.random.default_rng(2), areas=800, rho=0.1)
    found = direct_estimates(y, w, area=area, block=block, n_areas=800)
    assert found.rho == pytest.approx(0.1, abs=0.02)
    assert found.rho_df == 800 * 3


def test_the_linearised_variance_is_right_on_average():
    means, variances = [], []
    for seed in range(400):
        y, w, area, block = survey(np.random.default_rng(seed), areas=1, blocks=30)
        found = direct_estimates(y, w, area=area, block=block, n_areas=1)
        means.append(found.mean[0, 0])
        variances.append(found.variance[0, 0])
    assert np.mean(variances) == pytest.approx(np.var(means), rel=0.2)


def test_the_design_effect_is_weighting_times_clustering():
    y, _, area, block = survey(np.random.default_rng(3))
    w = np.tile([1.0, 3.0], len(y) // 2)
    found = direct_estimates(y, w, area=area, block=block, n_areas=60)
    assert found.deff[0, 0] == pytest.approx(1.25 * (1 + 4 * found.rho))
    assert found.n_effective[0, 0] == pytest.approx(20 / found.deff[0, 0])


def test_an_area_with_one_block_has_a_design_effect_but_no_variance():
    y, w, area, block = survey(np.random.default_rng(4))
    block = np.where(area == 0, 0, block)
    found = direct_estimates(y, w, area=area, block=block, n_areas=60)
    assert np.isnan(found.variance[0, 0])
    assert found.deff[0, 0] > found.deff[1:, 0].max()


def test_unknown_answers_leave_the_base_and_empty_areas_stay_empty():
    found = direct_estimates([1, np.nan, 0], [1, 1, 1], area=[0, 0, 0], block=[0, 0, 1], n_areas=2)
    assert found.n[:, 0].tolist() == [2, 0]
    assert found.mean[0, 0] == 0.5
    assert np.isnan(found.mean[1, 0])
    assert np.isnan(found.variance[1, 0])
    assert found.n_effective[1, 0] == 0


def test_strata_remove_the_spread_between_them():
    y = np.array([1, 1, 1, 1, 0, 0, 0, 0.0])
    kinds = {"area": np.zeros(8, int), "block": np.arange(8) // 2, "n_areas": 1}
    assert direct_estimates(y, np.ones(8), **kinds).variance[0, 0] > 0
    layered = direct_estimates(y, np.ones(8), stratum=np.arange(8) // 4, **kinds)
    assert layered.variance[0, 0] == 0


def test_equal_block_labels_in_two_areas_are_two_blocks():
    found = direct_estimates([1, 0, 1, 0], [1] * 4, area=[0, 0, 1, 1], block=["a", "b", "a", "b"], n_areas=2)
    assert found.n_blocks[:, 0].tolist() == [2, 2]


def test_no_answers_at_all_give_empty_cells():
    empty = np.zeros(0)
    codes = np.zeros(0, int)
    found = direct_estimates(empty, empty, area=codes, block=codes, n_areas=3)
    assert np.isnan(found.mean).all()
    assert found.n.sum() == 0


@pytest.mark.parametrize("weight", [0.0, -1.0, np.nan])
def test_an_answer_without_a_weight_is_refused(weight):
    with pytest.raises(ValueError, match="weight must be > 0"):
        direct_estimates([1.0], [weight], area=[0], block=[0], n_areas=1)


def test_an_area_outside_the_city_is_refused():
    with pytest.raises(ValueError, match="area must lie in"):
        direct_estimates([1.0], [1.0], area=[-1], block=[0], n_areas=1)


def test_a_complete_round_leaves_almost_no_sampling_error():
    rng = np.random.default_rng(3)
    area, block = np.repeat([0, 1], 100), np.repeat(np.arange(20), 10)
    value = (rng.random(200) < 0.3).astype(float)
    sample = direct_estimates(value, np.ones(200), area=area, block=block, n_areas=2)
    whole = finite_population(sample, [0.96, 0.0])
    assert whole.variance[0, 0] == pytest.approx(0.04 * sample.variance[0, 0])
    assert whole.n_effective[0, 0] == pytest.approx(25 * sample.n_effective[0, 0])
    assert (whole.n / whole.deff)[0, 0] == pytest.approx(whole.n_effective[0, 0])
    assert whole.n_effective[1, 0] == sample.n_effective[1, 0]
    assert (whole.mean == sample.mean).all()


def test_asking_everybody_counts_as_99_percent_and_more_is_an_error():
    sample = direct_estimates(np.ones(4), np.ones(4), area=[0] * 4, block=[0, 0, 1, 1], n_areas=1)
    assert finite_population(sample, [1.0]).n_effective == pytest.approx(100 * sample.n_effective)
    with pytest.raises(ValueError, match="fraction"):
        finite_population(sample, [1.2])
