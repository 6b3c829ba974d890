import numpy as np
import pytest

from app.refresh.inputs import CityInputs, apart
from app.refresh.need import Cells, people_by_cell
from app.store.places import PeopleCell
from survey.indicators import PopulationSlice

gpd = pytest.importorskip("geopandas")
CELLS = Cells(((0, 17), (18, 64), (65, 999)))


def city(people):
    frame = gpd.GeoDataFrame({"code": ["a", "b", "c"], "name": ["A", "B", "C"], "district": ["d", "d", "e"]})
    return CityInputs(1, False, frame, people, 2026)


def cell(code, persons, sex="all", low=0, high=999):
    return PeopleCell(code=code, sex=sex, age_from=low, age_to=high, persons=persons)


def test_people_fall_into_sex_by_age_cells_and_unknown_ones_into_none():
    age, female = np.array([3.0, 40.0, 80.0, np.nan, 20.0]), np.array([1.0, 0.0, 1.0, 1.0, np.nan])
    assert CELLS.of_people(age, female, 5).tolist() == [0, 4, 2, -1, -1]
    assert CELLS.names[0] == "female 0-17"
    assert CELLS.names[-1] == "male 65+"


def test_one_cell_is_legal():
    one = Cells(((0, 999),), ("all",))
    assert one.of_people(None, None, 3).tolist() == [0, 0, 0]
    assert one.names == ["all 0+"]


def test_a_group_is_made_of_whole_cells_or_has_no_size():
    assert CELLS.inside(PopulationSlice("female", 0, 200)).tolist() == [True, True, True, False, False, False]
    assert CELLS.inside(PopulationSlice("", 65, 200)).tolist() == [False, False, True, False, False, True]
    assert CELLS.inside(PopulationSlice("", 15, 29)) is None


def test_an_area_with_a_total_only_is_spread_by_its_districts_structure_and_keeps_its_total():
    fine = [cell("a", 10, "female", 0, 17), cell("a", 30, "male", 18, 64), cell("a", 60, "male", 65, 999)]
    people, sources = people_by_cell(city([*fine, cell("b", 50), cell("c", 8)]), CELLS, np.full(6, 1 / 6))
    assert sources == {"own": 1, "district": 1, "city": 1, "survey": 0}
    assert people.sum(axis=1) == pytest.approx([100, 50, 8])
    assert people[1] == pytest.approx(people[0] / 2)


def test_a_city_without_any_structure_takes_the_surveys():
    shares = np.array([0.1, 0.2, 0.2, 0.1, 0.2, 0.2])
    people, sources = people_by_cell(city([cell("a", 10), cell("b", 20), cell("c", 30)]), CELLS, shares)
    assert sources["survey"] == 3
    assert people[2] == pytest.approx(30 * shares)


def test_single_years_of_age_add_up_in_their_band():
    years = [cell("a", 2, "female", age, age) for age in range(18)]
    people, _ = people_by_cell(city([*years, cell("b", 1), cell("c", 1)]), CELLS, np.full(6, 1 / 6))
    assert people[0, 0] == 36


def test_nobody_counts_twice_where_totals_sexes_and_ages_are_all_loaded():
    told = [
        cell("a", 100),
        *(cell("a", 50, sex) for sex in ("female", "male")),
        cell("a", 20, "female", 0, 17),
        cell("a", 30, "male", 18, 64),
    ]
    place = city([*told, cell("b", 5), cell("c", 5)])
    assert place.population.tolist() == [100, 5, 5]
    people, _ = people_by_cell(place, CELLS, np.full(6, 1 / 6))
    assert people[0].sum() == pytest.approx(100)
    assert people[0, 0] >= 20


def test_cells_that_share_nobody_are_taken_as_they_are():
    years = [cell("a", 1, sex, age, age) for sex in ("female", "male") for age in range(100)]
    assert apart(years, coarse=True) == apart(years, coarse=False) == years
