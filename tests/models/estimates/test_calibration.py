import numpy as np
import pytest

from models.estimates import (
    poststratify,
    rake,
    replicate_weights,
    replicated,
    survey_design,
    survey_mean,
    survey_total,
)


def survey(seed=0, n=240):
    rng = np.random.default_rng(seed)
    sex, age = rng.integers(0, 2, n), rng.integers(0, 3, n)
    y = 2 * sex + age + rng.normal(size=n)
    return y, survey_design(rng.uniform(5, 15, n), unit=np.arange(n) // 4), sex, age


def test_poststrata_reach_their_totals_and_their_mean_is_the_textbook_one():
    y, design, sex, _ = survey()
    found = poststratify(design, sex, [1000, 1500])
    assert np.bincount(sex, found.design.weight) == pytest.approx([1000, 1500])
    assert found.converged
    means = [np.average(y[sex == s], weights=design.weight[sex == s]) for s in (0, 1)]
    assert survey_mean(y, found.design).estimate[0, 0] == pytest.approx(0.4 * means[0] + 0.6 * means[1])


def test_a_simple_poststratified_sample_has_the_textbook_variance():
    y, _, sex, _ = survey()
    design = poststratify(survey_design(np.full(240, 10.0)), sex, [1000, 1400]).design
    found = survey_mean(y, design).variance[0, 0]
    share, n = np.array([1000, 1400]) / 2400, np.bincount(sex)
    spread = [((y[sex == s] - y[sex == s].mean()) ** 2).sum() for s in (0, 1)]
    plain = (share**2 * spread / n**2).sum() * 240 / 239
    assert found == pytest.approx(plain)


def test_raked_weights_hold_every_margin():
    _, design, sex, age = survey()
    found = rake(design, [(sex, [1000, 1500]), (age, [500, 1000, 1000])])
    assert found.converged
    assert found.largest_gap <= 1e-10
    assert np.bincount(sex, found.design.weight) == pytest.approx([1000, 1500])
    assert np.bincount(age, found.design.weight) == pytest.approx([500, 1000, 1000])
    assert found.design.weight == pytest.approx(design.weight * found.factor)
    log_factor = np.log(found.factor)
    cells = np.array([[log_factor[(sex == s) & (age == a)][0] for a in range(3)] for s in range(2)])
    assert cells[1] - cells[0] == pytest.approx(np.full(3, cells[1, 0] - cells[0, 0]))


def test_what_is_calibrated_upon_has_no_error_left():
    _, design, sex, age = survey()
    raked = rake(design, [(sex, [1000, 1500]), (age, [500, 1000, 1000])]).design
    for known in (sex == 1, age == 0, age == 2):
        assert survey_total(known.astype(float), raked).variance[0, 0] == pytest.approx(0, abs=1e-8)
    assert survey_mean(np.stack([sex, age == 1], axis=1).astype(float), raked).variance == pytest.approx(
        np.zeros((1, 2)), abs=1e-15
    )


def test_the_residual_variance_agrees_with_replicates_that_rake_again():
    y, design, sex, age = survey()
    margins = [(sex, [1000, 1500]), (age, [500, 1000, 1000])]
    raked = rake(design, margins).design
    young = (age == 0).astype(int)

    def means(weight):
        again = rake(survey_design(np.maximum(weight, 1e-9)), margins, tolerance=1e-8).design.weight
        return np.array([again[young == d] @ y[young == d] / again[young == d].sum() for d in (0, 1)])

    estimate, covariance = replicated(means, design, replicate_weights(design, "jkn"))
    found = survey_mean(y, raked, domain=young, n_domains=2, across_domains=True)
    assert found.estimate[:, 0] == pytest.approx(estimate)
    assert found.joint == pytest.approx(covariance, rel=0.1, abs=2e-4)
    assert survey_mean(y, raked).variance[0, 0] < 0.6 * survey_mean(y, design).variance[0, 0]


def test_raking_twice_keeps_what_the_first_knew():
    _, design, sex, age = survey()
    first = rake(design, [(sex, [1000, 1500])]).design
    again = rake(first, [(sex, [1000, 1500]), (age, [500, 1000, 1000])]).design
    assert again.calibration.fitted.shape[1] == 4
    assert survey_total((age == 1).astype(float), again).variance[0, 0] == pytest.approx(0, abs=1e-8)


def test_bounded_factors_stay_inside_and_still_reach_the_margins():
    _, design, sex, age = survey()
    skewed = [(sex, [1000, 2000]), (age, [400, 1000, 1600])]
    free = rake(design, skewed)
    least, most = free.factor.min() + 0.02, free.factor.max() - 0.02
    tight = rake(design, skewed, bounds=(least, most))
    assert tight.converged
    assert tight.at_bound > 0
    assert tight.factor.min() >= least
    assert tight.factor.max() <= most
    assert np.bincount(age, tight.design.weight) == pytest.approx([400, 1000, 1600])
    wide = rake(design, skewed, bounds=(0.0, 100.0))
    assert wide.factor == pytest.approx(free.factor)


def test_bounds_that_are_too_narrow_are_reported_not_hidden():
    _, design, sex, _ = survey()
    total = design.weight.sum()
    found = rake(design, [(sex, [0.1 * total, 0.9 * total])], bounds=(0.9, 1.1), iterations=20)
    assert not found.converged
    assert found.largest_gap > 0.1
    assert found.iterations == 20
    assert len(found.to_frame()) == 240


@pytest.mark.parametrize(
    ("margins", "kinds", "words"),
    [
        ([], {}, "one pair"),
        ([([0, 0, 1], [1, 2, 3])], {}, "a total but no row"),
        ([([0, 0, 1], [1, 0])], {}, "rows but no total"),
        ([([0, 0, 1], [1, 2]), ([0, 1, 1], [5, 5])], {}, "one sum"),
        ([([0, 0], [1])], {}, "one length"),
        ([([0, 0, 0], [-1])], {}, "totals must be >= 0"),
        ([([0, 0, 1], [1, 2])], {"bounds": (1.1, 2)}, "around 1"),
        ([([0, 0, 1], [1, 2])], {"iterations": 0}, "iterations must lie"),
    ],
)
def test_impossible_margins_are_refused(margins, kinds, words):
    with pytest.raises(ValueError, match=words):
        rake(survey_design(np.ones(3)), margins, **kinds)


@pytest.mark.slow
def test_residual_variances_are_right_on_average():
    rng = np.random.default_rng(0)
    sex = (np.arange(4000) % 3 == 0).astype(int)
    y = 3 * sex + rng.normal(size=4000)
    estimates, variances = [], []
    for _ in range(1500):
        rows = rng.choice(4000, 120, replace=False)
        design = survey_design(np.full(120, 4000 / 120), fraction=np.full(120, 0.03))
        raked = poststratify(design, sex[rows], np.bincount(sex)).design
        found = survey_mean(y[rows], raked)
        estimates.append(found.estimate[0, 0])
        variances.append(found.variance[0, 0])
    assert np.mean(variances) == pytest.approx(np.var(estimates), rel=0.08)
