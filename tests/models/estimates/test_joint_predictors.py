import numpy as np
import pytest

from models.estimates import FayHerriot, joint_predictor_draws

TOPICS = 4


def survey(seed=0, areas=80, errors=0.4, truths=0.3):
    rng = np.random.default_rng(seed)
    x = np.column_stack([np.ones(areas), rng.normal(size=areas)])
    psi = rng.uniform(0.05, 0.3, (areas, TOPICS))
    mix = [np.linalg.cholesky(r + (1 - r) * np.eye(TOPICS)) for r in (errors, truths)]
    truth = (x @ [0.0, 0.3])[:, None] + 0.3 * rng.normal(size=(areas, TOPICS)) @ mix[1].T
    y = truth + np.sqrt(psi) * (rng.normal(size=(areas, TOPICS)) @ mix[0].T)
    return truth, [FayHerriot().fit(y[:, k], psi[:, k], x) for k in range(TOPICS)]


def uniform(rho):
    return rho + (1 - rho) * np.eye(TOPICS)


def test_each_topic_keeps_its_mean_and_error():
    _, models = survey()
    draws = joint_predictor_draws(models, uniform(0.4), draws=3000)
    assert draws.shape == (TOPICS, 80, 3000)
    for k, model in enumerate(models):
        assert draws[k].mean(axis=1) == pytest.approx(model.estimates_, abs=0.04)
        assert draws[k].var(axis=1) == pytest.approx(model.mse_, rel=0.15)


def test_errors_of_one_area_are_correlated_as_stated():
    _, models = survey(areas=400)
    draws = joint_predictor_draws(models, uniform(0.4), draws=300)
    found = [np.corrcoef(draws[:2, area])[0, 1] for area in range(400)]
    assert 0.25 < np.mean(found) < 0.5  # between that of truths, 0.3, and that of errors, 0.4


def test_draws_depend_on_seed_and_number_only():
    _, models = survey()
    many = joint_predictor_draws(models, uniform(0.4), draws=9, seed=2)
    assert (joint_predictor_draws(models, uniform(0.4), draws=4, seed=2) == many[:, :, :4]).all()
    assert (joint_predictor_draws(models, uniform(0.4), draws=4, seed=3) != many[:, :, :4]).all()


def test_a_correlation_for_each_area_may_be_given():
    _, models = survey()
    each = np.tile(uniform(0.4), (80, 1, 1))
    one = joint_predictor_draws(models, uniform(0.4), draws=3)
    assert joint_predictor_draws(models, each, draws=3) == pytest.approx(one)
    each[5] = np.nan
    assert np.isfinite(joint_predictor_draws(models, each, draws=3)).all()


def test_topics_may_have_their_own_covariates_and_unsampled_areas():
    rng = np.random.default_rng(0)
    y, psi = rng.normal(size=(30, 2)), np.full((30, 2), 0.2)
    y[4, 0] = np.nan
    models = [
        FayHerriot().fit(y[:, 0], psi[:, 0], np.ones((30, 1))),
        FayHerriot("adjusted").fit(y[:, 1], psi[:, 1], np.column_stack([np.ones(30), rng.normal(size=30)])),
    ]
    draws = joint_predictor_draws(models, np.eye(2), draws=2000)
    assert draws[0, 4].var() == pytest.approx(models[0].mse_[4], rel=0.15)
    assert draws[1].var(axis=1) == pytest.approx(models[1].mse_, rel=0.2)


def test_a_topic_without_area_variance_is_drawn_too():
    y = np.linspace(0.99, 1.01, 20)
    models = [FayHerriot().fit(y, np.ones(20), np.ones((20, 1))) for _ in range(2)]
    draws = joint_predictor_draws(models, [[1, 0.5], [0.5, 1]], draws=2000)
    assert draws.var(axis=2) == pytest.approx(np.stack([model.mse_ for model in models]), rel=0.15)
    assert np.corrcoef(draws[:, 0])[0, 1] == pytest.approx(0.5, abs=0.08)


def test_impossible_input_is_refused():
    _, models = survey()
    with pytest.raises(ValueError, match="correlation must be"):
        joint_predictor_draws(models, np.eye(3), draws=2)
    with pytest.raises(ValueError, match="must lie in"):
        joint_predictor_draws(models, np.full((4, 4), 2.0), draws=2)
    with pytest.raises(ValueError, match="same areas"):
        joint_predictor_draws([models[0], survey(areas=20)[1][0]], np.eye(2), draws=2)


@pytest.mark.slow
def test_an_index_of_topics_is_covered_as_stated_only_with_their_correlation():
    inside = {"jointly": [], "one by one": []}
    for seed in range(25):
        truth, models = survey(seed, areas=400, errors=0.6, truths=0.3)
        apart = np.stack([model.draws(300, seed=10 * seed + k).T for k, model in enumerate(models)])
        jointly = joint_predictor_draws(models, uniform(0.6), draws=300, seed=seed)
        for name, draws in (("jointly", jointly), ("one by one", apart)):
            low, high = np.quantile(draws.mean(axis=0), [0.025, 0.975], axis=1)
            inside[name].append((low <= truth.mean(axis=1)) & (truth.mean(axis=1) <= high))
    assert 0.92 < np.mean(inside["jointly"]) < 0.965
    assert np.mean(inside["one by one"]) < 0.85
