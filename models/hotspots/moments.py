"""Null moments of spatial statistics."""

from dataclasses import dataclass

import numpy as np

from models.checks import Floats
from models.graph import Sparse


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums of a weight matrix: of weights, of squared mutual weights, of squared margins (Cliff & Ord)."""

    s0: float
    s1: float
    s2: float


def sums_of(weights: Sparse) -> Sums:
    """S0, S1 and S2."""
    rows: Floats = np.asarray(weights.sum(axis=1)).ravel()
    columns: Floats = np.asarray(weights.sum(axis=0)).ravel()
    both = weights + weights.T
    return Sums(
        float(weights.data.sum()), float((both.data**2).sum() / 2), float(((rows + columns) ** 2).sum())
    )


def row_sums(weights: Sparse) -> tuple[Floats, Floats]:
    """(n,) sums of weights and of squared weights of each row."""
    first = np.asarray(weights.sum(axis=1), dtype=np.float64).ravel()
    squared = weights.copy()
    squared.data = weights.data**2
    return first, np.asarray(squared.sum(axis=1), dtype=np.float64).ravel()


def moran_variance(sums: Sums, n: int, _size: int, kurtosis: float | None) -> float:
    """Variance of Moran's I; under normality where `kurtosis` is None.

    References
    ----------
    Cliff & Ord (1981), Spatial Processes, ch. 1-2.
    """
    s0, s1, s2 = sums.s0, sums.s1, sums.s2
    mean = -1 / (n - 1)
    if kurtosis is None:
        return (n * n * s1 - n * s2 + 3 * s0**2) / (s0**2 * (n * n - 1)) - mean**2
    first = n * (s1 * (n * n - 3 * n + 3) - n * s2 + 3 * s0**2)
    second = kurtosis * (s1 * (n * n - n) - 2 * n * s2 + 6 * s0**2)
    return (first - second) / ((n - 1) * (n - 2) * (n - 3) * s0**2) - mean**2


def geary_variance(sums: Sums, n: int, size: int, kurtosis: float | None) -> float:
    """Variance of Geary's C; under normality where `kurtosis` is None.

    Where n leaves islands out, spdep counts them (`size`) in the terms linear in n, and so do its values.

    References
    ----------
    Cliff & Ord (1981), Spatial Processes, ch. 1-2.
    """
    s0, s1, s2 = sums.s0, sums.s1, sums.s2
    if kurtosis is None:
        return ((2 * s1 + s2) * (n - 1) - 4 * s0**2) / (2 * (size + 1) * s0**2)
    peak = kurtosis * n / size
    total = (n - 1) * s1 * (n * n - 3 * size + 3 - peak * (n - 1))
    total -= (n - 1) * s2 * (n * n + 3 * size - 6 - peak * (n * n - size + 2)) / 4
    total += s0**2 * (n * n - 3 - peak * (n - 1) ** 2)
    return total / (size * (n - 2) * (n - 3) * s0**2)


def sample_moments(weights: Sparse, mean: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """Moments of sum_j w_ij d_j where row i's n-1 values d, of this mean and variance, are shuffled.

    References
    ----------
    Sokal, Oden & Thomson (1998), Geographical Analysis 30, 331-354.
    """
    n = len(mean)
    first, second = row_sums(weights)
    room = second * (n - 1) - first**2
    room[room <= 1e-12 * first**2] = 0.0  # all others are neighbours: the sum cannot change
    return first * mean, spread * room / (n - 2)


def others(deviation: Floats) -> tuple[Floats, Floats]:
    """Mean and variance (divisor n-1) of the other areas' values; `deviation` sums to zero."""
    n = len(deviation)
    mean = -deviation / (n - 1)
    square = (float((deviation**2).sum()) - deviation**2) / (n - 1)
    return mean, square - mean**2


def gaps(deviation: Floats) -> tuple[Floats, Floats]:
    """Mean and variance (divisor n-1) of the other areas' squared differences from each area."""
    n, z = len(deviation), deviation
    m2, m3, m4 = (float((z**power).sum()) for power in (2, 3, 4))
    mean = (n * z**2 + m2) / (n - 1)
    square = (n * z**4 + 6 * z**2 * m2 - 4 * z * m3 + m4) / (n - 1)
    return mean, np.maximum(square - mean**2, 0.0)


def shuffled_moran(deviation: Floats, weights: Sparse) -> tuple[Floats, Floats]:
    """Moments of local Moran's I when all values are shuffled, the area's own included.

    References
    ----------
    Anselin (1995), Geographical Analysis 27, 93-115.
    """
    n = len(deviation)
    first, second = row_sums(weights)
    kurtosis = float((deviation**4).mean() / (deviation**2).mean() ** 2)
    expected = -first / (n - 1)
    same = (n - kurtosis) / (n - 1)
    cross = (2 * kurtosis - n) / ((n - 1) * (n - 2))
    return expected, same * second + cross * (first**2 - second) - expected**2
