import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array, diags_array

from models.hotspots import geary, general_g, getis_ord, local_geary, local_moran, moran
from models.results import RiskEstimates

EVERY = [moran, geary, general_g, local_moran, local_geary, getis_ord]


def chain(n):
    return diags_array([1.0, 1.0], offsets=[-1, 1], shape=(n, n)).tocsr()


@pytest.mark.parametrize("make", [moran, geary])
def test_permutations_agree_with_the_normal_approximation(make):
    values, links = np.random.default_rng(0).normal(size=300).cumsum() / 8, chain(300)
    values += np.random.default_rng(1).normal(size=300) * 40
    drawn, analytic = make(values, links, permutations=1999), make(values, links)
    assert (drawn.method, analytic.method) == ("permutation", "analytic")
    assert drawn.p_value == pytest.approx(analytic.p_value, abs=0.06)
    assert drawn.statistic == analytic.statistic


@pytest.mark.parametrize("make", [moran, geary])
def test_permutations_agree_with_the_plain_way(make):
    values, links = np.random.default_rng(3).normal(size=20), chain(20)
    rng = np.random.default_rng(1)
    seen = make(values, links, style="B").statistic
    drawn = np.array([make(rng.permutation(values), links, style="B").statistic for _ in range(1000)])
    ours = make(values, links, style="B", permutations=4000, alternative="greater").p_value
    assert ours == pytest.approx((drawn >= seen).mean(), abs=0.07)
    other = make(values, links, style="B", permutations=4000, alternative="less").p_value
    assert ours + other == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("make", [moran, geary])
def test_permutations_do_not_show_the_order_of_areas(make):
    values, links = np.random.default_rng(3).normal(size=40), chain(40)
    order = np.random.default_rng(2).permutation(40)
    first = make(values, links, permutations=499)
    assert make(values[order], links[order][:, order], permutations=499).p_value == first.p_value


def test_neighbours_alike_are_high_by_moran_and_low_by_geary():
    assert moran(np.arange(20.0), chain(20), alternative="greater").p_value < 1e-4
    assert geary(np.arange(20.0), chain(20), alternative="less").p_value < 1e-4


@pytest.mark.parametrize("make", [moran, geary, general_g])
def test_moments_are_those_of_shuffles(make):
    values, links = np.random.default_rng(3).lognormal(size=12), chain(12)
    rng = np.random.default_rng(1)
    drawn = np.array([make(rng.permutation(values), links).statistic for _ in range(1500)])
    result = make(values, links)
    assert drawn.mean() == pytest.approx(result.expected, abs=4 * drawn.std() / np.sqrt(1500))
    assert drawn.var() == pytest.approx(result.variance, rel=0.2)


@pytest.mark.parametrize("make", [moran, geary])
def test_what_to_do_with_islands_is_a_choice(make):
    values, links = np.random.default_rng(3).normal(size=20), chain(20)
    sea = csr_array((links.data, links.indices, np.append(links.indptr, links.indptr[-1])), shape=(21, 21))
    alone = make(values, links)
    more = np.append(values, 9.0), sea
    kept, dropped, excluded = (make(*more, islands=one) for one in ("keep", "drop", "exclude"))
    assert (kept.n, dropped.n, excluded.n) == (21, 20, 20)
    assert (excluded.statistic, excluded.p_value) == (alone.statistic, alone.p_value)
    assert all(one.islands.tolist() == [False] * 20 + [True] for one in (kept, dropped, excluded))
    assert len({kept.statistic, dropped.statistic, excluded.statistic}) == 3


def test_the_general_g_tells_high_values_together_from_apart():
    high = np.r_[np.full(5, 9.0), np.tile([1.0, 2], 10)]
    assert general_g(high, chain(25), alternative="greater").p_value < 0.01
    assert general_g(np.tile([9.0, 1, 1, 9, 1], 5), chain(25), alternative="less").z < 0
    assert general_g(7 * high, chain(25)).z == pytest.approx(general_g(high, chain(25)).z)
    for wrong in (high - 5, np.r_[1.0, np.zeros(24)]):
        with pytest.raises(ValueError, match="natural zero"):
            general_g(wrong, chain(25))
    with pytest.raises(ValueError, match="alternative"):
        general_g(high, chain(25), alternative="up")


def test_a_table_has_one_row():
    assert moran(np.arange(9.0), chain(9)).to_frame()["n"].tolist() == [9]


@pytest.mark.parametrize("make", EVERY)
def test_smoothed_maps_are_refused_with_the_reason(make):
    one = np.arange(6.0)
    smoothed = RiskEstimates(
        risk=one, lower=one, upper=one, sd=one, exceedance=one, shape=1.0, coefficients=np.zeros(1)
    )
    marked = pd.Series(one)
    marked.attrs["smoothed"] = True
    for values in (smoothed, marked):
        with pytest.raises(ValueError, match="autocorrelated by construction"):
            make(values, chain(6))


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize(
    ("values", "why"),
    [
        ([1.0, np.nan, 2, 3, 4, 5], "finite"),
        ([1.0] * 6, "differ"),
        ([1.0, 2, 3], "at least 4"),
        (np.eye(6), "dimension"),
        (np.arange(5.0), "shape"),
    ],
)
def test_values_that_cannot_be_tested_are_refused(make, values, why):
    with pytest.raises(ValueError, match=why):
        make(values, chain(6))


@pytest.mark.parametrize("make", EVERY)
def test_a_map_of_islands_is_refused(make):
    with pytest.raises(ValueError, match="no area has a neighbour"):
        make(np.arange(6.0), csr_array((6, 6)))


@pytest.mark.parametrize("make", [moran, geary])
def test_unknown_choices_are_refused(make):
    for wrong in ({"islands": "sink"}, {"alternative": "up"}, {"assumption": "luck"}, {"permutations": -1}):
        with pytest.raises(ValueError, match="got"):
            make(np.arange(6.0), chain(6), **wrong)
    two = csr_array(([1.0, 1.0], ([0, 1], [1, 0])), shape=(6, 6))
    with pytest.raises(ValueError, match="4 areas with a neighbour"):
        make(np.arange(6.0), two)
    with pytest.raises(ValueError, match="at least 4"):
        make(np.arange(6.0), two, islands="exclude")
