"""Who neighbours whom: one sparse symmetric matrix in the order of the areas."""

from dataclasses import dataclass

import numpy as np
from geopandas import GeoDataFrame
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from shapely import STRtree

from geo.crs import require_metric

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Sparse = csr_array[np.float64, tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """Symmetric 0/1 matrix without a diagonal, and what it says about the map.

    Attributes
    ----------
    matrix : (n, n) sparse
    islands : areas without a neighbour
    component : (n,) number of the connected piece of each area
    """

    matrix: Sparse
    islands: Ints
    component: Ints

    @property
    def components(self) -> int:
        """Number of connected pieces."""
        return int(self.component.max(initial=-1)) + 1


def queen(areas: GeoDataFrame, *, tolerance_m: float = 1.0) -> Neighbours:
    """Areas that share an edge or a point, or come as near as `tolerance_m`.

    Parameters
    ----------
    areas : polygons in a metric CRS
    tolerance_m : slivers between hand-drawn boundaries up to this width do not part neighbours
    """
    shapes = np.asarray(require_metric(areas).geometry.array)
    left, right = STRtree(shapes).query(shapes, predicate="dwithin", distance=tolerance_m)
    return _neighbours(left, right, len(shapes))


def nearest(points_m: Floats, *, k: int) -> Neighbours:
    """Each point's `k` nearest others, made symmetric (a neighbour of one is a neighbour of both).

    Parameters
    ----------
    points_m : (n, 2) in metres
    k : 1..n-1
    """
    n = len(points_m)
    if not 1 <= k < n:
        raise ValueError(f"k must lie in 1..{n - 1}; got {k}")
    _, found = cKDTree(points_m).query(points_m, k=k + 1)
    return _neighbours(np.repeat(np.arange(n), k + 1), found.ravel(), n)


def connect_components(neighbours: Neighbours, points_m: Floats) -> Neighbours:
    """Join separate pieces over their shortest gap, piece by piece, until the map is one.

    Parameters
    ----------
    points_m : (n, 2) one point an area, in metres

    Returns
    -------
    Neighbours with components - 1 links more; islands are gone
    """
    rows, columns = neighbours.matrix.nonzero()
    component = neighbours.component.copy()
    added: list[tuple[int, int]] = []
    while (component != component[0]).any():
        inside, outside = (
            np.flatnonzero(part) for part in (component == component[0], component != component[0])
        )
        gaps, near = map(np.asarray, cKDTree(points_m[inside]).query(points_m[outside]))
        best = int(gaps.argmin())
        added.append((int(inside[near[best]]), int(outside[best])))
        component[component == component[outside[best]]] = component[0]
    new = np.array(added, dtype=np.int64).reshape(-1, 2)
    return _neighbours(np.append(rows, new[:, 0]), np.append(columns, new[:, 1]), len(component))


def _neighbours(left: NDArray[np.signedinteger], right: NDArray[np.signedinteger], n: int) -> Neighbours:
    apart = left != right
    rows, columns = np.concatenate([left[apart], right[apart]]), np.concatenate([right[apart], left[apart]])
    matrix: Sparse = coo_array((np.ones(len(rows)), (rows, columns)), shape=(n, n)).tocsr()
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    _, component = connected_components(matrix, directed=False)
    islands = np.flatnonzero(np.diff(matrix.indptr) == 0)
    return Neighbours(matrix=matrix, islands=islands.astype(np.int64), component=component.astype(np.int64))
