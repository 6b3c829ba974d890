import numpy as np
import pytest

from app.refresh.classes import classify, spread
from app.refresh.results import MapResult
from app.refresh.uncertainty import judge
from geo.legend import make_legend
from models.index import rank_intervals


def made(draws, value=None, **more):
    value = draws.mean(axis=1) if value is None else value
    n = len(draws)
    given = {
        "key": "topic:x",
        "kind": "topic",
        "codes": tuple(map(str, range(n))),
        "value": value,
        "lower": value,
        "upper": value,
        "cv": np.full(n, 0.1),
        "direct": value,
        "base": np.full(n, 30),
        "draws": draws,
        "people": np.ones(n),
        "unit": "share",
        "year": 2026,
    }
    return MapResult(**(given | more))


def judged(result):
    legend = make_legend(result.value)
    return judge(result, legend.class_of(result.value), spread(legend.classes))


def noisy(n=60, noise=0.4, seed=3, draws=400):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=n)
    return truth, truth[:, None] + noise * rng.normal(size=(n, draws))


def test_a_map_known_exactly_is_sure_of_everything():
    value = np.arange(10.0)
    sure = judged(made(np.repeat(value[:, None], 20, axis=1)))
    assert sure.membership.tolist() == [1.0] * 10
    assert sure.rank_lower.tolist() == sure.rank_upper.tolist() == list(range(10, 0, -1))
    assert sure.exceedance.tolist() == [0.0] * 5 + [1.0] * 5


def test_where_little_is_bad_the_lowest_is_ranked_first_and_worse_than_the_city():
    value = np.arange(10.0)
    sure = judged(made(np.repeat(value[:, None], 20, axis=1), higher_is_worse=False))
    assert sure.rank_lower.tolist() == list(range(1, 11))
    assert sure.exceedance.tolist() == [1.0] * 5 + [0.0] * 5
    assert sure.membership.tolist() == [1.0] * 10


def test_the_city_is_the_mean_by_people_of_the_same_draw():
    value = np.array([1.0, 2.0, 10.0])
    alike = np.repeat(value[:, None], 5, axis=1) + np.arange(5.0)  # all areas move together
    assert judged(made(alike)).exceedance.tolist() == [0, 0, 1]
    assert judged(made(alike, people=np.array([100.0, 1, 1]))).exceedance.tolist() == [0, 1, 1]


def test_rank_intervals_are_those_of_the_models():
    _, draws = noisy()
    sure, found = judged(made(draws)), rank_intervals(draws)
    assert abs(sure.rank_lower - found.lower).max() <= 1  # ends of 400 draws are taken inside
    assert abs(sure.rank_upper - found.upper).max() <= 1


def test_membership_is_how_often_the_class_is_right():
    same = [[], []]
    for seed in range(40):
        rng = np.random.default_rng(seed)
        truth = rng.normal(size=80)
        seen = truth + 0.5 * rng.normal(size=80)
        # posterior of a normal truth seen with normal noise
        mean, sd = seen / 1.25, np.sqrt(0.25 / 1.25)
        result = made(mean[:, None] + sd * rng.normal(size=(80, 200)), value=mean)
        place, true = make_legend(mean).class_of(mean), make_legend(truth).class_of(truth)
        same[0].append(judged(result).membership)
        same[1].append(place == true)
    said, right = np.concatenate(same[0]), np.concatenate(same[1])
    for low, high in ((0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 1.01)):
        inside = (said >= low) & (said < high)
        assert abs(said[inside].mean() - right[inside].mean()) < 0.05


def test_unknown_areas_have_nothing_and_do_not_take_a_rank():
    _, draws = noisy(n=20)
    draws[7] = np.nan
    sure = judged(made(draws))
    assert np.isnan([sure.exceedance[7], sure.membership[7], sure.within_one[7]]).all()
    assert sure.rank_lower[7] == sure.rank_upper[7] == 0
    assert sure.rank_upper.max() == 19


def test_a_map_of_unknown_areas_only_shows_nothing():
    shown = classify(made(np.full((4, 3), np.nan)), smallest_base=20)
    assert shown.risk_class.tolist() == [0] * 4
    assert set(shown.grade) == {"D"}


def test_two_places_that_may_change_places_are_far_apart_not_beside_each_other():
    rng = np.random.default_rng(0)
    result = made(np.array([[1.0], [1.1]]) + rng.normal(size=(2, 400)))
    sure = judged(result)
    assert sure.within_one == pytest.approx(sure.membership)
    assert 0.4 < sure.membership[0] < 0.7


def test_an_area_with_a_low_share_is_as_firm_as_its_class_however_large_its_relative_error():
    rng = np.random.default_rng(1)
    value = np.array([0.01, 0.02, 0.2, 0.22, 0.4, 0.42, 0.6, 0.62, 0.8, 0.82])
    draws = np.abs(value[:, None] + 0.008 * rng.normal(size=(10, 400)))
    shown = classify(made(draws, value=value, cv=0.008 / value), smallest_base=20)
    assert shown.grade.tolist() == ["A"] * 10
    assert shown.risk_class.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_what_is_uncertain_shows_no_class_and_draws_are_not_kept():
    rng = np.random.default_rng(2)
    shown = classify(made(rng.normal(size=(100, 200))), smallest_base=20)
    assert (shown.grade == "D").mean() > 0.9
    assert (shown.risk_class[shown.grade == "D"] == 0).all()
    assert (shown.shown[shown.grade == "D"] == "insufficient").all()
    assert shown.result.draws.size == 0
