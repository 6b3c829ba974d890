from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from scipy.sparse import csr_array

from models.checking import (
    checks_to_frame,
    edge_effect,
    leave_one_out,
    predictive_checks,
    prior_sensitivity,
    spatial_confounding,
    unit_sensitivity,
)
from models.smoothing import BYM2
from models.smoothing.field import scaled_field

SIDE = 12
N = SIDE * SIDE


def lattice(side):
    n = side * side
    graph = np.zeros((n, n))
    for a in range(n):
        if a % side < side - 1:
            graph[a, a + 1] = 1
        if a + side < n:
            graph[a, a + side] = 1
    return csr_array(graph + graph.T)


GRAPH = lattice(SIDE)


def city(seed=0, sigma=0.4):
    rng = np.random.default_rng(seed)
    field = scaled_field(GRAPH, n=N).condition(np.full(N, 1e-6)).draw(rng.standard_normal(N))
    truth = sigma * (np.sqrt(0.7) * field + np.sqrt(0.3) * rng.standard_normal(N))
    expected = rng.lognormal(1.5, 0.6, N)
    return rng.poisson(expected * np.exp(truth)).astype(float), expected, truth


@pytest.fixture(scope="module")
def fitted():
    count, expected, _ = city()
    return BYM2().fit(count, expected, GRAPH), (count, expected, GRAPH, None)


def by_name(checks):
    return {one.name: one for one in checks}


def test_data_of_the_model_surprise_no_check(fitted):
    model, (count, expected, *_) = fitted
    checks = predictive_checks(count, expected, model.sample(400), GRAPH)
    assert [one.name for one in checks] == ["zeros", "maximum", "dispersion", "moran"]
    assert not any(one.surprising for one in checks)
    assert checks_to_frame(checks).loc["zeros", "observed"] == (count == 0).sum()


def test_too_many_zeros_are_seen(fitted):
    model, (count, expected, *_) = fitted
    thinned = np.where(np.arange(N) % 3 == 0, 0.0, count)
    found = by_name(predictive_checks(thinned, expected, model.sample(400), GRAPH))
    assert found["zeros"].surprising
    assert found["zeros"].observed > found["zeros"].upper


def test_residuals_that_follow_each_other_are_seen():
    count, expected, _ = city(sigma=0.6)
    flat = np.full((300, N), count.sum() / expected.sum())
    found = by_name(predictive_checks(count, expected, flat, GRAPH))
    assert found["moran"].surprising
    assert found["dispersion"].surprising
    assert found["dispersion"].observed > 1


def test_shares_and_means_are_checked_too():
    rng = np.random.default_rng(1)
    trials, share = np.full(N, 20.0), np.full((200, N), 0.3)
    yes = rng.binomial(20, 0.3, N).astype(float)
    yes[0] = np.nan
    assert not any(one.surprising for one in predictive_checks(yes, trials, share, GRAPH, family="binomial"))
    value = rng.normal(0, 0.5, N)
    checks = predictive_checks(value, np.full(N, 0.25), np.zeros((200, N)), GRAPH, family="gaussian")
    assert [one.name for one in checks] == ["maximum", "dispersion", "moran"]
    assert not any(one.surprising for one in checks)


def test_leave_one_out_equals_fitting_without_the_area(fitted):
    model, (count, expected, *_) = fitted
    found = leave_one_out(model)
    for area in (5, 60, 100):
        hidden = count.copy()
        hidden[area] = np.nan
        without = BYM2().fit(hidden, expected, GRAPH)
        risks = without.sample(6000)[:, area]
        draws = np.random.default_rng(2).poisson(expected[area] * risks)
        assert found.pit_below[area] == pytest.approx((draws < count[area]).mean(), abs=0.03)
        assert found.pit[area] == pytest.approx((draws <= count[area]).mean(), abs=0.03)
        exact = np.log((draws == count[area]).mean())
        assert found.log_density[area] == pytest.approx(exact, abs=0.15)


def test_honest_predictions_are_uniform_and_an_outlier_is_named(fitted):
    model, (count, expected, *_) = fitted
    found = leave_one_out(model)
    assert found.uniform_p() > 0.01
    assert found.histogram().sum() == pytest.approx(1.0)
    odd = count.copy()
    odd[40] = 40 + 12 * expected[40]
    named = leave_one_out(BYM2().fit(odd, expected, GRAPH))
    assert named.outlying[40]
    assert named.outlying.sum() <= 3
    assert len(named.to_frame()) == N


def test_the_better_model_has_the_higher_score():
    count, expected, _ = city(seed=3, sigma=0.5)
    own = BYM2().fit(count, expected, GRAPH)
    shuffled = np.random.default_rng(0).permutation(N)
    wrong = BYM2().fit(count, expected, GRAPH[shuffled][:, shuffled])
    assert leave_one_out(own).log_score > leave_one_out(wrong).log_score


