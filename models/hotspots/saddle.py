"""Saddlepoint approximation of local Moran's I."""

import numpy as np

from models.checks import Floats
from models.graph import Sparse
from models.hotspots.moments import row_sums


def saddlepoint_z(deviation: Floats, weights: Sparse) -> Floats:
    """Normal deviate of each area's local Moran's I for independent normal values; NaN for islands.

    I_i is a ratio of quadratic forms in the deviations whose matrix has two non-zero eigenvalues a > 0 > b
    and n - 3 zeros beside that of the mean. With t = (a - I, -I, ..., b - I) the saddlepoint w solves
    sum t / (1 - 2 w t) = 0, a quadratic once multiplied out.

    References
    ----------
    Tiefelsdorf (2002), Geographical Analysis 34, 187-206.
    """
    n = len(deviation)
    first, second = row_sums(weights)
    trace = -first / n
    square = second / 2 - (first**2 + second) / (2 * n) + first**2 / n**2
    root = np.sqrt(np.maximum(2 * square - trace**2, 0.0))
    observed = deviation * (weights @ deviation) / (deviation**2).sum()
    terms = np.stack([(trace + root) / 2 - observed, -observed, (trace - root) / 2 - observed])
    with np.errstate(divide="ignore", invalid="ignore"):
        deviate = _deviate(terms, np.array([1.0, n - 3.0, 1.0]))
    return np.where(first > 0, deviate, np.nan)


def _deviate(terms: Floats, times: Floats) -> Floats:
    """Barndorff-Nielsen's r* at the saddlepoint of `terms` (3, areas), the middle one `times` over."""
    many = times[:, None]
    point = _saddlepoint(terms, times)
    inside = 1 - 2 * point * terms
    root = np.sign(point) * np.sqrt(np.maximum((many * np.log(inside)).sum(axis=0), 0.0))
    slope = point * np.sqrt(2 * (many * (terms / inside) ** 2).sum(axis=0))
    third = 8 * (many * terms**3).sum(axis=0) / (2 * (many * terms**2).sum(axis=0)) ** 1.5
    far = np.abs(root) > 1e-4  # nearer the mean r* is 0 / 0; its limit is minus a sixth of the skewness
    deviate: Floats = np.where(far, root - np.log(root / slope) / root, -third / 6)
    return deviate


def _saddlepoint(terms: Floats, times: Floats) -> Floats:
    """Root of sum times t / (1 - 2 w t) between the poles of the largest and the smallest t."""
    a, m, b = terms
    k = times[1]
    # k m (1-2wa)(1-2wb) + a (1-2wm)(1-2wb) + b (1-2wm)(1-2wa) = 0
    constant = k * m + a + b
    linear = -2 * (k * m * (a + b) + a * (m + b) + b * (m + a))
    quadratic = 4 * (k + 2) * a * b * m
    spread = np.sqrt(np.maximum(linear**2 - 4 * quadratic * constant, 0.0))
    stable = -(linear + np.where(linear >= 0, spread, -spread)) / 2
    roots = np.stack([stable / quadratic, constant / stable])
    low, high = 1 / (2 * np.minimum(b, m)), 1 / (2 * np.maximum(a, m))
    fits = np.isfinite(roots) & (roots > low) & (roots < high)
    return np.where(fits[0], roots[0], np.where(fits[1], roots[1], np.nan))
