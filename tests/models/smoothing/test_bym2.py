import numpy as np
import pytest
from scipy.sparse import block_diag, csr_array
from sklearn.base import clone

from models.smoothing import BYM2, Beta, EmpiricalBayes, HalfNormal, PCMixing, PCSpread, Priors
from models.smoothing.field import scaled_field
from models.smoothing.priors import _distance


def lattice(rows, columns):
    n = rows * columns
    graph = np.zeros((n, n))
    for a in range(n):
        if a % columns < columns - 1:
            graph[a, a + 1] = 1
        if a + columns < n:
            graph[a, a + columns] = 1
    return csr_array(graph + graph.T)


def city(seed=0, side=12, sigma=0.5, rho=0.7):
    """Counts, expected counts, graph and true log risks of a simulated map."""
    rng = np.random.default_rng(seed)
    graph, n = lattice(side, side), side * side
    field = scaled_field(graph, n=n).condition(np.full(n, 1e-6)).draw(rng.standard_normal(n))
    truth = sigma * (np.sqrt(rho) * field + np.sqrt(1 - rho) * rng.standard_normal(n))
    expected = rng.lognormal(1.5, 0.7, n)
    return rng.poisson(expected * np.exp(truth)).astype(float), expected, graph, truth


def test_intervals_cover_and_errors_are_below_empirical_bayes():
    inside, error, plain = [], [], []
    for seed in range(4):
        count, expected, graph, truth = city(seed)
        found = BYM2().fit(count, expected, graph).result_
        inside.append((found.lower < np.exp(truth)) & (np.exp(truth) < found.upper))
        error.append((np.log(found.mean) - truth) ** 2)
        plain.append((np.log(EmpiricalBayes().fit(expected, count).result_.risk) - truth) ** 2)
    assert np.mean(inside) == pytest.approx(0.95, abs=0.03)
    assert np.mean(error) < 0.85 * np.mean(plain)


def test_the_scale_of_expected_counts_only_moves_the_intercept():
    count, expected, graph, _ = city()
    one, other = (BYM2().fit(count, expected * k, graph).result_ for k in (1.0, 50.0))
    assert other.mean * 50 == pytest.approx(one.mean, rel=1e-4)
    assert other.exceedance(1 / 50) == pytest.approx(one.exceedance(1.0), abs=1e-4)


def test_permuting_the_areas_permutes_the_result():
    count, expected, graph, _ = city()
    order = np.random.default_rng(1).permutation(len(count))
    plain = BYM2().fit(count, expected, graph).result_
    mixed = BYM2().fit(count[order], expected[order], graph[order][:, order]).result_
    assert mixed.mean == pytest.approx(plain.mean[order], rel=1e-5)
    assert mixed.upper == pytest.approx(plain.upper[order], rel=1e-5)


def test_an_unknown_area_is_predicted_from_its_neighbours():
    count, expected, graph, truth = city(1, side=20, sigma=0.8, rho=0.95)
    hidden = np.arange(0, len(count), 7)
    given = count.copy()
    given[hidden] = np.nan
    found = BYM2().fit(given, expected, graph).result_
    assert not found.observed[hidden].any()
    assert np.corrcoef(np.log(found.mean[hidden]), truth[hidden])[0, 1] > 0.6
    whole = BYM2().fit(count, expected, graph).result_
    assert np.mean(found.sd[hidden] / found.mean[hidden]) > np.mean(whole.sd[hidden] / whole.mean[hidden])


def test_an_island_changes_nobody_and_keeps_its_own_risk():
    count, expected, graph, _ = city()
    plain = BYM2().fit(count, expected, graph).result_
    joined = csr_array(block_diag([graph, np.zeros((1, 1))]))
    found = BYM2().fit(np.append(count, np.nan), np.append(expected, 1.0), joined).result_
    assert found.mean[:-1] == pytest.approx(plain.mean, rel=0.02)
    assert found.sd[-1] > plain.sd.mean()
    alone = BYM2().fit(np.append(count, 30.0), np.append(expected, 10.0), joined).result_
    assert alone.mean[-1] > 2


def test_pieces_of_the_map_may_have_no_answer_at_all():
    count, expected, graph, _ = city(side=6)
    far = csr_array(block_diag([graph, lattice(2, 2)]))
    found = BYM2().fit(np.append(count, np.full(4, np.nan)), np.append(expected, np.ones(4)), far).result_
    assert np.isfinite(found.mean).all()
    assert found.sd[-4:] == pytest.approx(np.full(4, found.sd[-1]), rel=1e-3)
    assert found.sd[-1] / found.mean[-1] > (found.sd / found.mean)[:-4].max()


