import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.estimates import (
    direct_estimates,
    horvitz_thompson_mean,
    survey_design,
    survey_mean,
    survey_proportion,
    survey_total,
)


def survey(seed=0, strata=3, units=6, take=4):
    """Rows of a two-stage sample; units and strata are labelled anew in each stratum."""
    rng = np.random.default_rng(seed)
    n = strata * units * take
    stratum = np.arange(n) // (units * take)
    unit = np.arange(n) // take % units
    y = rng.normal(size=(n, 2)) + rng.normal(size=(strata * units, 2))[np.arange(n) // take]
    y[:, 1] += 0.7 * y[:, 0]
    return y, rng.uniform(1, 3, n), unit, stratum, rng.integers(0, 4, n)


def plain_covariance(z, stages):
    """Recursion over stages by its definition; a stage is (unit, stratum, fraction)."""
    (unit, stratum, fraction), rest = stages[0], stages[1:]
    covariance = np.zeros((z.shape[1], z.shape[1]))
    for h in np.unique(stratum):
        inside = stratum == h
        labels = np.unique(unit[inside])
        totals = np.array([z[inside & (unit == u)].sum(axis=0) for u in labels])
        f = fraction[inside][0]
        away = totals - totals.mean(axis=0)
        covariance += (1 - f) * len(labels) / (len(labels) - 1) * away.T @ away
        if rest and f > 0:
            for u in labels:
                rows = inside & (unit == u)
                covariance += f * plain_covariance(z[rows], [tuple(x[rows] for x in s) for s in rest])
    return covariance


def plain_scores(y, w, inside):
    mean = (w[inside, None] * y[inside]).sum(axis=0) / w[inside].sum()
    return mean, np.where(inside[:, None], w[:, None] * (y - mean) / w[inside].sum(), 0.0)


@pytest.mark.parametrize("fraction", [0.0, 0.3])
def test_means_of_domains_equal_the_plain_loop(fraction):
    y, w, unit, stratum, domain = survey()
    share = np.full(len(y), fraction)
    design = survey_design(w, unit=unit, stratum=stratum, fraction=share)
    found = survey_mean(y, design, domain=domain, n_domains=4)
    for d in range(4):
        mean, z = plain_scores(y, w, domain == d)
        assert found.estimate[d] == pytest.approx(mean)
        assert found.covariance[d] == pytest.approx(plain_covariance(z, [(unit, stratum, share)]))


def test_two_stages_with_their_fractions_equal_the_plain_recursion():
    y, w, unit, stratum, domain = survey(take=6)
    household = np.arange(len(y)) // 2 % 3
    first, second = 0.2 + 0.1 * stratum, 0.3 + 0.05 * unit
    design = survey_design(
        w,
        unit=np.column_stack([unit, household]),
        stratum=stratum,
        fraction=np.column_stack([first, second]),
    )
    found = survey_mean(y, design, domain=domain, n_domains=4)
    stages = [(unit, stratum, first), (household, np.zeros(len(y), int), second)]
    for d in range(4):
        _, z = plain_scores(y, w, domain == d)
        assert found.covariance[d] == pytest.approx(plain_covariance(z, stages))


def test_the_joint_covariance_holds_every_domain_and_what_they_share():
    y, w, unit, stratum, domain = survey()
    design = survey_design(w, unit=unit, stratum=stratum)
    found = survey_mean(y, design, domain=domain, n_domains=4, across_domains=True)
    z = np.hstack([plain_scores(y, w, domain == d)[1] for d in range(4)])
    assert found.joint == pytest.approx(plain_covariance(z, [(unit, stratum, np.zeros(len(y)))]))
    for d in range(4):
        block = slice(2 * d, 2 * d + 2)
        assert found.joint[block, block] == pytest.approx(found.covariance[d])


def test_the_established_direct_estimates_are_the_same_where_areas_are_strata():
    y, w, unit, stratum, _ = survey()
    design = survey_design(w, unit=unit, stratum=stratum)
    old = direct_estimates(y[:, 0], w, area=stratum, block=unit, n_areas=3)
    new = survey_mean(y[:, 0], design, domain=stratum, n_domains=3)
    assert new.estimate[:, 0] == pytest.approx(old.mean[:, 0])
    assert new.variance[:, 0] == pytest.approx(old.variance[:, 0])
    assert new.df.tolist() == [5, 5, 5]


def test_a_simple_sample_has_the_textbook_variance():
    y = np.array([1.0, 2, 4, 9])
    design = survey_design(np.full(4, 25.0), fraction=np.full(4, 0.04))
    found = survey_mean(y, design)
    assert found.variance[0, 0] == pytest.approx(0.96 * y.var(ddof=1) / 4)
    total = survey_total(y, design)
    assert total.estimate[0, 0] == pytest.approx(400)
    assert total.variance[0, 0] == pytest.approx(100**2 * 0.96 * y.var(ddof=1) / 4)
    assert found.lower[0, 0] == pytest.approx(4 - 3.182446 * np.sqrt(found.variance[0, 0]), rel=1e-6)


def test_a_total_is_of_weighted_values_and_a_known_population_multiplies_the_mean():
    y, w, unit, stratum, domain = survey()
    design = survey_design(w, unit=unit, stratum=stratum)
    plain = survey_total(y, design, domain=domain, n_domains=4)
    z = np.where((domain == 1)[:, None], w[:, None] * y, 0)
    assert plain.estimate[1] == pytest.approx(z.sum(axis=0))
    assert plain.covariance[1] == pytest.approx(plain_covariance(z, [(unit, stratum, np.zeros(len(y)))]))
    known = survey_total(y, design, domain=domain, n_domains=4, population=[10, 20, 30, 40])
    mean = survey_mean(y, design, domain=domain, n_domains=4)
    assert known.estimate[2] == pytest.approx(30 * mean.estimate[2])
    assert known.variance[2] == pytest.approx(900 * mean.variance[2])
    assert known.lower[2] == pytest.approx(30 * mean.lower[2])


def test_a_horvitz_thompson_mean_is_the_total_over_the_population():
    y, w, unit, stratum, domain = survey()
    design = survey_design(w, unit=unit, stratum=stratum)
    mean = horvitz_thompson_mean(y, design, [10, 20, 30, 40], domain=domain, n_domains=4)
    total = survey_total(y, design, domain=domain, n_domains=4)
    assert mean.estimate[3] == pytest.approx(total.estimate[3] / 40)
    assert mean.covariance[3] == pytest.approx(total.covariance[3] / 1600)


@settings(deadline=None, max_examples=30)
@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 100))
def test_scaled_weights_and_permuted_rows_change_nothing(scale, seed):
    y, w, unit, stratum, domain = survey(seed)
    order = np.random.default_rng(seed).permutation(len(y))
    plain = survey_mean(y, survey_design(w, unit=unit, stratum=stratum), domain=domain, n_domains=4)
    moved = survey_mean(
        y[order],
        survey_design(scale * w[order], unit=unit[order], stratum=stratum[order]),
        domain=domain[order],
        n_domains=4,
    )
    assert moved.estimate == pytest.approx(plain.estimate)
    assert moved.covariance == pytest.approx(plain.covariance)


