import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from geo.neighbours import connect_components, nearest, queen


def grid(columns, rows, gap=0.0):
    size = 100
    shapes = [
        box(x * size, y * size, (x + 1) * size - gap, (y + 1) * size - gap)
        for y in range(rows)
        for x in range(columns)
    ]
    return gpd.GeoDataFrame(geometry=shapes, crs=5254)


def test_queen_counts_corners_on_a_chessboard():
    found = queen(grid(3, 3))
    assert found.matrix.sum(axis=1).tolist() == [3, 5, 3, 5, 8, 5, 3, 5, 3]
    assert found.components == 1


def test_slivers_within_the_tolerance_do_not_part_neighbours():
    assert queen(grid(2, 1, gap=0.5)).components == 1
    assert queen(grid(2, 1, gap=5)).components == 2


def test_the_matrix_is_symmetric_without_a_diagonal():
    matrix = queen(grid(4, 3)).matrix.toarray()
    assert (matrix == matrix.T).all()
    assert (np.diag(matrix) == 0).all()
    assert set(np.unique(matrix)) == {0.0, 1.0}


def test_islands_are_reported_and_can_be_joined_over_the_shortest_gap():
    areas = gpd.GeoDataFrame(
        geometry=[box(0, 0, 10, 10), box(10, 0, 20, 10), box(50, 0, 60, 10), box(90, 0, 100, 10)], crs=5254
    )
    found = queen(areas)
    assert found.islands.tolist() == [2, 3]
    assert found.components == 3
    points = np.array([[5.0, 5], [15, 5], [55, 5], [95, 5]])
    joined = connect_components(found, points)
    assert joined.components == 1
    assert joined.islands.tolist() == []
    added = (joined.matrix - found.matrix).tocoo()
    assert {tuple(sorted(map(int, pair))) for pair in zip(*added.coords, strict=True)} == {(1, 2), (2, 3)}


def test_nearest_neighbours_are_mutual():
    points = np.array([[0.0, 0], [1, 0], [10, 0]])
    matrix = nearest(points, k=1).matrix.toarray()
    assert matrix.tolist() == [[0, 1, 0], [1, 0, 1], [0, 1, 0]]


def test_too_many_nearest_neighbours_are_refused():
    with pytest.raises(ValueError, match="k must lie"):
        nearest(np.zeros((2, 2)), k=2)


def test_degrees_are_refused():
    with pytest.raises(ValueError, match="to_metric"):
        queen(grid(2, 1).set_crs(4326, allow_override=True))
