from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

from models.estimates import (
    rake,
    replicate_mean,
    replicate_total,
    replicate_weights,
    replicated,
    survey_design,
    survey_mean,
    survey_total,
)


def survey(units=5, strata=4, fraction=0.2, seed=0):
    rng = np.random.default_rng(seed)
    n = strata * units * 3
    stratum, unit = np.arange(n) // (units * 3), np.arange(n) // 3
    y = rng.normal(size=(n, 2)) + rng.normal(size=(strata * units, 2))[unit]
    design = survey_design(
        rng.uniform(1, 2, n), unit=unit, stratum=stratum, fraction=np.full(n, fraction), lonely="fail"
    )
    return y, design, rng.integers(0, 3, n)


def test_leaving_out_units_equals_linearisation_for_a_total():
    y, design, domain = survey()
    weights = replicate_weights(design, "jkn")
    found = replicate_total(y, design, weights, domain=domain, n_domains=3)
    plain = survey_total(y, design, domain=domain, n_domains=3)
    assert found.estimate == pytest.approx(plain.estimate)
    assert found.covariance == pytest.approx(plain.covariance)
    assert found.upper == pytest.approx(plain.upper)


def test_balanced_halves_equal_linearisation_for_a_total():
    y, design, _ = survey(units=2, strata=11)
    plain = survey_total(y, design).covariance
    assert replicate_total(y, design, replicate_weights(design, "brr")).covariance == pytest.approx(plain)
    fay = replicate_weights(design, "brr", fay=0.3)
    assert (fay.factor > 0).all()
    assert replicate_total(y, design, fay).covariance == pytest.approx(plain)


def test_leaving_out_any_unit_equals_an_unstratified_design_for_a_total():
    y, design, _ = survey(fraction=0.0)
    flat = survey_design(design.weight, unit=design.stages[0].unit)
    found = replicate_total(y, design, replicate_weights(design, "jk1"))
    assert found.covariance == pytest.approx(survey_total(y, flat).covariance)


@pytest.mark.parametrize(("method", "near"), [("jkn", 0.1), ("bootstrap", 0.15)])
def test_replicates_come_near_linearisation_for_a_mean(method, near):
    y, design, domain = survey(units=12)
    weights = replicate_weights(design, method, replicates=3000)
    found = replicate_mean(y, design, weights, domain=domain, n_domains=3)
    plain = survey_mean(y, design, domain=domain, n_domains=3)
    assert found.estimate == pytest.approx(plain.estimate)
    assert found.variance == pytest.approx(plain.variance, rel=near)


def test_the_bootstrap_has_the_variance_of_a_total_and_is_keyed_by_seed_and_number():
    y, design, _ = survey()
    many = replicate_weights(design, "bootstrap", replicates=4000, seed=5)
    found = replicate_total(y, design, many).variance
    assert found == pytest.approx(survey_total(y, design).variance, rel=0.1)
    assert (replicate_weights(design, "bootstrap", replicates=7, seed=5).factor == many.factor[:7]).all()
    assert (many.factor > 0).any(axis=1).all()


def ratio(weights, y):
    return np.array([(weights @ y[:, 0]) / (weights @ np.abs(y[:, 1]))])


def test_any_statistic_has_a_variance_and_an_executor_changes_no_bit():
    y, design, _ = survey()
    weights = replicate_weights(design, "bootstrap", replicates=60)
    alone = replicated(partial(ratio, y=y), design, weights)
    with ThreadPoolExecutor(2) as pool:
        spread = replicated(partial(ratio, y=y), design, weights, executor=pool)
    assert (alone[0] == spread[0]).all()
    assert (alone[1] == spread[1]).all()
    assert alone[1][0, 0] > 0


def test_a_replicated_mean_is_the_statistic_replicated():
    y, design, _ = survey()
    weights = replicate_weights(design, "jkn")
    _, covariance = replicated(lambda w: (w @ y) / w.sum(), design, weights)
    assert covariance == pytest.approx(replicate_mean(y, design, weights).covariance[0])


def test_a_known_population_multiplies_the_mean():
    y, design, _ = survey()
    weights = replicate_weights(design, "jkn")
    total = replicate_total(y, design, weights, population=[100])
    assert total.variance == pytest.approx(1e4 * replicate_mean(y, design, weights).variance)


def test_unusable_designs_are_refused():
    y, design, domain = survey(units=3)
    weights = replicate_weights(design)
    with pytest.raises(ValueError, match="strata of two units"):
        replicate_weights(design, "brr")
    with pytest.raises(ValueError, match="method must be one of"):
        replicate_weights(design, "half")
    with pytest.raises(ValueError, match="fay must lie"):
        replicate_weights(survey(units=2)[1], "brr", fay=1.0)
    with pytest.raises(ValueError, match="replicates must lie"):
        replicate_weights(design, "bootstrap", replicates=1)
    with pytest.raises(ValueError, match="before calibration"):
        replicate_weights(rake(design, [(domain, [10, 20, 30])]).design)
    with pytest.raises(ValueError, match="needs every value"):
        replicate_total(np.where(y > 2, np.nan, y), design, weights)
    with pytest.raises(ValueError, match="there is none"):
        replicate_weights(survey_design([1.0, 1], stratum=[0, 1], lonely="certainty"), "brr")
    with pytest.raises(ValueError, match="two or more"):
        replicate_weights(survey_design([1.0, 1], unit=[0, 0]), "jk1")


def test_a_lonely_unit_needs_to_be_called_certain():
    kinds = {"unit": [0, 1, 2], "stratum": [0, 0, 1]}
    with pytest.raises(ValueError, match="1 strata have one unit"):
        replicate_weights(survey_design(np.ones(3), **kinds), "jkn")
    certain = survey_design(np.ones(3), **kinds, lonely="certainty")
    for method in ("jkn", "bootstrap"):
        assert (replicate_weights(certain, method).factor[:, 2] == 1).all()
