import json
from pathlib import Path

import numpy as np
import pytest

from models.smoothing import EmpiricalBayes

DATA = Path(__file__).parents[2] / "data" / "statistics"
REFERENCE = json.loads((DATA / "scotland_empirical_bayes.json").read_text())


def scotland():
    table = np.genfromtxt(DATA / "scotland_lip.csv", delimiter=",", skip_header=1)
    return table[:, 1], table[:, 2], table[:, 3]


def test_scotland_has_its_published_shape_and_risks():
    cases, expected, _ = scotland()
    result = EmpiricalBayes().fit(expected, cases).result_
    reference = REFERENCE["EB_gammaPoisson"]
    assert result.shape == pytest.approx(reference["alpha"], rel=1e-4)
    assert result.coefficients[0] == pytest.approx(reference["beta"], rel=1e-4)
    assert result.risk == pytest.approx(reference["RR"], rel=1e-4)


def test_scotland_with_a_covariate_has_its_published_values():
    cases, expected, aff = scotland()
    result = EmpiricalBayes().fit(expected, cases, covariates=aff[:, None] / 10).result_
    reference = REFERENCE["EB_gammaPoisson_aff10"]
    assert result.shape == pytest.approx(reference["alpha"], rel=1e-3)
    assert result.coefficients == pytest.approx(reference["beta"], rel=1e-3)
    assert result.risk == pytest.approx(reference["RR"], rel=1e-3)


def test_intervals_cover_the_truth_they_were_drawn_from():
    rng = np.random.default_rng(0)
    expected = rng.lognormal(1.5, 1, 2000)
    truth = rng.gamma(3, 1 / 3, 2000)
    result = EmpiricalBayes().fit(expected, rng.poisson(expected * truth)).result_
    assert result.shape == pytest.approx(3, rel=0.15)
    assert 0.935 < ((result.lower <= truth) & (truth <= result.upper)).mean() < 0.965


def test_without_overdispersion_everybody_gets_the_mean():
    result = EmpiricalBayes().fit(np.full(50, 10.0), np.full(50, 10.0)).result_
    assert result.risk == pytest.approx(np.ones(50), abs=1e-4)


def test_no_case_anywhere_gives_a_finite_small_risk():
    result = EmpiricalBayes().fit(np.full(20, 5.0), np.zeros(20)).result_
    assert (result.risk < 0.01).all()
    assert np.isfinite(result.upper).all()


@pytest.mark.parametrize("expected", [0.0, -1.0, np.nan])
def test_an_area_without_expected_cases_is_refused(expected):
    with pytest.raises(ValueError, match="expected must be > 0"):
        EmpiricalBayes().fit([1.0, expected], [1.0, 1.0])
