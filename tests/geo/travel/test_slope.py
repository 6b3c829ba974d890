import numpy as np
import pytest

from geo.travel import HeightGrid, read_heights
from geo.travel.slope import tobler_km_per_hour, tobler_seconds

EPSG = 5254


def ramp(rise=0.1, cell=10.0, n=50):
    """Ground that rises to the east; cell centres 5 m, 15 m ... from the corner (0, 0) in the north-west."""
    east = (np.arange(n) + 0.5) * cell
    return HeightGrid(heights_m=np.tile(rise * east, (n, 1)), transform=(cell, 0, 0, 0, -cell, 0), epsg=EPSG)


def test_toblers_function_by_hand():
    assert tobler_km_per_hour(np.array([0.0]))[0] == pytest.approx(5.0367, abs=1e-4)
    assert tobler_km_per_hour(np.array([-0.05]))[0] == 6
    assert tobler_km_per_hour(np.array([0.25]))[0] == pytest.approx(6 * np.exp(-1.05))
    assert tobler_km_per_hour(np.array([-0.35]))[0] == pytest.approx(6 * np.exp(-1.05))


def test_a_street_up_and_down_a_ramp_by_hand():
    points = np.array([[50.0, -100], [350.0, -100], [50.0, -300]])
    seconds, unknown = tobler_seconds(points, np.array([0, 1, 0]), np.array([1, 0, 2]), ramp(), epsg=EPSG)
    up, down, level = 0.3 / (6 * np.exp(-0.525)), 0.3 / (6 * np.exp(-0.175)), 0.2 / (6 * np.exp(-0.175))
    assert seconds / 3600 == pytest.approx([up, down, level])
    assert unknown == 0


def test_a_hill_between_two_ends_of_one_height_is_felt():
    heights = np.zeros((20, 20))
    heights[:, 10] = 8.0
    grid = HeightGrid(heights_m=heights, transform=(10, 0, 0, 0, -10, 0), epsg=EPSG)
    points = np.array([[55.0, -100], [155.0, -100]])
    over, _ = tobler_seconds(points, np.array([0]), np.array([1]), grid, epsg=EPSG)
    flat = 100 / (tobler_km_per_hour(np.zeros(1)) / 3.6)
    assert over[0] > 1.5 * flat[0]


def test_between_cells_the_height_is_between_and_outside_unknown():
    grid = HeightGrid(heights_m=np.array([[0.0, 10], [20, 30]]), transform=(1, 0, 0, 0, -1, 0), epsg=EPSG)
    x, y = np.array([0.5, 1.5, 1.0, 0.1, -0.1, 1.0]), np.array([-0.5, -0.5, -1.0, -1.9, -1.0, 0.5])
    assert np.array_equal(grid.at(x, y), [0, 10, 15, 20, np.nan, np.nan], equal_nan=True)


def test_where_no_height_is_known_it_is_flat_and_told():
    points = np.array([[400.0, -100], [600.0, -100]])
    seconds, unknown = tobler_seconds(points, np.array([0]), np.array([1]), ramp(rise=0), epsg=EPSG)
    assert seconds[0] == pytest.approx(200 * 3.6 / tobler_km_per_hour(np.zeros(1))[0])
    assert unknown == pytest.approx(0.5, abs=0.06)


def test_a_street_of_no_length_takes_no_time():
    seconds, unknown = tobler_seconds(np.ones((2, 2)), np.array([0]), np.array([1]), ramp(), epsg=EPSG)
    assert (seconds[0], unknown) == (0, 0)


ASCII = "ncols 3\nnrows 2\nxllcorner 100\nyllcorner 200\ncellsize 10\nNODATA_value -1\n1 2 3\n4 -1 6\n"


def test_an_ascii_grid_is_read(tmp_path):
    (tmp_path / "h.asc").write_text(ASCII)
    grid = read_heights(tmp_path / "h.asc", epsg=EPSG)
    assert np.array_equal(grid.heights_m, [[1, 2, 3], [4, np.nan, 6]], equal_nan=True)
    assert grid.at(np.array([105.0]), np.array([215.0])) == 1
    assert grid.step_m == 10


def test_the_middle_of_a_cell_may_be_given_and_degrees(tmp_path):
    centred = ASCII.replace("xllcorner 100", "xllcenter 30.05").replace("yllcorner 200", "YLLCENTER 36.05")
    (tmp_path / "h.asc").write_text(centred.replace("cellsize 10", "cellsize 0.1"))
    grid = read_heights(tmp_path / "h.asc", epsg=4326)
    assert grid.transform == pytest.approx((0.1, 0, 30, 0, -0.1, 36.2))
    assert grid.step_m == pytest.approx(11132)


def test_an_npz_is_read(tmp_path):
    grid = ramp()
    np.savez(tmp_path / "h.npz", heights_m=grid.heights_m, transform=grid.transform)
    assert read_heights(tmp_path / "h.npz", epsg=EPSG).digest() == grid.digest()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.asc", ASCII.replace("nrows 2", "nrows 3").encode()),
        ("b.asc", ASCII.replace("4 -1 6", "4 -1").encode()),
        ("c.asc", ASCII.replace("cellsize 10\n", "").encode()),
        ("d.asc", "ü".encode()),
        ("e.npz", b"PK"),
        ("f.npz", b""),
    ],
)
def test_a_file_that_is_no_grid_is_named(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ValueError, match=rf"{name} cannot be read as a grid"):
        read_heights(tmp_path / name, epsg=EPSG)


def test_a_transform_that_cannot_be_turned_round_is_refused():
    with pytest.raises(ValueError, match="turned round"):
        HeightGrid(heights_m=np.zeros((2, 2)), transform=(1, 1, 0, 1, 1, 0), epsg=EPSG)
