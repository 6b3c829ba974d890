import numpy as np
import pytest

from models.estimates import FayHerriot, benchmark


@pytest.fixture
def case():
    rng = np.random.default_rng(0)
    return rng.uniform(0.1, 0.4, 12), rng.uniform(100, 900, 12), rng.uniform(0.05, 0.5, (30, 12))


@pytest.mark.parametrize("method", ["ratio", "difference", "mse"])
def test_estimates_and_every_draw_add_up(case, method):
    theta, weights, draws = case
    mse = np.linspace(0.01, 0.1, 12) if method == "mse" else None
    found = benchmark(theta, weights, 2000.0, draws, method=method, mse=mse)
    assert weights @ found.estimates == pytest.approx(2000)
    assert found.draws @ weights == pytest.approx(np.full(30, 2000.0))
    assert found.gap[0] == pytest.approx(2000 - weights @ theta)


def test_a_ratio_keeps_relations_and_a_difference_keeps_distances(case):
    theta, weights, _ = case
    ratio, difference = (benchmark(theta, weights, 2000, method=m).estimates for m in ("ratio", "difference"))
    assert np.ptp(ratio / theta) < 1e-12
    assert np.ptp(difference - theta) < 1e-12


def test_the_least_certain_area_moves_most(case):
    theta, _, _ = case
    mse = np.linspace(0.01, 0.1, 12)
    moved = benchmark(theta, np.ones(12), 5.0, method="mse", mse=mse).estimates - theta
    assert moved / moved[0] == pytest.approx(mse / mse[0])


def test_each_district_has_its_own_total(case):
    theta, weights, draws = case
    group = np.arange(12) % 3
    found = benchmark(theta, weights, [500, 600, 700], draws, group=group)
    assert np.bincount(group, weights * found.estimates) == pytest.approx([500, 600, 700])
    assert (found.draws * weights)[:, group == 1].sum(axis=1) == pytest.approx(np.full(30, 600.0))


def test_a_total_already_reached_changes_nothing(case):
    theta, weights, _ = case
    for method in ("ratio", "difference"):
        assert benchmark(theta, weights, weights @ theta, method=method).estimates == pytest.approx(theta)


def test_you_rao_predictors_add_up_to_the_direct_estimates():
    rng = np.random.default_rng(1)
    x = np.column_stack([np.ones(20), rng.normal(size=20)])
    direct, variance, weights = rng.normal(2, 1, 20), rng.uniform(0.2, 1, 20), rng.uniform(1, 5, 20)
    model = FayHerriot().fit(direct, variance, x)
    found = benchmark(
        model.estimates_, weights, weights @ direct, model.draws(5), method="you-rao", model=model
    )
    assert weights @ found.estimates == pytest.approx(weights @ direct)
    assert found.draws - model.draws(5) == pytest.approx(np.tile(found.estimates - model.estimates_, (5, 1)))
    with pytest.raises(ValueError, match="adds up to the direct"):
        benchmark(model.estimates_, weights, 1.0, method="you-rao", model=model)
    with pytest.raises(ValueError, match="needs model"):
        benchmark(model.estimates_, weights, 1.0, method="you-rao")


def test_you_rao_without_an_intercept_is_refused():
    model = FayHerriot().fit([1.0, 2, 4], [1, 1, 1], [[1], [2], [3]])
    with pytest.raises(ValueError, match="column of ones"):
        benchmark(model.estimates_, np.ones(3), 7, method="you-rao", model=model)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"weights": [1, -1]}, "weights must be >= 0"),
        ({"weights": [0, 0]}, "weight > 0"),
        ({"estimates": [np.nan, 1]}, "finite"),
        ({"total": np.inf}, "finite"),
        ({"estimates": [0, 0]}, "no ratio"),
        ({"method": "mse"}, "needs mse"),
        ({"method": "mse", "mse": [0, 1]}, "mse must be > 0"),
        ({"method": "raking"}, "method must be one of"),
        ({"draws": np.ones((4, 3))}, "one column an area"),
        ({"total": [1, 2], "group": [0, 2]}, "group must lie"),
        ({"total": [1, 2], "group": [0, 0]}, "weight > 0"),
    ],
)
def test_impossible_input_is_refused(changed, words):
    given = {"estimates": [1, 2], "weights": [1, 1], "total": 4} | changed
    with pytest.raises(ValueError, match=words):
        benchmark(**given)
