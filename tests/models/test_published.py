"""Published numbers: SaTScan, spdep, sae, SpatialEpi, OR-Library, spopt, NUTS, on data that everybody has."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import shortest_path

from models.estimates import FayHerriot
from models.hotspots import geary, general_g, getis_ord, local_moran, moran, rate_moran
from models.rates import choynowski, directly_standardised, freeman_tukey, poisson_regression
from models.scan import CircularScan
from models.siting import p_median, verify
from models.smoothing import BYM2, marshall
from models.smoothing.field import scaled_field

DATA = Path(__file__).parents[1] / "data" / "statistics"
PLACES = DATA.parent / "location"
SATSCAN = json.loads((DATA / "ny_satscan.json").read_text())
CLUSTERS = SATSCAN["cartesian_50_percent"]
HOTSPOTS = json.loads((DATA / "hotspots_reference.json").read_text())
COLUMBUS = HOTSPOTS["columbus_crime"]
NC = ("ncCR85", "ncCC89")
GLOBAL = ("I", "EI", "VI_rand", "z_rand", "p_rand_greater", "VI_norm", "z_norm", "geary_C", "geary_VC_rand")
LOCAL = {"statistic": "Ii", "expected": "E", "variance": "Var", "z": "Z", "p_value": "p"}
RATES = json.loads((DATA / "rates_reference.json").read_text())
CAROLINA = RATES["nc_sids_1974"]
MILK = json.loads((DATA / "milk_fay_herriot.json").read_text())
LONG_RUN = json.loads((DATA / "scotland_bym2.json").read_text())


# leukaemia in upstate New York: a file that SaTScan 9.6 printed


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
    known = SATSCAN["gumbel"]
    assert clusters.maxima.mean() == pytest.approx(known["mean"], abs=0.2)
    assert clusters.maxima.std() == pytest.approx(known["sd"], rel=0.1)
    for share, value in known["q"].items():
        assert np.quantile(clusters.maxima, float(share)) == pytest.approx(value, rel=0.08)


def test_great_circles_give_the_printed_radii(new_york):
    found = CircularScan(metric="haversine", replicates=0).fit(*new_york).clusters_
    radii = [round(one.radius, 2) for one in found[:6]]
    assert radii == SATSCAN["haversine_radii_km"]


# crime in Columbus, infant deaths in North Carolina: spdep


def neighbours(name, n):
    pairs = pd.read_csv(DATA / f"{name}.csv")
    return coo_array((np.ones(len(pairs)), (pairs["i"], pairs["j"])), shape=(n, n)).tocsr()


def numbers(values):
    return np.array([np.nan if value is None else value for value in values], float)


def agree(ours, theirs, rel=1e-9):
    np.testing.assert_allclose(ours, numbers(theirs), rtol=rel, atol=1e-15)


@pytest.fixture(scope="module")
def crime():
    return pd.read_csv(DATA / "columbus.csv")["CRIME"].to_numpy(), neighbours("columbus_nb", 49)


@pytest.fixture(scope="module")
def sids():
    return pd.read_csv(DATA / "nc_sids.csv")


def transformed(sids):
    """Freeman and Tukey's square roots of the rates of 1974."""
    births, deaths = sids["BIR74"].to_numpy(), sids["SID74"].to_numpy()
    return np.sqrt(1000) * (np.sqrt(deaths / births) + np.sqrt((deaths + 1) / births))


def test_crime_in_columbus_by_moran_and_geary(crime):
    shuffled, normal = moran(*crime, alternative="greater"), moran(*crime, assumption="normality")
    other = geary(*crime)
    ours = [shuffled.statistic, shuffled.expected, shuffled.variance, shuffled.z, shuffled.p_value]
    ours += [normal.variance, normal.z, other.statistic, other.variance]
    agree(ours, [COLUMBUS["global"][name] for name in GLOBAL])


def test_high_crime_gathers_by_the_general_g(crime):
    ours = general_g(*crime)
    agree([ours.statistic, ours.expected, ours.variance], COLUMBUS["globalG_binary"])


@pytest.mark.parametrize("moments", ["conditional", "randomisation"])
def test_local_moran_and_its_moments_in_columbus(crime, moments):
    ours, theirs = local_moran(*crime, method="normal", moments=moments), COLUMBUS[f"local_{moments}"]
    for name, key in LOCAL.items():
        agree(getattr(ours, name), theirs[key])


def test_false_discovery_in_columbus(crime):
    ours = local_moran(*crime, method="normal")
    agree(ours.p_fdr, COLUMBUS["p_fdr_from_conditional"])
    assert (ours.hotspots() != "").sum() == 3


