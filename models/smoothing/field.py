"""The spatial field: neighbours alike, on one scale whatever the map's shape."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.sparse import csr_array, diags_array

from models.checks import Bools, Floats
from models.graph import Neighbours, Pieces, Sparse, as_graph, degree, pieces
from models.smoothing.factor import Factor, Pattern

JITTER = 1e-9  # keeps a piece of the map without a single observation solvable; the constraint removes it
GRID = 41


@dataclass(frozen=True)
class Field:
    """Intrinsic autoregression whose marginal variances have geometric mean 1 in each piece of the map.

    A piece sums to zero; an area without neighbours has a standard normal effect of its own.

    Attributes
    ----------
    precision : (n, n) scaled structure matrix
    parts : connected pieces
    variance : (n,) marginal variances

    References
    ----------
    Sorbye & Rue (2014), Spatial Statistics 8, 39-51 (scaling); Freni-Sterrantino, Ventrucci & Rue (2018),
    Spatial and Spatio-temporal Epidemiology 26, 25-34 (pieces and islands).
    """

    precision: Sparse
    parts: Pieces
    variance: Floats

    @property
    def size(self) -> int:
        """Number of areas."""
        return len(self.variance)

    @cached_property
    def bound(self) -> Bools:
        """(n,) areas whose effects must sum to zero with the others of their piece."""
        return ~self.parts.islands

    @cached_property
    def pattern(self) -> Pattern:
        """The structure matrix, ready to be factored with another diagonal."""
        return Pattern(self.precision)

    def condition(self, information: Floats) -> "Conditioned":
        """The field after independent observations.

        Parameters
        ----------
        information : (n,) precision of an observation of each area's effect, 0 without one
        """
        factor = self.pattern.factor(information + JITTER)
        share = factor.solve(self.bound.astype(np.float64)) * self.bound
        total = np.bincount(self.parts.label, share, self.parts.count)
        return Conditioned(self, factor, share, np.where(total > 0, total, 1.0))

    @cached_property
    def mixing_divergence(self) -> CubicSpline:
        """Over (2 / pi) asin sqrt(rho): what the mixed effect adds to the unstructured one.

        Twice the Kullback-Leibler divergence of N(0, (1 - rho) I + rho R^-) from N(0, I), by
        log-determinants instead of eigenvalues, without the directions that the field leaves out: they add
        -rho - log(1 - rho) for each bound piece.

        References
        ----------
        Riebler, Sorbye, Simpson & Rue (2016), Statistical Methods in Medical Research 25, 1145-1165.
        """
        at = np.linspace(0.0, 1.0, GRID)
        rho = np.sin(np.pi * at / 2) ** 2
        return CubicSpline(at, [self._divergence(float(value)) for value in rho])

    @property
    def bound_pieces(self) -> int:
        """Pieces with a sum-to-zero constraint."""
        return int((self.parts.size > 1).sum())

    def _divergence(self, rho: float) -> float:
        if rho == 0.0:
            return 0.0
        bound = self.bound_pieces
        mixed = self.pattern.factor(np.full(self.size, rho), times=1 - rho).log_determinant()
        mixed -= bound * np.log(rho) + self._log_determinant
        trace = self.variance.sum() - (self.size - bound)
        return float(rho * trace - mixed)

    @cached_property
    def _log_determinant(self) -> float:
        """Of the structure matrix over the directions that sum to zero."""
        small = 1e-7
        whole = self.pattern.factor(np.full(self.size, small)).log_determinant()
        return whole - self.bound_pieces * float(np.log(small))


@dataclass(frozen=True, slots=True)
class Conditioned:
    """The field's distribution given observations, under its sum-to-zero constraints."""

    field: Field
    factor: Factor
    share: Floats  # how a violated constraint is spread over the areas
    total: Floats

    def solve(self, right: Floats) -> Floats:
        """Posterior mean for information-weighted observations (n,) or several (n, k)."""
        free = self.factor.solve(right)
        return self._bound(free) if free.ndim == 1 else np.column_stack([self._bound(x) for x in free.T])

    def _bound(self, free: Floats) -> Floats:
        parts = self.field.parts
        excess = np.bincount(parts.label, free * self.field.bound, parts.count) / self.total
        bound: Floats = free - self.share * excess[parts.label]
        return bound

    def variance(self) -> Floats:
        """(n,) posterior variances."""
        free = self.factor.inverse_diagonal()
        kept: Floats = free - self.share**2 / self.total[self.field.parts.label]
        return np.maximum(kept, 0.0)

    def log_determinant(self) -> float:
        """Of the posterior precision within the constraints, but for a constant of the map."""
        bound = self.field.parts.size > 1
        return self.factor.log_determinant() + float(np.log(self.total[bound]).sum())

    def draw(self, normals: Floats) -> Floats:
        """A field around zero from standard normals (n,)."""
        return self._bound(self.factor.root_solve(normals))


def scaled_field(neighbours: Neighbours, *, n: int) -> Field:
    """The field of a neighbourhood graph.

    Parameters
    ----------
    neighbours : (n, n) sparse, symmetric, nonzero = neighbours

    Raises
    ------
    ValueError
        If the matrix has another shape or is not symmetric.
    """
    graph = as_graph(neighbours, n=n)
    parts = pieces(graph)
    links = csr_array(diags_array(degree(graph)) - graph)
    variance = _generalised_variances(links, parts)
    log_mean = np.bincount(parts.label, np.log(variance), parts.count) / parts.size
    scale = np.exp(log_mean)[parts.label]
    precision = csr_array(diags_array(scale) @ links + diags_array(parts.islands.astype(np.float64)))
    return Field(precision, parts, variance / scale)


def _generalised_variances(links: csr_array, parts: Pieces) -> Floats:
    """Diagonal of the generalised inverse of the graph Laplacian; 1 for an island.

    With one area of each piece held at zero the rest is invertible; taking the mean off again gives the
    variances under the sum-to-zero constraint.
    """
    n = links.shape[0]
    held = np.zeros(n, bool)
    held[np.unique(parts.label, return_index=True)[1]] = True
    free = np.flatnonzero(~held)
    variance = np.ones(n)
    if not len(free):
        return variance
    factor = Pattern(csr_array(links[free][:, free])).factor(np.zeros(len(free)))
    diagonal, row_sum = np.zeros(n), np.zeros(n)
    diagonal[free] = factor.inverse_diagonal()
    row_sum[free] = factor.solve(np.ones(len(free)))
    size = parts.size[parts.label]
    whole = np.bincount(parts.label, row_sum, parts.count)[parts.label]
    found = diagonal - 2 * row_sum / size + whole / size**2
    result: Floats = np.where(parts.islands, 1.0, found)
    return result
