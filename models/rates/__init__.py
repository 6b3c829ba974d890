"""Crude and standardised rates with exact intervals; expected counts by strata and covariates."""

from models.rates.exact import binomial_share, poisson_rate
from models.rates.regression import PoissonRegression, poisson_regression
from models.rates.screening import CountProbabilities, choynowski, freeman_tukey
from models.rates.standardised import directly_standardised, expected_counts, standardised_ratio

__all__ = [
    "CountProbabilities",
    "PoissonRegression",
    "binomial_share",
    "choynowski",
    "directly_standardised",
    "expected_counts",
    "freeman_tukey",
    "poisson_rate",
    "poisson_regression",
    "standardised_ratio",
]
