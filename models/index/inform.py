"""The INFORM risk index."""

import numpy as np
from numpy.typing import ArrayLike

from models.checks import Floats, Ints, as_floats, check_bounds
from models.index.recipes import CompositeEstimates, composite, indicator_draws, part_codes, sums_by


def inform(
    values: ArrayLike,
    goalposts: ArrayLike,
    dimensions: ArrayLike,
    *,
    components: ArrayLike | None = None,
    floor: float = 0.1,
) -> CompositeEstimates:
    """Scores 0-10 between fixed goalposts, arithmetic inside dimensions, geometric over dimensions.

    Parameters
    ----------
    values : (indicators, areas) or (indicators, areas, draws)
    goalposts : (indicators, 2) value that scores 0 and value that scores 10; the first may be the greater.
        Fixed over years, so that scores can be compared
    dimensions : (indicators,) codes 0.., for example hazard, vulnerability, lack of coping capacity
    components : (indicators,) codes 0.. of categories inside dimensions, each with equal weight there; every
        indicator by itself if not given
    floor : a dimension counts at least this much, so that one zero does not erase the risk

    Returns
    -------
    CompositeEstimates; parts are the dimensions

    Raises
    ------
    ValueError
        If goalposts coincide, or a component is in two dimensions.

    References
    ----------
    Marin-Ferrer, Vernaccini & Poljansek (2017), INFORM Concept and Methodology, EUR 28655 EN.
    """
    table = indicator_draws(values)
    posts = as_floats("goalposts", goalposts, ndim=2)
    if posts.shape != (len(table), 2) or not np.isfinite(posts).all() or (posts[:, 0] == posts[:, 1]).any():
        raise ValueError(f"goalposts must be ({len(table)}, 2), two different values an indicator")
    check_bounds({"floor": floor}, {"floor": (0.0, 10.0)})
    dimension = part_codes("dimensions", dimensions, table)
    component = (
        np.arange(len(table), dtype=np.int64)
        if components is None
        else part_codes("components", components, table)
    )
    low, high = posts[:, 0, None, None], posts[:, 1, None, None]
    scores = 10 * np.clip((table - low) / (high - low), 0.0, 1.0)
    parts = _means_by(_dimension_of(component, dimension), _means_by(component, scores))
    risk: Floats = np.exp(np.log(np.maximum(parts, max(floor, 1e-300))).mean(axis=0))
    return composite(risk, parts)


def _means_by(part: Ints, table: Floats) -> Floats:
    return sums_by(part, table) / np.bincount(part)[:, None, None]


def _dimension_of(component: Ints, dimension: Ints) -> Ints:
    """Dimension of each component."""
    of = np.zeros(int(component.max()) + 1, np.int64)
    of[component] = dimension
    astray = of[component] != dimension
    if astray.any():
        raise ValueError(f"component {int(component[astray.argmax()])} is in two dimensions; split it")
    return of
