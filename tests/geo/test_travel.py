import numpy as np
import pytest

from geo.travel import StraightLine, TravelMatrix


def test_minutes_are_distance_times_detour_over_speed():
    made = StraightLine(detour=1.3, km_per_hour=39).between(np.zeros((1, 2)), np.array([[0.0, 10000.0]]))
    assert made.minutes[0, 0] == pytest.approx(20)
    assert made.settings == {"detour": 1.3, "km_per_hour": 39}
    assert made.method == "straight_line"


def test_a_point_nobody_knows_is_unreachable_not_near():
    made = StraightLine().between(np.array([[np.nan, 0.0]]), np.zeros((1, 2)))
    assert np.isnan(made.minutes[0, 0])


@pytest.mark.parametrize("settings", [{"detour": 0.9}, {"km_per_hour": 0}, {"detour": float("nan")}])
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ValueError, match="detour must be"):
        StraightLine(**settings)


@pytest.mark.parametrize("bad", [-1.0, np.inf])
def test_a_matrix_with_impossible_minutes_is_refused(bad):
    with pytest.raises(ValueError, match="minutes must be"):
        TravelMatrix(minutes=np.array([[bad]]), method="table", settings={})
