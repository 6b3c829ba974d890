"""Lip cancer in Scotland, against a long run of NUTS on the Stan case study's model."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import coo_array

from models.smoothing import BYM2
from models.smoothing.field import scaled_field

DATA = Path(__file__).parents[2] / "data" / "statistics"
LONG_RUN = json.loads((DATA / "scotland_bym2.json").read_text())


@pytest.fixture(scope="module")
def scotland():
    table = np.genfromtxt(DATA / "scotland_lip.csv", delimiter=",", skip_header=1)
    pairs = np.genfromtxt(DATA / "scotland_adj_connected.csv", delimiter=",", skip_header=1, dtype=int)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    graph = coo_array((np.ones(len(both)), both.T), shape=(56, 56)).tocsr()
    graph.data[:] = 1.0
    return table[:, 1], table[:, 2], graph, table[:, 3] / 10


@pytest.fixture(scope="module")
def fit(scotland):
    return BYM2().fit(*scotland)


def test_the_field_is_scaled_as_published(scotland):
    assert scaled_field(scotland[2], n=56).precision.diagonal()[0] == pytest.approx(
        scotland[2].sum(axis=1)[0] * LONG_RUN["scaling_factor"], rel=1e-9
    )


def test_relative_risks_are_those_of_the_long_run(fit):
    found = fit.result_
    assert found.mean == pytest.approx(LONG_RUN["RR_mean"], rel=0.015)
    assert found.sd == pytest.approx(LONG_RUN["RR_sd"], rel=0.05)
    assert found.exceedance(1.0) == pytest.approx(LONG_RUN["P_RR_gt1"], abs=0.015)


def test_hyperparameters_are_those_of_the_long_run(fit):
    found = fit.hyperparameters_
    for name, one in {
        "beta0": found.intercept,
        "beta1": found.slopes[0],
        "sigma": found.sigma,
        "rho": found.rho,
    }.items():
        known = LONG_RUN[name]
        assert one.mean == pytest.approx(known["mean"], abs=0.1 * known["sd"])
        assert one.sd == pytest.approx(known["sd"], rel=0.05)
        assert one.median == pytest.approx(known["median"], abs=0.15 * known["sd"])


def test_joint_draws_have_the_marginals(fit):
    draws, found = fit.sample(4000), fit.result_
    assert draws.mean(axis=0) == pytest.approx(found.mean, rel=0.03)
    assert (draws > 1).mean(axis=0) == pytest.approx(found.exceedance(1.0), abs=4 * 0.5 / np.sqrt(4000))
    assert np.quantile(draws, 0.975, axis=0) == pytest.approx(found.upper, rel=0.08)