def test_saddlepoint_in_columbus(crime):
    ours = local_moran(*crime, method="saddlepoint", alternative="greater")
    agree(ours.p_value, COLUMBUS["local_sad"]["p"], rel=1e-7)
    np.testing.assert_allclose(ours.z, COLUMBUS["local_sad"]["z"], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(
    ("key", "star", "style"),
    [("Gi_z", False, "B"), ("GiStar_z_binary", True, "B"), ("GiStar_z_W", True, "W")],
)
def test_getis_and_ord_in_columbus(crime, key, star, style):
    agree(getis_ord(*crime, star, style=style).statistic, COLUMBUS[key])


def test_permutations_in_columbus_within_their_error(crime):
    ours = local_moran(*crime, permutations=999, alternative="folded").p_value
    theirs = np.array(COLUMBUS["local_perm9999_p_folded"])
    assert (np.abs(ours - theirs) <= 4 * np.sqrt(theirs * (1 - theirs) / 999) + 1e-3).all()


@pytest.mark.parametrize("name", NC)
@pytest.mark.parametrize(("key", "style"), [("moran_rate", "W"), ("moran_ft", "W"), ("moran_ft_B", "B")])
def test_infant_deaths_with_and_without_islands(sids, name, key, style):
    values = (sids["SID74"] / sids["BIR74"]).to_numpy() if key == "moran_rate" else transformed(sids)
    given = values, neighbours(name, 100)
    theirs = HOTSPOTS[f"nc_sids_{name}"]
    one, normal = (
        moran(*given, style=style, alternative="greater"),
        moran(*given, style=style, assumption="normality"),
    )
    other = geary(*given, style=style)
    ours = [one.statistic, one.expected, one.variance, one.z, one.p_value, normal.variance, normal.z]
    agree([*ours, other.statistic, other.variance], [theirs[key][item] for item in GLOBAL])
    assert one.islands.sum() == theirs["n_islands"] == 100 - one.n


@pytest.mark.parametrize("name", NC)
def test_local_statistics_of_infant_deaths(sids, name):
    given = (sids["SID74"] / sids["BIR74"]).to_numpy(), neighbours(name, 100)
    theirs = HOTSPOTS[f"nc_sids_{name}"]
    ours = local_moran(*given, method="normal")
    held = ~ours.islands
    for item, key in LOCAL.items():
        agree(getattr(ours, item)[held], numbers(theirs["local_rate_conditional"][key])[held])
        assert np.isnan(getattr(ours, item)[~held]).all()
    agree(getis_ord(*given, False).statistic, theirs["Gi_rate_B"])
    agree(getis_ord(*given).statistic, theirs["GiStar_rate_B"])


@pytest.mark.parametrize("name", NC)
def test_empirical_bayes_moran_of_infant_deaths(sids, name):
    ours = rate_moran(sids["SID74"], sids["BIR74"], neighbours(name, 100), alternative="greater")
    theirs = HOTSPOTS[f"nc_sids_{name}"]
    assert ours.statistic == pytest.approx(theirs["EBI"], rel=1e-9)
    assert abs(ours.p_value - theirs["EBI_p999"]) <= 4 * np.sqrt(0.001 * 0.999 / 999) + 1e-3


# rates of North Carolina and Scotland: spdep, SpatialEpi


def carolina():
    columns = np.genfromtxt(DATA / "nc_sids.csv", delimiter=",", skip_header=1, usecols=(9, 8))
    return columns[:, 0], columns[:, 1]


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
    found = marshall(*carolina(), neighbours(name, 100), convention=convention)
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
    near = neighbours("ncCR85", 100)
    lag = (near @ z) / near.sum(axis=1)
    assert (z @ lag) / (z @ z) == pytest.approx(CAROLINA["moran_ft"], rel=1e-9)


def test_scotland_has_its_published_regression_and_rates(scotland):
    cases, expected, _, outdoors = scotland
    reference = RATES["scotland"]
    found = poisson_regression(cases, expected, outdoors[:, None])
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


# milk: sae, and the same iterated to the end


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
    assert fit.variance_ == pytest.approx(MILK["refvar"], rel=1e-3)
    assert fit.coefficients_ == pytest.approx(MILK["beta"], rel=1e-5)
    assert np.sqrt(np.diag(fit.coefficient_covariance_)) == pytest.approx(MILK["beta_se"], rel=1e-5)
    assert fit.estimates_ == pytest.approx(MILK["eblup"], rel=1e-5)
    assert fit.mse_ == pytest.approx(MILK["mse"], rel=1e-5)
    assert fit.log_likelihood_ == pytest.approx(MILK["loglik"], rel=1e-6)


# lip cancer in Scotland: 40,000 draws of NUTS


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


# siting: the OR-Library's networks, and stores in San Francisco from spopt's own tests


def network(name):
    """Shortest distances of an OR-Library instance; a repeated edge takes its last cost."""
    first, *edges = [
        [*map(int, line.split())]
        for line in (PLACES / f"{name}.txt").read_text().splitlines()
        if line.strip()
    ]
    length = np.full((first[0], first[0]), np.inf)
    for one, other, cost in edges:
        length[one - 1, other - 1] = length[other - 1, one - 1] = cost
    return shortest_path(length, directed=False)


OPTIMA = pd.read_csv(PLACES / "pmed_optima.csv").to_dict("records")


@pytest.mark.parametrize("known", OPTIMA, ids=[row["instance"] for row in OPTIMA])
def test_every_p_median_of_the_or_library_is_found_and_proven(known):
    distance = network(known["instance"])
    plan = p_median(distance, np.ones(len(distance)), known["p"])
    assert plan.objective == plan.bound == known["pmedian_opt"]
    assert plan.proven
    assert verify(plan, distance, np.ones(len(distance)))


def test_four_stores_in_san_francisco_have_their_published_distance():
    table = np.genfromtxt(PLACES / "san_francisco.csv", delimiter=",", skip_header=1)
    plan = p_median(table[:, 2:], table[:, 1], 4)
    assert plan.objective == pytest.approx(2848268129.7145104, rel=1e-12)
    assert plan.objective / table[:, 1].sum() == pytest.approx(2982.1268579890657, rel=1e-9)
    assert plan.sites.tolist() == [1, 2, 5, 10]
    assert plan.proven
    assert verify(plan, table[:, 2:], table[:, 1])
