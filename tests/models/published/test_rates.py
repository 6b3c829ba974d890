import json
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import coo_array

from models.marshall import marshall
from models.rates import choynowski, directly_standardised, freeman_tukey, poisson_regression

DATA = Path(__file__).parents[2] / "data" / "statistics"
REFERENCE = json.loads((DATA / "rates_reference.json").read_text())
CAROLINA = REFERENCE["nc_sids_1974"]


def carolina():
    columns = np.genfromtxt(DATA / "nc_sids.csv", delimiter=",", skip_header=1, usecols=(9, 8))
    return columns[:, 0], columns[:, 1]


def scotland():
    table = np.genfromtxt(DATA / "scotland_lip.csv", delimiter=",", skip_header=1)
    return table[:, 1], table[:, 2], table[:, 3:] / 10


def counties(name):
    pairs = np.genfromtxt(DATA / f"{name}.csv", delimiter=",", skip_header=1, dtype=int)
    return coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(100, 100)).tocsr()


def test_north_carolina_has_its_published_empirical_bayes_rates():
    found = marshall(*carolina())
    assert found.between[0] == pytest.approx(CAROLINA["EBest_a"], rel=1e-9)
    assert found.mean[0] == pytest.approx(CAROLINA["EBest_b"], rel=1e-9)
    assert found.rate == pytest.approx(CAROLINA["EBest"], rel=1e-9)


@pytest.mark.parametrize("name", ["ncCR85", "ncCC89"])
@pytest.mark.parametrize(
    ("convention", "reference"), [("shared", "EBlocal_geoda"), ("own", "EBlocal_nogeoda")]
)
def test_north_carolina_has_its_published_local_rates(name, convention, reference):
    expected = np.array(CAROLINA[name][reference], dtype=float)
    given = np.isfinite(expected)  # spdep leaves islands and empty neighbourhoods open
    assert given.sum() >= 98
    found = marshall(*carolina(), counties(name), convention=convention)
    assert found.rate[given] == pytest.approx(expected[given], rel=1e-9)
    assert found.rate[~given] == pytest.approx(found.raw[~given])


def test_north_carolina_has_its_published_probability_map():
    found, maps = choynowski(*carolina()), CAROLINA["maps"]
    assert found.expected == pytest.approx(maps["expCount"], rel=1e-9)
    assert found.probability == pytest.approx(maps["choynowski_p"], rel=1e-9)
    assert found.cumulative == pytest.approx(maps["pmap"], rel=1e-9)
    assert found.low.tolist() == maps["choynowski_low"]


def test_square_root_rates_of_north_carolina_have_their_published_moran():
    z = freeman_tukey(*carolina())
    z = z - z.mean()
    near = counties("ncCR85")
    lag = (near @ z) / near.sum(axis=1)
    assert (z @ lag) / (z @ z) == pytest.approx(CAROLINA["moran_ft"], rel=1e-9)


def test_scotland_has_its_published_regression_and_rates():
    cases, expected, outdoors = scotland()
    reference = REFERENCE["scotland"]
    found = poisson_regression(cases, expected, outdoors)
    assert found.coefficients == pytest.approx(reference["glm_aff10"], rel=1e-9)
    assert poisson_regression(cases, expected).dispersion == pytest.approx(
        reference["pearson_disp"], rel=1e-9
    )
    assert marshall(cases, expected).rate == pytest.approx(reference["EBest_marshall"], rel=1e-9)


def test_first_births_with_downs_syndrome_have_their_published_adjusted_rate():
    # Fleiss (1981), Statistical Methods for Rates and Proportions, p. 249: Michigan 1950-64 by mother's age
    births = np.array(
        [
            [230061, 329449, 114920, 39487, 14208, 3052],
            [72202, 326701, 208667, 83228, 28466, 5375],
            [15050, 175702, 207081, 117300, 45026, 8660],
            [2293, 68800, 132424, 98301, 46075, 9834],
            [327, 30666, 123419, 149919, 104088, 34392],
        ]
    )
    found = directly_standardised(
        [107, 141, 60, 40, 39, 25],
        births[0],
        area=[0] * 6,
        stratum=range(6),
        n_areas=1,
        standard=births.sum(axis=0),
        per=100_000,
    )
    assert found.rate[0] == pytest.approx(92.3, abs=0.05)
