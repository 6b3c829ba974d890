"""Leukaemia in upstate New York, against SaTScan's own printed result."""

import json
from pathlib import Path

import numpy as np
import pytest

from models.scan import CircularScan

DATA = Path(__file__).parents[2] / "data" / "statistics"
PRINTED = json.loads((DATA / "ny_satscan.json").read_text())
CLUSTERS = PRINTED["cartesian_50_percent"]


@pytest.fixture(scope="module")
def new_york():
    table = np.genfromtxt(DATA / "ny_leukemia.csv", delimiter=",", names=True)
    return (
        np.column_stack([table["longitude"], table["latitude"]]),
        np.floor(table["cases"]),
        table["population"],
    )


@pytest.fixture(scope="module")
def clusters(new_york):
    return CircularScan().fit(*new_york).clusters_


def test_every_printed_cluster_has_its_likelihood_ratio_and_members(clusters):
    for found, printed in zip(clusters, CLUSTERS, strict=False):
        assert found.llr == pytest.approx(printed["llr"], abs=5e-7)
        assert set(found.members.tolist()) == set(printed["members"])
        assert found.observed == printed["observed"]
        assert found.expected == pytest.approx(printed["expected"], abs=0.005)
        assert found.relative_risk == pytest.approx(printed["relative_risk"], abs=0.005)
    assert len(clusters) >= len(CLUSTERS)


def test_p_values_agree_within_the_error_of_two_simulations(clusters):
    for found, printed in zip(clusters[1:], CLUSTERS[1:], strict=False):
        p = printed["p_value"]
        assert abs(found.p_value - p) <= 4 * np.sqrt(2 * p * (1 - p) / 999) + 1e-3
    assert clusters[0].p_value == 0.001


def test_the_gumbel_p_of_the_first_cluster_resolves_what_999_maps_cannot(clusters):
    assert clusters[0].p_gumbel == pytest.approx(CLUSTERS[0]["p_value"], rel=0.3)


def test_the_simulated_maxima_have_the_published_moments(clusters):
    known = PRINTED["gumbel"]
    assert clusters.maxima.mean() == pytest.approx(known["mean"], abs=0.2)
    assert clusters.maxima.std() == pytest.approx(known["sd"], rel=0.1)
    for share, value in known["q"].items():
        assert np.quantile(clusters.maxima, float(share)) == pytest.approx(value, rel=0.08)


def test_great_circles_give_the_printed_radii(new_york):
    found = CircularScan(metric="haversine", replicates=0).fit(*new_york).clusters_
    radii = [round(one.radius, 2) for one in found[:6]]
    assert radii == PRINTED["haversine_radii_km"]
