import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from geo.travel import inner_minutes, mean_distance_m, weighted_minutes, with_inner

NAN = np.nan


def test_the_mean_is_over_those_who_reach():
    minutes = np.array([[10, NAN, 5], [20, NAN, NAN], [30, 8, NAN], [NAN, 4, 1]])
    made = weighted_minutes(minutes, np.array([0, 0, 1, 1]), np.array([1.0, 3, 1, 1]), areas=3)
    assert np.array_equal(made.minutes, [[17.5, NAN, 5], [30, 6, 1], [NAN] * 3], equal_nan=True)
    assert np.array_equal(made.not_reaching, [[0, 1, 0.75], [0.5, 0, 0.5], [NAN] * 3], equal_nan=True)


def test_points_nobody_lives_at_or_outside_do_not_count():
    minutes = np.array([[10.0], [99], [99], [NAN]])
    made = weighted_minutes(minutes, np.array([0, 0, -1, 0]), np.array([1.0, 0, 5, 0]))
    assert (made.minutes.tolist(), made.not_reaching.tolist()) == ([[10]], [[0]])
    with pytest.raises(ValueError, match="read-only"):
        made.minutes[0] = 1


@given(seed=st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_order_and_scale_of_points_do_not_matter(seed):
    rng = np.random.default_rng(seed)
    minutes = np.where(rng.random((20, 3)) < 0.3, NAN, rng.uniform(0, 60, (20, 3)))
    area, weight = rng.integers(0, 5, 20), rng.uniform(0.1, 9, 20)
    made, order = weighted_minutes(minutes, area, weight, areas=5), rng.permutation(20)
    other = weighted_minutes(minutes[order], area[order], 7 * weight[order], areas=5)
    np.testing.assert_allclose(other.minutes, made.minutes)
    np.testing.assert_allclose(other.not_reaching, made.not_reaching, atol=1e-12)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"weight": np.array([1.0, -1])}, ">= 0"),
        ({"weight": np.array([1.0, NAN])}, "finite"),
        ({"area": np.array([0, 2])}, "a row below 2"),
        ({"area": np.array([0, -2])}, "a row below 2"),
        ({"area": np.array([0])}, r"must be \(points, sites\)"),
    ],
)
def test_impossible_points_are_refused(change, said):
    given = {"minutes": np.ones((2, 1)), "area": np.array([0, 1]), "weight": np.ones(2)} | change
    with pytest.raises(ValueError, match=said):
        weighted_minutes(given["minutes"], given["area"], given["weight"], areas=2)


# ------------------------------------------------------------------- within
def test_known_shapes():
    disc = Point(7, 3).buffer(30, quad_segs=500)
    side = box(0, 0, 1, 1)
    shapes = [disc, side, side, shapely.affinity.scale(side, 2, 2, origin=(0, 0))]
    points = np.array([[7, 3], [0.5, 0.5], [0, 0], [1, 1]])
    middle = (np.sqrt(2) + np.arcsinh(1)) / 6
    expected = [20, middle, 2 * middle, 2 * middle]
    assert mean_distance_m(shapes, points) == pytest.approx(expected, rel=1e-4)
    assert mean_distance_m(shapes, points)[1:] == pytest.approx(expected[1:], rel=1e-12)


def holed():
    return Polygon([(0, 0), (10, 0), (10, 8), (6, 3), (0, 9)], [[(2, 1), (2, 3), (4, 3), (4, 1)]])


@pytest.mark.parametrize(
    "shape",
    [
        holed(),
        holed().reverse(),
        MultiPolygon([box(0, 0, 2, 1), box(5, 5, 9, 7)]),
        Polygon([(0, 0), (9, 0), (9, 1), (1, 1), (1, 9), (0, 9)]),
    ],
    ids=["hole", "turned", "parts", "corner"],
)
@pytest.mark.parametrize("point", [(3, 2), (0, 0), (9, 6), (-40, 5)])
def test_any_shape_agrees_with_a_fine_grid(shape, point):
    west, south, east, north = shape.bounds
    step = 0.02
    x, y = np.meshgrid(np.arange(west + step / 2, east, step), np.arange(south + step / 2, north, step))
    inside = shapely.contains_xy(shape, x, y)
    expected = np.hypot(x[inside] - point[0], y[inside] - point[1]).mean()
    assert mean_distance_m([shape], np.array([point], dtype=float))[0] == pytest.approx(expected, rel=2e-3)


def test_minutes_within_replace_the_zero_of_a_site_in_the_area():
    shapes, points = [box(0, 0, 900, 900), box(900, 0, 1800, 900)], np.array([[450.0, 450], [1350, 450]])
    inner = inner_minutes(shapes, points, minutes_per_m=0.01)
    assert inner == pytest.approx([9 * (np.sqrt(2) + np.arcsinh(1)) / 6] * 2)
    minutes = np.array([[0.0, 12, NAN, 0], [12, 7, 0, NAN]])
    made = with_inner(minutes, inner, np.array([0, 1, -1, 1]))
    assert np.array_equal(made, [[inner[0], 12, NAN, 0], [12, 7, 0, NAN]], equal_nan=True)
    assert minutes[0, 0] == 0


def test_no_surface_and_no_speed_are_refused():
    with pytest.raises(ValueError, match="without any surface"):
        mean_distance_m([Polygon()], np.zeros((1, 2)))
    with pytest.raises(ValueError, match="must be > 0"):
        inner_minutes([box(0, 0, 1, 1)], np.zeros((1, 2)), minutes_per_m=0)
    assert np.isnan(mean_distance_m([box(0, 0, 1, 1)], np.full((1, 2), NAN))).all()
