import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import Point

from geo.crs import TURKISH, Units, guess_units, metric_crs_for, require_metric, to_metric


def layer(x, y, crs=4326):
    return gpd.GeoDataFrame(geometry=[Point(x, y)], crs=crs)


@pytest.mark.parametrize(
    ("place", "epsg"),
    [
        ((30.7, 36.9), 5254),
        ((27.1, 38.4), 5253),
        ((44.0, 37.5), 5259),
        ((13.4, 52.5), 32633),
        ((151, -34), 32756),
    ],
)
def test_the_metric_crs_follows_the_place(place, epsg):
    assert metric_crs_for(layer(*place)).to_epsg() == epsg


def test_a_layer_in_degrees_is_refused_where_metres_are_needed():
    with pytest.raises(ValueError, match="degree"):
        require_metric(layer(30, 37))


def test_a_layer_without_crs_is_refused():
    with pytest.raises(ValueError, match="no CRS"):
        require_metric(layer(30, 37, None))
    with pytest.raises(ValueError, match="no CRS"):
        to_metric(layer(30, 37, None))


def test_an_empty_layer_has_no_metric_crs():
    with pytest.raises(ValueError, match="no geometry"):
        metric_crs_for(gpd.GeoDataFrame(geometry=[], crs=4326))


def test_a_metric_layer_is_returned_as_it_is():
    metric = layer(500000, 4085000, 5254)
    assert to_metric(metric) is metric
    assert require_metric(metric) is metric


def test_degrees_become_metres_near_the_true_distance():
    pair = gpd.GeoDataFrame(geometry=[Point(30.7, 36.9), Point(30.7, 37.0)], crs=4326)
    first, second = to_metric(pair).geometry
    assert first.distance(second) == pytest.approx(11098, rel=1e-3)


def test_every_crs_of_turkish_practice_is_known_to_the_projection_library():
    assert all(to_metric(layer(30.7, 36.9).to_crs(code)).geometry.is_valid.all() for code in TURKISH)


X, Y = np.array([30.5, 30.9, np.nan]), np.array([36.8, 37.1, 36.0])


@pytest.mark.parametrize(
    ("x", "y", "units"),
    [
        (X, Y, Units.DEGREES),
        (Y, X, Units.SWAPPED),
        ([560000.0], [4085000.0], Units.PROJECTED),
        ([4085000.0], [560000.0], Units.PROJECTED_SWAPPED),
        ([1.0], [2.0], Units.UNKNOWN),
        ([np.nan], [np.nan], Units.UNKNOWN),
    ],
)
def test_unlabelled_coordinates_are_named_but_not_changed(x, y, units):
    assert guess_units(x, y).units is units


def test_the_share_outside_the_place_is_told():
    found = guess_units([30.5, 30.6, 0.0, 30.9], [36.8, 36.9, 0.0, 37.0])
    assert found.units is Units.DEGREES
    assert found.outside == 0.25
    assert found.bounds == (0.0, 0.0, 30.9, 37.0)


def test_projected_coordinates_come_with_the_codes_to_choose_from():
    codes = guess_units([560000.0], [4085000.0]).candidates
    assert {5254, 2320, 23036, 32636} <= set(codes)
    assert 4326 not in codes
