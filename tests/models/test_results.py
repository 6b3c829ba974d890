import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from models.estimates import AreaModel, direct_estimates
from models.rates import poisson_rate
from models.results import Assignment, Zones
from models.siting import assign, p_median
from models.smoothing import EmpiricalBayes
from models.zones import risk_zones


def direct():
    return direct_estimates([1, 0, 1.0], [1, 1, 1], area=[0, 0, 1], block=[0, 1, 2], n_areas=3)


RESULTS = {
    "direct": direct,
    "area model": lambda: AreaModel().fit(direct()).result_,
    "rate": lambda: poisson_rate([1, 2, 3], [1, 1, 1]),
    "risk": lambda: EmpiricalBayes().fit([1, 2, 3.0], [1, 2, 9.0]).result_,
    "assignment": lambda: assign([[1.0], [2.0], [3.0]], [0]),
    "zones": lambda: risk_zones([[0.0], [1.0], [2.0]], np.ones((3, 3)), [1, 1, 1], zones=1),
}


@pytest.mark.parametrize("make", RESULTS.values(), ids=RESULTS.keys())
def test_a_result_has_one_row_an_area_and_cannot_be_edited(make):
    result = make()
    frame = result.to_frame()
    assert isinstance(frame, pd.DataFrame)
    assert len(frame) == 3
    arrays = [value for name in result.__slots__ if isinstance(value := getattr(result, name), np.ndarray)]
    assert arrays
    assert not any(array.flags.writeable for array in arrays)


def test_a_plan_lists_existing_and_new_sites():
    frame = p_median([[1.0, 2.0, 3.0]], [1.0], 2, fixed=[2]).to_frame()
    assert frame["site"].tolist() == [0, 2]
    assert frame["is_new"].tolist() == [True, False]


def test_small_zones_are_marked_for_their_areas():
    zones = Zones(
        label=np.array([0, 1]),
        population=np.array([5.0, 50.0]),
        below_minimum=np.array([True, False]),
        merges=0,
        components=2,
    )
    assert zones.to_frame()["too_small"].tolist() == [True, False]


def test_results_are_frozen():
    result = Assignment(site=np.array([0]), minutes=np.array([1.0]))
    with pytest.raises(AttributeError):
        result.site = np.array([1])


@pytest.mark.parametrize("model", [AreaModel(grid=7), EmpiricalBayes(level=0.9)], ids=repr)
def test_models_keep_the_estimator_contract(model):
    copy = clone(model)
    assert copy.get_params() == model.get_params()
    assert not hasattr(copy, "result_")


def test_two_fits_agree_exactly():
    first, second = (AreaModel().fit(direct()).result_.to_frame() for _ in range(2))
    assert first.equals(second)
