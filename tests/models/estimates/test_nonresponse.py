import numpy as np
import pytest

from models.estimates import response_bounds, response_propensity, tipping_odds, weighting_classes


def drawn(seed=0, n=4000):
    """Poor households answer less often and need more."""
    rng = np.random.default_rng(seed)
    poverty = rng.normal(size=n)
    need = rng.random(n) < 1 / (1 + np.exp(1 - poverty))
    answered = rng.random(n) < 1 / (1 + np.exp(-0.5 + poverty))
    return poverty, need.astype(float), answered, rng.uniform(1, 2, n)


def test_classes_restore_the_weight_of_everybody_in_them():
    weight, answered, klass = np.array([1.0, 2, 3, 4]), np.array([True, False, True, True]), [0, 0, 1, 1]
    found = weighting_classes(weight, answered, klass)
    assert found.weight.tolist() == pytest.approx([3, 0, 3, 4])
    assert found.response_rate == pytest.approx(0.8)
    assert found.propensity[0] == pytest.approx(1 / 3)


@pytest.mark.parametrize("classes", [5, 20, None])
def test_a_propensity_takes_most_of_the_bias_away(classes):
    poverty, need, answered, weight = drawn()
    found = response_propensity(weight, answered, poverty[:, None], classes=classes)
    truth = np.average(need, weights=weight)
    naive = np.average(need[answered], weights=weight[answered])
    adjusted = np.average(need, weights=found.weight)
    assert abs(adjusted - truth) < 0.3 * abs(naive - truth)
    assert found.coefficients == pytest.approx([0.5, -1], abs=0.15)
    assert found.cost > 1
    assert (found.weight[~answered] == 0).all()


def test_the_logistic_equations_hold():
    poverty, _, answered, weight = drawn()
    p = response_propensity(weight, answered, poverty[:, None], classes=None).propensity
    assert weight @ (answered - p) == pytest.approx(0, abs=1e-8)
    assert (weight * poverty) @ (answered - p) == pytest.approx(0, abs=1e-8)


def test_one_class_is_the_overall_response_rate():
    poverty, _, answered, weight = drawn()
    found = response_propensity(weight, answered, poverty[:, None], classes=1)
    assert found.propensity == pytest.approx(np.full(4000, found.response_rate))
    assert found.cost == pytest.approx(1)
    assert len(found.to_frame()) == 4000


def test_bounds_widen_with_odds_to_the_worst_case():
    p, rate = np.array([0.1, 0.5, 0.0]), np.array([0.6, 0.9, 0.5])
    same = response_bounds(p, rate, odds=1)
    assert same.lower == pytest.approx(p)
    assert same.upper == pytest.approx(p)
    two, endless = response_bounds(p, rate, odds=2), response_bounds(p, rate, odds=1e12)
    assert (two.upper[:2] > p[:2]).all()
    assert endless.lower[:2] == pytest.approx(two.worst_lower[:2], abs=1e-9)
    assert endless.upper[:2] == pytest.approx(two.worst_upper[:2], abs=1e-9)
    assert two.worst_upper - two.worst_lower == pytest.approx(1 - rate)
    assert len(two.to_frame()) == 3


def test_full_response_leaves_nothing_to_bound():
    bounds = response_bounds([0.3], [1.0], odds=10)
    assert [bounds.worst_lower[0], bounds.worst_upper[0]] == pytest.approx([0.3, 0.3])


def test_the_tipping_odds_move_the_estimate_to_the_threshold():
    odds = tipping_odds([0.2], [0.7], 0.25)
    assert response_bounds([0.2], [0.7], odds=float(odds[0])).upper[0] == pytest.approx(0.25)
    assert np.isnan(tipping_odds([0.2], [0.7], 0.9)[0])
    assert tipping_odds([0.2], [0.7], 0.2)[0] == pytest.approx(1)


def test_impossible_input_is_refused():
    yes = np.array([True, False])
    with pytest.raises(ValueError, match="nobody of class 1"):
        weighting_classes([1.0, 1], yes, [0, 1])
    with pytest.raises(ValueError, match="nobody answered"):
        weighting_classes([1.0, 1], ~np.ones(2, bool), [0, 0])
    with pytest.raises(ValueError, match="answered must be true or false"):
        weighting_classes([1.0, 1], [1, 0], [0, 0])
    with pytest.raises(ValueError, match="weight must be > 0"):
        weighting_classes([1.0, np.nan], yes, [0, 0])
    with pytest.raises(ValueError, match="everybody answered"):
        response_propensity([1.0, 1], np.ones(2, bool), [[1], [2]])
    with pytest.raises(ValueError, match="without error"):
        response_propensity(np.ones(6), np.arange(6) > 2, np.arange(6.0)[:, None])
    with pytest.raises(ValueError, match="covariates must be known"):
        response_propensity([1.0, 1], yes, [[1], [np.nan]])
    with pytest.raises(ValueError, match="depend on each other"):
        response_propensity(np.ones(4), np.arange(4) > 1, np.ones((4, 1)))
    with pytest.raises(ValueError, match="odds must be >= 1"):
        response_bounds([0.5], [0.5], odds=0.5)
    with pytest.raises(ValueError, match="response_rate must lie"):
        response_bounds([0.5], [1.5])
