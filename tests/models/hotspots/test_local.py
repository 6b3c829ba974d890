import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.sparse import coo_array, csr_array, diags_array

from models.hotspots import getis_ord, local_geary, local_moran, rate_getis_ord
from models.hotspots.saddle import saddlepoint_z

LOCAL = {"moran": local_moran, "geary": local_geary}


def lattice(rows, columns):
    index = np.arange(rows * columns).reshape(rows, columns)
    pairs = [(index[:, :-1].ravel(), index[:, 1:].ravel()), (index[:-1].ravel(), index[1:].ravel())]
    a, b = (np.concatenate(side) for side in zip(*pairs, strict=True))
    entries = np.ones(2 * len(a)), (np.append(a, b), np.append(b, a))
    return coo_array(entries, shape=(index.size, index.size)).tocsr()


def with_island(links):
    n = links.shape[0]
    return csr_array(
        (links.data, links.indices, np.append(links.indptr, links.indptr[-1])), shape=(n + 1, n + 1)
    )


@pytest.fixture
def map_of_values():
    return np.random.default_rng(3).normal(size=56), lattice(7, 8)


def plain_p(values, links, permutations, term):
    """Two-sided p of sum_j w_ij term(x_i, x_j), the slow and obvious way."""
    rng, n = np.random.default_rng(11), len(values)
    p = np.empty(n)
    for area in range(n):
        others, around = np.delete(values, area), links[[area]].indices
        weights = links[[area]].data
        order = rng.permuted(np.tile(np.arange(n - 1), (permutations, 1)), axis=1)[:, : len(around)]
        drawn = (weights * term(values[area], others[order])).sum(axis=1)
        seen = (weights * term(values[area], values[around])).sum()
        tails = (drawn >= seen - 1e-9).sum(), (drawn <= seen + 1e-9).sum()
        p[area] = min(1, 2 * (min(tails) + 1) / (permutations + 1))
    return p


TERMS = {"moran": lambda own, other: own * other, "geary": lambda own, other: (own - other) ** 2}


@pytest.mark.parametrize("name", LOCAL)
@pytest.mark.parametrize("unequal", [False, True])
@pytest.mark.parametrize("thick", [False, True])
def test_permutations_agree_with_the_plain_way(map_of_values, name, unequal, thick):
    values, links = map_of_values
    values = values - values.mean()
    if thick:  # more neighbours than others: those left out are drawn
        links = (links @ links @ links @ links @ links).tocsr()
        links.setdiag(0)
        links.eliminate_zeros()
        links.data[:] = 1
    if unequal:
        links.data = np.random.default_rng(5).uniform(0.2, 3, links.nnz)
    ours = LOCAL[name](values, links, 4000, style="raw").p_value
    plain = plain_p(values, links, 4000, TERMS[name])
    error = 2 * np.sqrt(2 * plain / 2 * (1 - plain / 2) / 4000)
    assert (np.abs(ours - plain) <= 4 * error + 5e-4).all()


def test_gi_star_is_permuted_like_moran(map_of_values):
    gi, one = getis_ord(*map_of_values, permutations=999), local_moran(*map_of_values)
    np.testing.assert_array_equal(gi.p_value, one.p_value)


@pytest.mark.parametrize("name", LOCAL)
def test_moments_are_those_of_the_permutations(name):
    values, links = np.random.default_rng(0).normal(size=6), lattice(2, 3)
    result = LOCAL[name](values, links, method="normal")
    rng, drawn = np.random.default_rng(1), []
    for _ in range(1500):
        mixed = values.copy()
        mixed[1:] = rng.permutation(values[1:])
        drawn.append(LOCAL[name](mixed, links, method="normal").statistic[0])
    assert np.mean(drawn) == pytest.approx(result.expected[0], abs=4 * np.std(drawn) / np.sqrt(1500))
    assert np.var(drawn) == pytest.approx(result.variance[0], rel=0.2)


@pytest.mark.parametrize("make", [local_moran, local_geary, getis_ord])
def test_areas_in_another_order_give_the_same(map_of_values, make):
    values, links = map_of_values
    order = np.random.default_rng(2).permutation(len(values))
    first, second = (
        make(values, links, method="normal"),
        make(values[order], links[order][:, order], method="normal"),
    )
    for name in ("statistic", "expected", "variance", "p_value", "p_fdr"):
        np.testing.assert_allclose(getattr(second, name), getattr(first, name)[order], rtol=1e-9)
    assert (second.quadrant == first.quadrant[order]).all()


