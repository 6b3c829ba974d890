import numpy as np
import pytest

from models.siting import FacilityType, Rules, expand_types, maximal_cover, p_median

CENTRE = FacilityType("centre", reach_minutes=60, capacity=30_000, cost=100)
OFFICE = FacilityType("contact office", reach_minutes=30, capacity=6_000, cost=35)
MOBILE = FacilityType("mobile day", reach_minutes=15, capacity=5_000, cost=8)

# a town of three quarters, and a village three hours away
MINUTES = np.array(
    [[4.0, 12.0, 15.0, 180.0], [12.0, 4.0, 14.0, 185.0], [15.0, 14.0, 3.0, 178.0], [180.0, 185.0, 178.0, 2.0]]
)
PEOPLE = np.array([9_000.0, 8_000.0, 7_000.0, 4_000.0])


def test_a_village_three_hours_away_gets_a_mobile_day_and_not_a_building():
    typed = expand_types(MINUTES, [CENTRE, OFFICE, MOBILE])
    rules = Rules(conflicts=typed.conflicts, cost=typed.cost, budget=115)
    plan = p_median(typed.minutes, PEOPLE, None, capacity=typed.capacity, rules=rules)
    chosen = typed.to_frame().loc[plan.sites]
    assert chosen.loc[chosen["place"] == 3, "type"].tolist() == ["mobile day"]
    assert chosen.loc[chosen["place"] < 3, "type"].tolist() == ["centre"]
    assert plan.proven
    assert typed.cost[plan.sites].sum() <= 115
    assert plan.unserved.tolist() == []


def test_with_more_money_the_plan_serves_better_and_with_one_type_a_place():
    typed = expand_types(MINUTES, [CENTRE, OFFICE, MOBILE])
    objectives = []
    for budget in (110.0, 150.0, 400.0):
        rules = Rules(conflicts=typed.conflicts, cost=typed.cost, budget=budget)
        plan = p_median(typed.minutes, PEOPLE, None, capacity=typed.capacity, rules=rules)
        assert len(set(typed.place[plan.sites])) == len(plan.sites)
        objectives.append(plan.objective)
    assert objectives == sorted(objectives, reverse=True)
    assert objectives[2] < objectives[0]


def test_cover_chooses_types_too():
    typed = expand_types(MINUTES, [CENTRE, MOBILE])
    rules = Rules(conflicts=typed.conflicts, cost=typed.cost, budget=8)
    how = {"capacity": typed.capacity, "demand": PEOPLE, "rules": rules}
    plan = maximal_cover(typed.minutes, PEOPLE, None, 60, **how)
    assert typed.place[plan.sites].tolist() == [3]  # only the village fits into one mobile day
    assert plan.objective == 4_000


def test_columns_are_named_by_place_and_type():
    typed = expand_types(MINUTES, [CENTRE, MOBILE], cost_factor=[1.0, 2.0, 1.0, 0.5])
    assert typed.columns(places=[1]) == [2, 3]
    assert typed.columns(name="mobile day") == [1, 3, 5, 7]
    assert typed.columns(places=[3], name="centre") == [6]
    assert typed.cost.tolist() == [100, 8, 200, 16, 100, 8, 50, 4]
    assert np.isnan(typed.minutes[3, :6]).all()
    with pytest.raises(ValueError, match="no such type"):
        typed.columns(name="palace")


@pytest.mark.parametrize(
    ("types", "how", "words"),
    [
        ([], {}, "at least one"),
        ([CENTRE, CENTRE], {}, "name of its own"),
        ([CENTRE], {"cost_factor": [1.0]}, "one a place"),
        ([CENTRE], {"cost_factor": [1.0, 1.0, 1.0, -1.0]}, "one a place"),
    ],
)
def test_bad_types_are_refused(types, how, words):
    with pytest.raises(ValueError, match=words):
        expand_types(MINUTES, types, **how)


@pytest.mark.parametrize("bad", [(-1, 1, 1), (1, -1, 1), (1, 1, -1), (1, 1, np.inf), (np.nan, 1, 1)])
def test_negative_facilities_are_refused(bad):
    with pytest.raises(ValueError, match="must be >= 0"):
        FacilityType("centre", *bad)
