import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import coo_array

from models.hotspots import geary, general_g, getis_ord, local_moran, moran, rate_moran

DATA = Path(__file__).parents[2] / "data" / "statistics"
REFERENCE = json.loads((DATA / "hotspots_reference.json").read_text())
COLUMBUS = REFERENCE["columbus_crime"]
NC = ("ncCR85", "ncCC89")
GLOBAL = ("I", "EI", "VI_rand", "z_rand", "p_rand_greater", "VI_norm", "z_norm", "geary_C", "geary_VC_rand")
LOCAL = {"statistic": "Ii", "expected": "E", "variance": "Var", "z": "Z", "p_value": "p"}


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
    theirs = REFERENCE[f"nc_sids_{name}"]
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
    theirs = REFERENCE[f"nc_sids_{name}"]
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
    theirs = REFERENCE[f"nc_sids_{name}"]
    assert ours.statistic == pytest.approx(theirs["EBI"], rel=1e-9)
    assert abs(ours.p_value - theirs["EBI_p999"]) <= 4 * np.sqrt(0.001 * 0.999 / 999) + 1e-3
