import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import MultiPolygon, Point, Polygon, box

from geo.areas import AreaProblem, check_areas, locate, radius_m, repair, representative_points_m

BOWTIE = Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])


def layer(*shapes, codes=None):
    data = {"code": codes or list(range(len(shapes)))}
    return gpd.GeoDataFrame(data, geometry=list(shapes), crs=5254)


def problems(report):
    return {(finding.problem, finding.feature, finding.other) for finding in report.findings}


def test_a_clean_layer_has_no_findings():
    report = check_areas(layer(box(0, 0, 100, 100), box(100, 0, 200, 100)), code="code")
    assert report.findings == ()
    assert report.features == 2


def test_an_invalid_boundary_is_named_with_its_reason_and_place():
    (finding,) = check_areas(layer(BOWTIE)).findings
    assert finding.problem is AreaProblem.INVALID
    assert "Self-intersection[50 50]" in finding.detail


@pytest.mark.parametrize(
    ("shape", "problem"),
    [
        (Polygon(), AreaProblem.EMPTY),
        (None, AreaProblem.EMPTY),
        (Point(0, 0), AreaProblem.NOT_A_POLYGON),
        (box(0, 0, 10, 10), AreaProblem.TINY),
        (MultiPolygon([box(0, 0, 90, 90), box(200, 0, 290, 90)]), AreaProblem.MULTIPART),
    ],
)
def test_each_kind_of_bad_feature_is_found(shape, problem):
    report = check_areas(layer(shape, box(1000, 0, 1100, 100)))
    assert (problem, 0, -1) in problems(report)


def test_a_boundary_folded_flat_has_no_area():
    report = check_areas(layer(Polygon([(0, 0), (10, 0), (20, 0), (0, 0)]), box(50, 0, 150, 100)))
    assert (AreaProblem.ZERO_AREA, 0, -1) in problems(report)


def test_repeated_codes_and_boundaries_point_at_their_first_row():
    report = check_areas(layer(box(0, 0, 99, 99), box(0, 0, 99, 99), codes=["a", "a"]), code="code")
    assert problems(report) == {(AreaProblem.DUPLICATE_CODE, 1, 0), (AreaProblem.DUPLICATE_GEOMETRY, 1, 0)}


def test_overlaps_are_measured_and_small_ones_are_noise():
    overlapping = layer(box(0, 0, 100, 100), box(90, 0, 200, 100), box(199.5, 0, 300, 100))
    (finding,) = check_areas(overlapping).findings
    assert (finding.problem, finding.feature, finding.other) == (AreaProblem.OVERLAP, 1, 0)
    assert finding.area_m2 == pytest.approx(1000)


def test_a_long_sliver_of_rounded_coordinates_is_noise_too():
    sliver = layer(box(0, 0, 100, 1000), box(99.5, 0, 200, 1000))
    assert check_areas(sliver).findings == ()
    assert len(check_areas(sliver, sliver_m=0.1).findings) == 1


def test_a_hole_between_areas_is_a_gap_but_does_not_block():
    ring = box(0, 0, 300, 300).difference(box(100, 100, 200, 200))
    report = check_areas(layer(ring))
    assert [finding.problem for finding in report.findings] == [AreaProblem.GAP]
    assert report.findings[0].area_m2 == pytest.approx(10000)
    assert report.blocking == ()


def test_a_bow_tie_is_refused_rather_than_repaired():
    with pytest.raises(ValueError, match="redraw"):
        repair(BOWTIE)


def test_a_spike_is_repaired_and_the_change_is_told():
    spike = Polygon([(0, 0), (1000, 0), (1000, 1000), (500, 1000), (500, 1400), (500, 1000), (0, 1000)])
    fixed = repair(spike)
    assert fixed.geometry.is_valid
    assert fixed.geometry.area == pytest.approx(1e6)
    assert fixed.relative_change < 0.01


def test_a_valid_boundary_is_left_alone():
    shape = box(0, 0, 1, 1)
    assert repair(shape).geometry is shape


def test_points_find_their_area_or_none():
    areas = layer(box(0, 0, 10, 10), box(10, 0, 20, 10))
    points = [Point(5, 5), Point(15, 5), Point(10, 5), Point(99, 99), None]
    assert locate(points, areas).tolist() == [0, 1, 0, -1, -1]


def test_the_point_of_a_crescent_is_inside_it():
    crescent = Point(0, 0).buffer(100).difference(Point(40, 0).buffer(90))
    (point,) = representative_points_m(layer(crescent))
    assert crescent.contains(Point(point))


def test_the_radius_of_a_square_has_its_known_bound_and_mean():
    square = layer(box(-50, -50, 50, 50))
    radii = radius_m(square, np.zeros((1, 2)), cells=100)
    assert radii.largest_m[0] == pytest.approx(50 * np.sqrt(2))
    assert radii.mean_m[0] == pytest.approx(38.2598, rel=1e-3)  # side x (sqrt 2 + asinh 1) / 6


def test_no_resident_is_farther_than_the_largest_radius():
    shape = Polygon([(0, 0), (900, 100), (700, 800), (300, 300), (-100, 700)])
    areas = layer(shape)
    centre = representative_points_m(areas)
    rng = np.random.default_rng(0)
    homes = [xy for xy in rng.uniform(-100, 900, (500, 2)) if shape.contains(Point(xy))]
    assert np.hypot(*(np.array(homes) - centre[0]).T).max() <= radius_m(areas, centre).largest_m[0]
