"""Clusters of single cases, of any shape and density."""

import numpy as np
from numpy.typing import ArrayLike
from sklearn.cluster import HDBSCAN
from threadpoolctl import threadpool_limits

from models.checks import Floats, Ints, as_floats
from models.zones.results import CaseClusters

DISCLOSURE = 5  # a smaller cluster could point at a household


def case_clusters(
    points_m: ArrayLike,
    *,
    min_cluster_size: int = 10,
    min_samples: int | None = None,
    smallest: int = DISCLOSURE,
) -> CaseClusters:
    """Dense clusters of cases by HDBSCAN; the rest stays outside, and no number of clusters is chosen.

    It finds where cases are dense, not where risk is high: more people make more cases.

    Parameters
    ----------
    points_m : (n_points, 2) in metres of a plane
    min_cluster_size : cases of a cluster, at least `smallest`
    min_samples : neighbours that make a place dense; `min_cluster_size` if None
    smallest : fewest cases that may be shown as one

    Raises
    ------
    ValueError
        If the points are not (n, 2) and finite, or a cluster could be smaller than may be shown.

    References
    ----------
    Campello, Moulavi & Sander (2013), PAKDD, 160-172.
    """
    points = as_floats("points_m", points_m, ndim=2)
    if points.shape[1] != 2 or not np.isfinite(points).all():
        raise ValueError(f"points_m must be (n, 2) finite metres; got {points.shape}; drop cases without one")
    if min_cluster_size < max(smallest, 2):
        raise ValueError(
            f"min_cluster_size must be >= {max(smallest, 2)}, the fewest cases that may be shown; "
            f"got {min_cluster_size}"
        )
    if min_samples is not None and min_samples < 1:
        raise ValueError(f"min_samples must be >= 1; got {min_samples}")
    needed = max(min_cluster_size, min_samples or 1)
    if len(points) < needed:
        return _clusters(np.full(len(points), -1), np.zeros(len(points)), smallest)
    return _fitted(points, min_cluster_size, min_samples, smallest)


def _fitted(points: Floats, size: int, samples: int | None, smallest: int) -> CaseClusters:
    """Fit in the order of the places, so that equal distances do not depend on the caller's order."""
    order = np.lexsort(points.T)
    ordered = points[order]
    model = HDBSCAN(min_cluster_size=size, min_samples=samples, n_jobs=1, copy=True)
    with threadpool_limits(limits=1):
        model.fit(ordered - ordered.mean(axis=0))
    label, probability = np.empty(len(points), np.int64), np.empty(len(points))
    label[order], probability[order] = model.labels_, model.probabilities_
    return _clusters(label, probability, smallest)


def _clusters(label: Ints, probability: Floats, smallest: int) -> CaseClusters:
    """Number clusters by size, then by their first case."""
    inside = label >= 0
    codes, first, back = np.unique(label[inside], return_index=True, return_inverse=True)
    count = np.bincount(back, minlength=len(codes))
    order = np.lexsort((first, -count))
    place = np.empty(len(codes), np.int64)
    place[order] = np.arange(len(codes))
    named = np.full(len(label), -1)
    named[inside] = place[back]
    strength = np.bincount(named[inside], probability[inside], len(codes)) / np.maximum(count[order], 1)
    return CaseClusters(
        label=named,
        probability=np.asarray(probability, dtype=np.float64),
        count=count[order].astype(np.int64),
        persistence=strength,
        smallest=smallest,
    )