@pytest.mark.parametrize("make", [local_moran, local_geary])
@pytest.mark.parametrize("unequal", [False, True])
def test_permutations_do_not_show_the_order_of_areas(map_of_values, make, unequal):
    values, links = map_of_values
    if unequal:
        links.data = np.random.default_rng(5).uniform(0.2, 3, links.nnz)
    order = np.random.default_rng(2).permutation(len(values))
    first = make(values, links, style="raw")
    second = make(values[order], links[order][:, order], style="raw")
    np.testing.assert_array_equal(second.p_value, first.p_value[order])


@pytest.mark.parametrize("make", [local_moran, local_geary])
@pytest.mark.parametrize("method", ["permutation", "normal"])
def test_units_of_the_values_do_not_matter(map_of_values, make, method):
    values, links = map_of_values
    first, second = make(values, links, method=method), make(1e6 * values + 5e5, links, method=method)
    np.testing.assert_allclose(first.statistic, second.statistic, rtol=1e-8)
    np.testing.assert_allclose(first.p_value, second.p_value, rtol=1e-7)


def test_an_island_is_said_and_changes_nobody_when_excluded(map_of_values):
    values, links = map_of_values
    alone = local_moran(values, links)
    more = np.append(values, 40.0), with_island(links)
    excluded, kept = local_moran(*more, islands="exclude"), local_moran(*more)
    for name in ("statistic", "variance", "p_value", "p_fdr", "quadrant"):
        np.testing.assert_array_equal(getattr(excluded, name)[:-1], getattr(alone, name))
    for result in (excluded, kept):
        assert np.isnan(result.statistic[-1])
        assert np.isnan(result.p_value[-1])
        assert np.isnan(result.p_fdr[-1])
        assert result.islands.tolist() == [False] * 56 + [True]
        assert result.quadrant[-1] == "island"
        assert result.drawn[-1] == 0
    assert not np.allclose(kept.statistic[:-1], alone.statistic)  # its value is in their mean


def test_an_island_has_itself_in_gi_star_only(map_of_values):
    values, links = map_of_values
    more = np.append(values, 40.0), with_island(links)
    star, plain = getis_ord(*more), getis_ord(*more, star=False)
    assert star.statistic[-1] == pytest.approx((40 - more[0].mean()) / more[0].std())
    assert np.isnan(plain.statistic[-1])
    assert np.isnan(getis_ord(*more, permutations=99).p_value[-1])
    assert np.isnan(getis_ord(*more, islands="exclude").statistic[-1])


def test_quadrants_name_the_area_first():
    values, links = [9.0, 9, 9, 0, 0, 0, 0, 9, 0, 0], diags_array([1.0, 1.0], offsets=[-1, 1], shape=(10, 10))
    result = local_moran(values, links.tocsr(), method="normal")
    assert result.quadrant[[0, 4, 6, 7]].tolist() == ["high-high", "low-low", "low-high", "high-low"]


def test_too_few_permutations_for_a_false_discovery_bound_are_said(map_of_values):
    few, enough = (
        local_moran(*map_of_values, permutations=999),
        local_moran(*map_of_values, method="adaptive"),
    )
    assert (few.fdr_permutations, few.fdr_reachable) == (2239, False)
    assert (enough.permutations, enough.fdr_reachable) == (2239, True)
    assert local_moran(*map_of_values, method="saddlepoint").fdr_reachable


def test_a_planted_cluster_is_found_only_with_enough_permutations():
    values, links = np.random.default_rng(8).normal(size=900), lattice(30, 30)
    block = np.add.outer(np.arange(10, 13) * 30, np.arange(10, 13)).ravel()
    values[block] += 6
    found = local_moran(values, links, method="adaptive").hotspots()
    assert found[block[4]] == "high-high"
    assert not (local_moran(values, links).hotspots() != "").any()


def close(stopped, full):
    """Within 4 sd of 20 exceedances (whose p is skewed), or of 1,119 permutations that never reached them."""
    sd = np.sqrt(full * np.maximum(full / 20, 2 / 1119))
    return ((stopped - full <= 5 * sd + 2e-3) & (full - stopped <= 4 * sd)).all()