def test_unknown_answers_leave_the_base_of_their_indicator_only():
    y, w, unit, stratum, _ = survey()
    design = survey_design(w, unit=unit, stratum=stratum)
    holes = y.copy()
    holes[::3, 0] = np.nan
    found, full = survey_mean(holes, design), survey_mean(y, design)
    known = ~np.isnan(holes[:, 0])
    assert found.estimate[0, 0] == pytest.approx(np.average(y[known, 0], weights=w[known]))
    assert found.estimate[0, 1] == full.estimate[0, 1]
    assert found.variance[0, 1] == pytest.approx(full.variance[0, 1])
    assert found.n.tolist() == [[48, 72]]
    with pytest.raises(ValueError, match="needs every value"):
        survey_total(holes, design)


def test_an_empty_domain_is_unknown():
    y, w, unit, stratum, _ = survey()
    found = survey_mean(
        y, survey_design(w, unit=unit, stratum=stratum), domain=np.zeros(len(y), int), n_domains=2
    )
    assert np.isnan(found.estimate[1]).all()
    assert np.isnan(found.covariance[1]).all()
    assert len(found.to_frame()) == 4


def test_a_lonely_unit_is_treated_as_named():
    y, w = np.array([1.0, 3, 10]), np.ones(3)
    kinds = {"unit": [0, 1, 2], "stratum": [0, 0, 1]}
    certain = survey_mean(y, survey_design(w, **kinds, lonely="certainty"))
    adjusted = survey_mean(y, survey_design(w, **kinds, lonely="adjust"))
    mean = 14 / 3
    assert certain.variance[0, 0] == pytest.approx(2 * (1**2 + 1**2) / 9)
    assert adjusted.variance[0, 0] == pytest.approx((4 + (10 - mean) ** 2) / 9)
    with pytest.raises(ValueError, match="1 strata of stage 1 have one unit"):
        survey_mean(y, survey_design(w, **kinds, lonely="fail"))


