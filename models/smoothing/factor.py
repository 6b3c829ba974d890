"""Sparse factors of symmetric matrices: solve, log-determinant, and the diagonal of the inverse."""

from dataclasses import dataclass

import numpy as np
import qdldl
from scipy.sparse import csc_array, csr_array, triu

from models.checks import Floats, Ints
from models.compiled import compiled


@dataclass(frozen=True, slots=True)
class Factor:
    """L D L' of a permuted symmetric positive definite matrix."""

    values: Floats  # of L below its diagonal of ones, column by column
    rows: Ints
    start: Ints
    pivots: Floats
    order: Ints

    def solve(self, right: Floats) -> Floats:
        """Solution for a right side (n,) or several (n, k)."""
        if right.ndim == 2:
            return np.column_stack([self.solve(column) for column in right.T])
        x = right[self.order]
        _solve_lower(self.values, self.rows, self.start, x)
        x /= self.pivots
        _solve_transposed(self.values, self.rows, self.start, x)
        return self._unpermuted(x)

    def _unpermuted(self, x: Floats) -> Floats:
        found = np.empty_like(x)
        found[self.order] = x
        return found

    def log_determinant(self) -> float:
        """Logarithm of the determinant."""
        return float(np.log(self.pivots).sum())

    def inverse_diagonal(self) -> Floats:
        """(n,) diagonal of the inverse, by Takahashi's recursion over the pattern of L.

        References
        ----------
        Takahashi, Fagan & Chin (1973); Rue & Held (2005), Gaussian Markov Random Fields, section 2.4.
        """
        return self._unpermuted(_takahashi(self.values, self.rows, self.start, self.pivots))

    def root_solve(self, normals: Floats) -> Floats:
        """A normal vector whose covariance is the matrix's inverse, from standard normals (n,)."""
        scaled = normals / np.sqrt(self.pivots)
        _solve_transposed(self.values, self.rows, self.start, scaled)
        return self._unpermuted(scaled)


class Pattern:
    """A symmetric matrix whose diagonal changes: its pattern is analysed once, its values factored often."""

    def __init__(self, matrix: csr_array) -> None:
        self._upper = csc_array(triu(matrix, format="csc"))
        self._upper.sort_indices()
        self._fixed = self._upper.data.copy()
        self._diagonal = self._upper.indptr[1:] - 1  # last of each column of the upper triangle
        self._solver: qdldl.Solver | None = None

    def factor(self, added: Floats, *, times: float = 1.0) -> Factor:
        """Factor times x matrix + diag(added)."""
        self._upper.data[:] = times * self._fixed
        self._upper.data[self._diagonal] += added
        if self._solver is None:
            self._solver = qdldl.Solver(self._upper, upper=True)
        else:
            self._solver.update(self._upper, upper=True)
        lower, pivots, order = self._solver.factors()
        return Factor(lower.data, lower.indices, lower.indptr, np.asarray(pivots), np.asarray(order))


@compiled
def _takahashi(values: Floats, rows: Ints, start: Ints, pivots: Floats) -> Floats:
    n = len(pivots)
    inverse, diagonal = np.zeros(len(values)), np.zeros(n)
    place, sums = np.full(n, -1), np.zeros(n)
    for j in range(n - 1, -1, -1):
        first, size = start[j], start[j + 1] - start[j]
        for a in range(size):
            place[rows[first + a]] = a
            sums[a] = 0.0
        for b in range(size):
            row, weight = rows[first + b], values[first + b]
            sums[b] += weight * diagonal[row]
            for entry in range(start[row], start[row + 1]):
                a = place[rows[entry]]
                if a >= 0:
                    sums[a] += weight * inverse[entry]
                    sums[b] += values[first + a] * inverse[entry]
        total = 1.0 / pivots[j]
        for a in range(size):
            inverse[first + a] = -sums[a]
            total += values[first + a] * sums[a]
            place[rows[first + a]] = -1
        diagonal[j] = total
    return diagonal


@compiled
def _solve_lower(values: Floats, rows: Ints, start: Ints, right: Floats) -> None:
    """Replace `right` by the solution of L x = right."""
    for j in range(len(right)):
        for entry in range(start[j], start[j + 1]):
            right[rows[entry]] -= values[entry] * right[j]


@compiled
def _solve_transposed(values: Floats, rows: Ints, start: Ints, right: Floats) -> None:
    """Replace `right` by the solution of L' x = right."""
    for j in range(len(right) - 1, -1, -1):
        for entry in range(start[j], start[j + 1]):
            right[j] -= values[entry] * right[rows[entry]]
