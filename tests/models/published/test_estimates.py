import json
from pathlib import Path

import numpy as np
import pytest

from models.estimates import FayHerriot

DATA = Path(__file__).parents[2] / "data" / "statistics"
REFERENCE = json.loads((DATA / "milk_fay_herriot.json").read_text())


def milk():
    table = np.genfromtxt(DATA / "sae_milk.csv", delimiter=",", skip_header=1)
    covariates = np.eye(4)[table[:, 5].astype(int) - 1]
    covariates[:, 0] = 1
    return table[:, 2], table[:, 3] ** 2, covariates


@pytest.mark.parametrize(("method", "variance"), [("reml", 0.018550334471), ("ml", 0.015517509595)])
def test_milk_has_its_converged_variance_between_areas(method, variance):
    assert FayHerriot(method).fit(*milk()).variance_ == pytest.approx(variance, rel=1e-6)


def test_milk_has_its_published_regression_predictors_and_errors():
    fit = FayHerriot(method="reml").fit(*milk())
    assert fit.variance_ == pytest.approx(REFERENCE["refvar"], rel=1e-3)
    assert fit.coefficients_ == pytest.approx(REFERENCE["beta"], rel=1e-5)
    assert np.sqrt(np.diag(fit.coefficient_covariance_)) == pytest.approx(REFERENCE["beta_se"], rel=1e-5)
    assert fit.estimates_ == pytest.approx(REFERENCE["eblup"], rel=1e-5)
    assert fit.mse_ == pytest.approx(REFERENCE["mse"], rel=1e-5)
    assert fit.log_likelihood_ == pytest.approx(REFERENCE["loglik"], rel=1e-6)