@pytest.mark.parametrize("family", ["binomial", "gaussian"])
def test_other_families_leave_one_out(family):
    rng = np.random.default_rng(4)
    _, _, truth = city(seed=4)
    if family == "binomial":
        trials = rng.integers(5, 30, N).astype(float)
        given = rng.binomial(trials.astype(int), 1 / (1 + np.exp(1 - truth))).astype(float), trials
    else:
        variance = rng.uniform(0.02, 0.2, N)
        given = truth + np.sqrt(variance) * rng.standard_normal(N), variance
    found = leave_one_out(BYM2(family).fit(*given, GRAPH))
    assert found.uniform_p() > 0.001
    assert ((found.pit >= found.pit_below) & (found.pit <= 1 + 1e-9)).all()
    assert found.outlying.sum() <= 2


def test_correlated_errors_cannot_be_left_out_one_by_one():
    value = np.random.default_rng(5).normal(0, 1, 16)
    model = BYM2("gaussian").fit(value, 0.1 * np.eye(16) + 0.02, lattice(4))
    with pytest.raises(ValueError, match="independent"):
        leave_one_out(model)


def test_halving_and_doubling_priors_moves_little_where_data_speak(fitted):
    model, data = fitted
    found = {one.name: one for one in prior_sensitivity(model, data, decide=lambda mean: int(mean.argmax()))}
    assert set(found) == {"sigma halved", "sigma doubled", "penalised complexity"}
    assert all(one.correlation > 0.98 and one.in_sds < 0.2 for one in found.values())
    assert found["sigma halved"].decision_changed is False
    with ThreadPoolExecutor(2) as pool:
        assert prior_sensitivity(model, data, executor=pool)[0].rank_shift == found["sigma halved"].rank_shift


def test_a_covariate_that_is_the_field_is_called_confounded():
    count, expected, _ = city(seed=6, sigma=0.6)
    rows, columns = np.divmod(np.arange(N), SIDE)
    plane = (rows + columns) / SIDE
    lifted = np.random.default_rng(0).poisson(expected * np.exp(0.8 * np.sin(plane * 3))).astype(float)
    data = (lifted, expected, GRAPH, plane)
    (trend,) = spatial_confounding(BYM2().fit(*data), data)
    noise = (count, expected, GRAPH, np.random.default_rng(1).standard_normal(N))
    (plain,) = spatial_confounding(BYM2().fit(*noise), noise)
    assert trend.confounded
    assert trend.inflation > 2
    assert not plain.confounded
    assert spatial_confounding(BYM2().fit(*data[:3]), (*data[:3], None)) == ()


def test_the_edge_leans_on_fewer_neighbours(fitted):
    model, data = fitted
    rows, columns = np.divmod(np.arange(N), SIDE)
    edge = (rows % (SIDE - 1) == 0) | (columns % (SIDE - 1) == 0)
    found = edge_effect(model, data, edge)
    assert found.areas == edge.sum()
    assert found.sd_ratio > 0.95
    assert 0 < found.next_in_sds < 1
    with pytest.raises(ValueError, match="edge must mark some"):
        edge_effect(model, data, np.zeros(N, bool))


def test_merging_and_splitting_units_keep_the_story(fitted):
    model, data = fitted
    rows, columns = np.divmod(np.arange(N), SIDE)
    merged, split = unit_sensitivity(model, data, (rows // 2) * 6 + columns // 2)
    assert (merged.name, split.name) == ("areas merged", "areas split")
    assert merged.correlation > 0.8
    assert split.correlation > 0.9
    assert split.rank_shift < 15


def test_shares_can_be_split_too():
    rng = np.random.default_rng(7)
    _, _, truth = city(seed=7)
    trials = rng.integers(6, 40, N).astype(float)
    yes = rng.binomial(trials.astype(int), 1 / (1 + np.exp(1 - truth))).astype(float)
    data = (yes, trials, GRAPH, None)
    _, split = unit_sensitivity(BYM2("binomial").fit(*data), data, np.arange(N))
    assert split.correlation > 0.9


def test_what_cannot_be_checked_says_why(fitted):
    model, (count, expected, *_) = fitted
    with pytest.raises(ValueError, match="one response"):
        predictive_checks(count, expected, np.ones((3, 5)), GRAPH)
    with pytest.raises(ValueError, match="no area"):
        predictive_checks(np.full(N, np.nan), expected, np.ones((3, N)), GRAPH)
    with pytest.raises(ValueError, match="family"):
        predictive_checks(count, expected, np.ones((3, N)), GRAPH, family="gamma")
    with pytest.raises(ValueError, match="without covariates"):
        unit_sensitivity(model, (count, expected, GRAPH, np.arange(N)), np.arange(N))