def test_adaptive_draws_of_unequal_weights_end_early_where_nothing_is(map_of_values):
    values, links = map_of_values
    links.data = np.random.default_rng(5).uniform(0.2, 3, links.nnz)
    result = local_moran(values, links, method="adaptive", style="raw")
    full = local_moran(values, links, 20_000, style="raw")
    assert result.drawn.min() < 100
    assert close(result.p_value, full.p_value)
    for side in ("greater", "less"):
        one = local_moran(values, links, method="adaptive", style="raw", alternative=side)
        other = local_moran(values, links, 20_000, style="raw", alternative=side)
        assert close(one.p_value, other.p_value)


def test_adaptive_draws_of_geary_always_end_early(map_of_values):
    result, full = local_geary(*map_of_values, method="adaptive"), local_geary(*map_of_values, 20_000)
    assert result.drawn.min() < 100
    assert close(result.p_value, full.p_value)


def test_alternatives_fit_together(map_of_values):
    two, folded, greater, less = (
        local_moran(*map_of_values, alternative=one).p_value
        for one in ("two-sided", "folded", "greater", "less")
    )
    np.testing.assert_allclose(two, np.minimum(1, 2 * folded))
    np.testing.assert_allclose(folded, np.minimum(greater, less))
    assert (greater + less >= 1).all()


def test_tied_values_count_on_both_sides():
    values = np.zeros(36)
    values[0] = 1.0
    result = local_moran(values, lattice(6, 6), alternative="greater")
    far = result.quadrant == "low-low"
    assert (result.p_value[far & (result.statistic == np.median(result.statistic))] > 0.8).all()


def test_the_whole_map_as_neighbours_leaves_nothing_to_permute():
    values, links = np.random.default_rng(0).normal(size=8), csr_array(np.ones((8, 8)))
    result = local_moran(values, links)
    np.testing.assert_allclose(result.p_value, 1)
    np.testing.assert_array_equal(result.z, 0)


def test_the_saddlepoint_has_a_limit_at_the_mean():
    values, links = np.random.default_rng(4).normal(size=40), lattice(5, 8)
    z = saddlepoint_z(values - values.mean(), links)
    centre = np.array([-1e-9, 0, 1e-9])
    moved = [_at_mean(values, links, nudge) for nudge in centre]
    assert np.isfinite(z).all()
    np.testing.assert_allclose(moved, moved[1], rtol=1e-3)


def _at_mean(values, links, nudge):
    """Deviate of area 0 when its statistic is its mean plus `nudge`."""
    deviation = values - values.mean()

    def gap(shift):
        moved = deviation.copy()
        moved[1] += shift
        moved -= moved.mean()
        share = moved[0] * (links @ moved)[0] / (moved**2).sum()
        return share + links[[0]].sum() / len(values) / (len(values) - 1) - nudge

    shift = brentq(gap, -6, 6)
    moved = deviation.copy()
    moved[1] += shift
    return saddlepoint_z(moved - moved.mean(), links)[0]


def test_shares_are_those_of_getis_and_ord():
    values, links = np.array([1.0, 2, 3, 4, 5, 6]), lattice(2, 3)
    result = getis_ord(values, links)
    assert result.share[0] == pytest.approx((1 + 2 + 4) / 21)
    assert result.share_expected[0] == pytest.approx(3 / 6)
    z = (result.share - result.share_expected) / np.sqrt(result.share_variance)
    np.testing.assert_allclose(z, result.statistic)
    assert np.isnan(getis_ord(-values, links).share).all()
    assert np.isnan(rate_getis_ord(values, values + 9, links).share).all()


def test_results_become_a_table(map_of_values):
    frame = local_moran(*map_of_values).to_frame()
    assert len(frame) == 56
    assert frame["drawn"].eq(999).all()


@pytest.mark.parametrize("make", [local_moran, local_geary, getis_ord])
def test_unknown_choices_are_refused(map_of_values, make):
    wrong = {"method": "magic", "alternative": "up", "style": "Z", "islands": "sink", "fdr_level": 0}
    for name, value in wrong.items():
        with pytest.raises(ValueError, match="got"):
            make(*map_of_values, **{name: value})
    with pytest.raises(ValueError, match="permutations"):
        make(*map_of_values, method="permutation", permutations=0)


def test_moments_must_be_known(map_of_values):
    with pytest.raises(ValueError, match="conditional or randomisation"):
        local_moran(*map_of_values, moments="total")


@pytest.mark.slow
def test_few_null_maps_flag_anything():
    links, flagged = lattice(15, 15), 0
    for number in range(200):
        values = np.random.default_rng(number).normal(size=225)
        flagged += (local_moran(values, links, method="adaptive", seed=number).hotspots() != "").any()
    assert flagged / 200 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 200)