def test_a_slope_is_found():
    count, expected, graph, truth = city(3)
    x = np.random.default_rng(4).normal(5, 2, len(count))
    more = np.random.default_rng(5).poisson(expected * np.exp(truth + 0.2 * (x - 5))).astype(float)
    found = BYM2().fit(more, expected, graph, x).hyperparameters_
    assert found.slopes[0].lower < 0.2 < found.slopes[0].upper
    assert found.slopes[0].sd < 0.05
    assert found.to_frame().index.tolist() == ["sigma", "rho", "intercept", "slope 1"]


def test_shares_are_smoothed_on_the_logit():
    inside = []
    for seed in range(4):
        _, _, graph, truth = city(seed)
        rng = np.random.default_rng(seed)
        trials = rng.integers(5, 40, len(truth)).astype(float)
        trials[3] = 0.0
        share = 1 / (1 + np.exp(1.5 - truth))
        found = BYM2("binomial").fit(rng.binomial(trials.astype(int), share), trials, graph).result_
        inside.append((found.lower < share) & (share < found.upper))
        assert ((found.mean > 0) & (found.mean < 1)).all()
        assert found.observed.sum() == len(truth) - 1
    assert np.mean(inside) == pytest.approx(0.95, abs=0.035)


def gaussian_reference(value, error, graph, priors):
    """Posterior of a Gaussian map by dense algebra on a fine grid of sigma and rho."""
    n = len(value)
    field = scaled_field(graph, n=n)
    structure = np.linalg.pinv(field.precision.toarray())
    log_weight, means, seconds = [], [], []
    for log_sigma in np.linspace(-2.5, 0.8, 40):
        for angle in (np.arange(40) + 0.5) / 40:
            sigma, rho = np.exp(log_sigma), np.sin(np.pi * angle / 2) ** 2
            prior = sigma**2 * (rho * structure + (1 - rho) * np.eye(n)) + 1e6
            total = prior + error
            away = np.linalg.solve(total, value)
            weight = -0.5 * (np.linalg.slogdet(total)[1] + value @ away)
            weight += priors.sigma.log_density(sigma) + log_sigma
            log_weight.append(weight)
            mean = prior @ away
            means.append(mean)
            seconds.append(np.diag(prior - prior @ np.linalg.solve(total, prior)) + mean**2)
    share = np.exp(np.array(log_weight) - max(log_weight))
    share /= share.sum()
    mean = share @ np.array(means)
    return mean, np.sqrt(share @ np.array(seconds) - mean**2)


@pytest.mark.parametrize("correlated", [False, True])
def test_a_gaussian_map_equals_dense_integration(correlated):
    rng = np.random.default_rng(8)
    graph = lattice(5, 6)
    variance = rng.uniform(0.05, 0.4, 30)
    error = np.diag(variance)
    if correlated:
        error += 0.03
    field = scaled_field(graph, n=30).condition(np.full(30, 1e-6)).draw(rng.standard_normal(30))
    value = 2 + 0.6 * field + rng.multivariate_normal(np.zeros(30), error)
    mean, sd = gaussian_reference(value, error, graph, Priors())
    model = BYM2("gaussian").fit(value, error if correlated else variance, graph)
    assert model.result_.mean == pytest.approx(mean, abs=0.01)
    assert model.result_.sd == pytest.approx(sd, rel=0.02)
    draws = model.sample(3000)
    assert draws.mean(axis=0) == pytest.approx(mean, abs=0.06)
    assert draws.std(axis=0) == pytest.approx(sd, rel=0.1)


def test_a_diagonal_covariance_is_a_list_of_variances():
    rng = np.random.default_rng(9)
    value, variance = rng.normal(0, 1, 30), rng.uniform(0.05, 0.4, 30)
    value[4] = np.nan
    one, other = (
        BYM2("gaussian").fit(value, e, lattice(5, 6)).result_ for e in (variance, np.diag(variance))
    )
    assert one.mean == pytest.approx(other.mean, abs=2e-3)
    assert one.lower == pytest.approx(other.lower, abs=5e-3)


def test_the_first_draws_are_the_same_for_any_number_and_the_seed_decides():
    model = BYM2(seed=3).fit(*city(side=5)[:3])
    assert (model.sample(3) == model.sample(8)[:3]).all()
    assert (model.sample(3) == BYM2(seed=3).fit(*city(side=5)[:3]).sample(3)).all()
    assert not (model.sample(3) == model.sample(3, seed=4)).any()


def test_draws_carry_the_dependence_of_neighbours():
    count, expected, graph, _ = city(sigma=1.0, rho=0.95)
    given = np.where(
        np.arange(len(count)) % 3 == 0, count, np.nan
    )  # neighbours of few, so that they move together
    logs = np.log(BYM2().fit(given, expected, graph).sample(1500))
    rows, columns = graph.nonzero()
    correlation = np.corrcoef(logs.T)
    assert correlation[rows, columns].mean() > 0.15
    assert abs(correlation[0, 143]) < 0.15


