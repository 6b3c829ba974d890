"""The neighbourhood graph as the models use it: one sparse matrix in the caller's order."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array, csr_array, csr_matrix
from scipy.sparse.csgraph import connected_components

from models.checks import Bools, Floats, Ints

Sparse = csr_array[np.float64, tuple[int, int]]
Neighbours = csr_array | csr_matrix


def as_weights(neighbours: Neighbours, *, n: int) -> Sparse:
    """Return `neighbours` as a sorted CSR matrix of weights without its diagonal and stored zeros.

    Parameters
    ----------
    neighbours : (n, n) sparse, nonzero = neighbours; it need not be symmetric
    n : areas

    Raises
    ------
    ValueError
        If the shape differs, or a weight is negative or not finite.
    """
    given = csr_array(neighbours).tocoo()
    if given.shape != (n, n):
        raise ValueError(f"neighbours must have shape ({n}, {n}), one row an area; got {given.shape}")
    data = np.asarray(given.data, dtype=np.float64)
    if not (np.isfinite(data) & (data >= 0)).all():
        raise ValueError("weights of neighbours must be finite and >= 0; 0 or no entry where not neighbours")
    rows, columns = (np.asarray(part, dtype=np.int64) for part in given.coords)
    keep = (data > 0) & (rows != columns)
    weights: Sparse = coo_array((data[keep], (rows[keep], columns[keep])), shape=(n, n)).tocsr()
    weights.sum_duplicates()
    weights.sort_indices()
    return weights


def as_graph(neighbours: Neighbours, *, n: int) -> Sparse:
    """Return `neighbours` as a symmetric 0/1 matrix without a diagonal.

    Raises
    ------
    ValueError
        As `as_weights`, or if an area is the neighbour of one that is not its own.
    """
    graph = as_weights(neighbours, n=n)
    graph.data[:] = 1.0
    one_sided = (graph - graph.T).count_nonzero()
    if one_sided:
        raise ValueError(
            f"neighbours must be mutual; {one_sided} entries have no counterpart: add the transpose"
        )
    return graph


def row_standardised(weights: Sparse) -> Sparse:
    """Weights that sum to one in each row; an island's row stays empty."""
    total = np.asarray(weights.sum(axis=1), dtype=np.float64).ravel()
    scale = np.divide(1.0, total, out=np.zeros_like(total), where=total > 0)
    scaled = weights.copy()
    scaled.data = weights.data * np.repeat(scale, np.diff(weights.indptr))
    return scaled


@dataclass(frozen=True, slots=True)
class Pieces:
    """Connected pieces of a map.

    Attributes
    ----------
    label : (n,) number of each area's piece
    size : (n_pieces,) areas in it
    """

    label: Ints
    size: Ints

    @property
    def count(self) -> int:
        """Number of pieces."""
        return len(self.size)

    @property
    def islands(self) -> Bools:
        """(n,) areas without a neighbour."""
        alone: Bools = self.size[self.label] == 1
        return alone


def pieces(weights: Sparse) -> Pieces:
    """Connected pieces, an edge in either direction joining."""
    _, label = connected_components(weights, directed=False)
    codes = label.astype(np.int64)
    return Pieces(codes, np.bincount(codes).astype(np.int64))


def degree(weights: Sparse) -> Floats:
    """(n,) neighbours of each area."""
    return np.diff(weights.indptr).astype(np.float64)
