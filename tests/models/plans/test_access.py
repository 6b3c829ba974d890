import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.plans import access_report, concentration_index, e2sfca


def persons(values, weights):
    return np.repeat(np.asarray(values, dtype=float), np.asarray(weights, dtype=int))


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000))
def test_weighted_gini_is_the_mean_difference_between_persons(seed):
    rng = np.random.default_rng(seed)
    near, weights = np.round(rng.uniform(1, 60, 8)), rng.integers(0, 6, 8) + 1
    each = persons(near, weights)
    by_hand = np.abs(each[:, None] - each).mean() / (2 * each.mean())
    assert access_report(near, weights).gini == pytest.approx(by_hand)


def test_the_concentration_index_of_a_table_by_hand():
    # Five fifths, poorest first, with 5, 3, 2, 1 and 1 cases a person: C = 2 sum f x R / mean - 1, by hand:
    # mean 2.4, sum f x R = 0.2 (0.5 + 0.9 + 1.0 + 0.7 + 0.9) = 0.8, C = 1.6 / 2.4 - 1 = -1/3.
    found = concentration_index([5, 3, 2, 1, 1], [20] * 5, [1, 2, 3, 4, 5])
    assert found == pytest.approx(-1 / 3)


def test_equal_ranks_share_their_middle_and_order_of_rows_is_nothing():
    values, weights, ranks = [4.0, 8.0, 2.0, 6.0], [1.0, 1.0, 2.0, 3.0], [1, 1, 2, 3]
    merged = concentration_index([6.0, 2.0, 6.0], [2.0, 2.0, 3.0], [1, 2, 3])
    assert concentration_index(values, weights, ranks) == pytest.approx(merged)
    turned = concentration_index(values[::-1], weights[::-1], ranks[::-1])
    assert turned == pytest.approx(merged)
    assert concentration_index(values, weights, [7, 7, 7, 7]) == pytest.approx(0.0)
    assert concentration_index(values, weights, [-1, -1, -2, -3]) == pytest.approx(-merged)


def test_long_ways_of_the_most_deprived_give_a_negative_index():
    near, weights = [50.0, 30.0, 10.0], [10.0, 10.0, 10.0]
    assert access_report(near, weights, deprivation=[3, 2, 1]).concentration < 0
    assert access_report(near, weights, deprivation=[1, 2, 3]).concentration > 0
    assert np.isnan(access_report(near, weights).concentration)


def test_the_report_counts_persons_and_those_out_of_reach():
    found = access_report([10.0, 20.0, 40.0, np.nan, np.nan], [50, 30, 15, 5, 0])
    assert (found.persons, found.unreached) == (95.0, 5.0)
    assert found.mean == pytest.approx((500 + 600 + 600) / 95)
    assert (found.median, found.p95, found.tail) == (10.0, 40.0, 40.0)
    assert found.beyond == pytest.approx([0.5, 0.2, 0.05])
    assert found.to_frame()["limit_minutes"].tolist() == [15.0, 30.0, 45.0]
    nobody = access_report([np.nan], [3])
    assert nobody.unreached == 3.0
    assert np.isnan(nobody.mean)
    assert nobody.beyond.tolist() == [1.0, 1.0, 1.0]
    assert access_report([0.0, 0.0], [1, 1]).gini == 0.0


def test_two_steps_by_hand():
    minutes = np.array([[5.0, 25.0], [12.0, np.nan], [31.0, 10.0]])
    supply, demand = [6.0, 3.0], [100.0, 50.0, 200.0]
    first, second = 6 / (100 + 0.68 * 50), 3 / (0.22 * 100 + 200)
    found = e2sfca(minutes, supply, demand)
    assert found.ratio == pytest.approx([first, second])
    assert found.access == pytest.approx([first + 0.22 * second, 0.68 * first, second])
    assert found.access @ demand == pytest.approx(9.0)  # all supply is shared out
    curve = e2sfca(minutes, supply, demand, zone_weights=None)
    weight = 0.01 ** ((np.array([5.0, 12.0]) / 30) ** 2)
    assert curve.ratio[0] == pytest.approx(6 / (weight @ [100, 50]))
    assert curve.access @ demand == pytest.approx(9.0)


def test_a_site_nobody_can_use_adds_nothing():
    found = e2sfca([[50.0, 5.0]], [4.0, 2.0], [10.0])
    assert np.isnan(found.ratio[0])
    assert found.access.tolist() == [0.2]
    assert found.to_frame().index.name == "demand"


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"near": [1.0], "weights": [0.0]}, "nobody"),
        ({"near": [1.0], "weights": [1.0, 2.0]}, "one length"),
        ({"near": [-1.0], "weights": [1.0]}, "near"),
        ({"near": [1.0], "weights": [1.0], "deprivation": [1.0, 2.0]}, "one length"),
        ({"near": [1.0], "weights": [1.0], "deprivation": [np.nan]}, "ranking"),
    ],
)
def test_bad_reports_say_what_was_wrong(how, words):
    with pytest.raises(ValueError, match=words):
        access_report(**how)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"zones_minutes": (10.0, 10.0), "zone_weights": (1.0, 0.5)}, "rise"),
        ({"zones_minutes": (10.0,)}, "one length"),
        ({"zones_minutes": ()}, "rise"),
    ],
)
def test_bad_zones_say_what_was_wrong(how, words):
    with pytest.raises(ValueError, match=words):
        e2sfca([[5.0]], [1.0], [1.0], **how)
    with pytest.raises(ValueError, match="supply"):
        e2sfca([[5.0]], [-1.0], [1.0])
    with pytest.raises(ValueError, match="one length"):
        e2sfca([[5.0]], [1.0, 2.0], [1.0])