def test_summaries_agree_with_each_other():
    found = BYM2().fit(*city()[:3]).result_
    for place, value in ((found.lower, 0.975), (found.median, 0.5), (found.upper, 0.025)):
        each = [found.exceedance(float(x))[i] for i, x in enumerate(place)]
        assert each == pytest.approx(np.full(len(place), value), abs=1e-5)
    assert found.exceedance(0.0).tolist() == [1.0] * len(found.mean)
    assert found.exceedance(np.inf).tolist() == [0.0] * len(found.mean)
    assert len(found.to_frame()) == len(found.mean)


def test_strong_priors_speak_louder():
    given = city()[:3]
    small = BYM2(priors=Priors(sigma=HalfNormal(0.02))).fit(*given)
    assert small.hyperparameters_.sigma.mean < 0.5 * BYM2().fit(*given).hyperparameters_.sigma.mean
    own = BYM2(priors=Priors(rho=Beta(1, 60))).fit(*given).hyperparameters_.rho.mean
    assert own < BYM2(priors=Priors(rho=PCMixing(0.5, 0.1))).fit(*given).hyperparameters_.rho.mean
    assert PCSpread(1.0, 0.01).scaled(2.0) == PCSpread(2.0, 0.01)


def test_a_penalised_prior_has_the_probability_it_promises():
    field = scaled_field(lattice(6, 6), n=36)
    prior = PCMixing(0.5, 2 / 3)
    logit = np.linspace(-25, 18, 4001)
    rho = 1 / (1 + np.exp(-logit))
    density = (
        np.exp([prior.log_density(float(r), field) for r in rho]) * rho * (1 - rho) * (logit[1] - logit[0])
    )
    rate = np.log(3) / _distance(0.5, field)[0]
    for end in (0.1, 0.5, 0.9, float(rho[-1])):
        below = 1 - np.exp(-rate * _distance(end, field)[0])
        assert density[rho < end].sum() == pytest.approx(below, abs=0.004)
    assert 1 - np.exp(-rate * _distance(0.5, field)[0]) == pytest.approx(2 / 3)


def test_one_area_and_no_neighbours_are_legal():
    found = BYM2().fit([7.0], [5.0], csr_array((1, 1))).result_
    assert found.lower[0] < 1.4 < found.upper[0]
    apart = BYM2(priors=Priors.penalised()).fit(*city(side=4)[:2], csr_array((16, 16))).result_
    assert np.isfinite(apart.mean).all()


def test_a_model_can_be_cloned():
    model = BYM2("binomial", priors=Priors(slope_sd=2.0), seed=4)
    assert clone(model).get_params() == model.get_params()


COUNT, EXPECTED, GRAPH, _ = city(side=4)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"exposure": EXPECTED[:5]}, "one value an area"),
        ({"exposure": np.zeros(16)}, "expected must be > 0"),
        ({"response": np.full(16, np.nan)}, "unknown in every area"),
        ({"response": np.where(np.arange(16) == 2, np.inf, COUNT)}, "finite"),
        ({"response": np.where(np.arange(16) == 2, -1, COUNT)}, "row 2 is -1"),
        ({"response": np.zeros(16)}, "not all be 0"),
        ({"neighbours": csr_array((5, 5))}, "shape"),
        ({"covariates": np.ones(16)}, "constant"),
        ({"covariates": np.full((16, 1), np.nan)}, "finite"),
    ],
)
def test_wrong_data_say_what_is_wrong(changes, said):
    given = {"response": COUNT, "exposure": EXPECTED, "neighbours": GRAPH, "covariates": None}
    with pytest.raises(ValueError, match=said):
        BYM2().fit(**{**given, **changes})


@pytest.mark.parametrize(
    ("family", "response", "exposure", "said"),
    [
        ("binomial", np.full(16, 5), np.full(16, 4), "between 0 and the trials"),
        ("binomial", np.zeros(16), np.full(16, 4), "neither none nor all"),
        ("binomial", np.ones(16), np.full(16, -4.0), ">= 0"),
        ("gaussian", np.ones(16), np.zeros(16), "variance must be > 0"),
        ("gaussian", np.arange(16.0), np.ones((3, 3)), r"must be \(16, 16\)"),
        ("gaussian", np.arange(16.0), np.ones((16, 16)), "positive definite"),
        ("gaussian", np.arange(16.0), np.triu(np.ones((16, 16))), "symmetric"),
        ("negative binomial", COUNT, EXPECTED, "family"),
    ],
)
def test_families_say_what_they_need(family, response, exposure, said):
    with pytest.raises(ValueError, match=said):
        BYM2(family).fit(response, exposure, GRAPH)