def test_a_total_adjusts_a_lonely_unit_around_the_mean_of_units_in_every_domain():
    y, w, domain = np.array([1.0, 3, 10]), np.ones(3), np.array([0, 0, 1])
    design = survey_design(w, unit=[0, 1, 2], stratum=[0, 0, 1], lonely="adjust")
    found = survey_total(y, design, domain=domain, n_domains=2)
    # domain 0: units 1, 3, 0 with mean 4/3; domain 1: 0, 0, 10 with mean 10/3
    assert found.variance[:, 0] == pytest.approx([2 * 2 + (4 / 3) ** 2, (10 - 10 / 3) ** 2])


def test_a_stratum_taken_whole_is_not_lonely():
    design = survey_design(
        np.ones(3), unit=[0, 1, 2], stratum=[0, 0, 1], fraction=[0.5, 0.5, 1.0], lonely="fail"
    )
    assert survey_mean([1.0, 3, 10], design).variance[0, 0] == pytest.approx(0.5 * 4 / 9)


def test_nobody_in_need_still_has_an_upper_limit():
    found = survey_proportion(np.zeros(30), survey_design(np.ones(30)))
    assert found.lower[0, 0] == 0
    assert found.upper[0, 0] == pytest.approx(1 - 0.025 ** (1 / 30))
    assert survey_proportion(np.ones(30), survey_design(np.ones(30))).upper[0, 0] == 1


def test_a_clustered_proportion_has_a_wider_interval():
    y = np.repeat([0.0, 1, 0, 0, 1, 0], 10)
    alone = survey_proportion(y, survey_design(np.ones(60)))
    together = survey_proportion(y, survey_design(np.ones(60), unit=np.arange(60) // 10))
    assert together.upper[0, 0] - together.lower[0, 0] > 2 * (alone.upper[0, 0] - alone.lower[0, 0])
    with pytest.raises(ValueError, match="values must be 0, 1"):
        survey_proportion([0.5], survey_design([1.0]))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"weight": [1, 0]}, "weight must be > 0"),
        ({"unit": [1, 2, 3]}, "unit must have shape"),
        ({"lonely": "average"}, "lonely must be one of"),
        ({"fraction": [0.5, 1.5]}, "fraction must lie in"),
        ({"fraction": [0.5, 0.4]}, "one number in each stratum"),
        ({"stratum": np.zeros((2, 2))}, "add units"),
    ],
)
def test_an_impossible_design_is_refused(changed, words):
    with pytest.raises(ValueError, match=words):
        survey_design(**({"weight": [1, 1]} | changed))


@pytest.mark.parametrize(
    ("values", "kinds", "words"),
    [
        ([1.0], {}, "one length"),
        ([1.0, np.inf], {}, "values must be finite"),
        ([1.0, 2], {"domain": [0, 1]}, "domain must lie"),
        ([1.0, 2], {"level": 2}, "level must lie"),
        (np.ones((2, 5)), {"n_domains": 1000, "across_domains": True}, "ask for fewer domains"),
    ],
)
def test_impossible_values_are_refused(values, kinds, words):
    with pytest.raises(ValueError, match=words):
        survey_mean(values, survey_design([1.0, 1]), **kinds)


def test_the_covariance_of_two_indicators_is_right_on_average():
    means, covariances = [], []
    for seed in range(500):
        y, w, unit, stratum, _ = survey(seed, strata=2, units=15)
        found = survey_mean(y, survey_design(w, unit=unit, stratum=stratum))
        means.append(found.estimate[0])
        covariances.append(found.covariance[0])
    assert np.mean(covariances, axis=0) == pytest.approx(np.cov(np.transpose(means)), rel=0.15)
