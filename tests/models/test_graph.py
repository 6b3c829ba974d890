import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix

from models.graph import as_graph, as_weights, pieces, row_standardised

LINE = csr_array(np.array([[0, 2, 0, 0], [2, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]], dtype=float))


def test_a_graph_is_symmetric_ones_without_a_diagonal():
    given = csr_matrix(LINE.toarray() + np.eye(4))
    assert as_graph(given, n=4).toarray().tolist() == (LINE.toarray() > 0).astype(float).tolist()


def test_weights_keep_their_values_and_lose_stored_zeros():
    given = LINE.copy()
    given.data[0] = 0.0
    assert as_weights(given, n=4).nnz == 3


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        (csr_array((3, 4)), "shape"),
        (csr_array(np.array([[0, 1.0], [0, 0]])), "mutual"),
        (csr_array(np.array([[0, -1.0], [-1.0, 0]])), ">= 0"),
        (csr_array(np.array([[0, np.nan], [np.nan, 0]])), "finite"),
    ],
)
def test_a_wrong_matrix_says_what_is_wrong(matrix, said):
    with pytest.raises(ValueError, match=said):
        as_graph(matrix, n=matrix.shape[0])


def test_rows_sum_to_one_and_an_island_keeps_nothing():
    sums = np.asarray(row_standardised(as_weights(LINE, n=4)).sum(axis=1)).ravel()
    assert sums == pytest.approx([1, 1, 1, 0])


def test_pieces_and_islands_are_found():
    found = pieces(LINE)
    assert found.count == 2
    assert found.islands.tolist() == [False, False, False, True]
