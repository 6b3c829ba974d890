"""What goes into a test of spatial autocorrelation: raw values, styled weights, islands."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.checks import Bools, Floats, as_floats
from models.graph import Neighbours, Sparse, as_weights, row_standardised
from models.results import AreaEstimates, NeedEstimates, RiskEstimates

SMOOTHED = (RiskEstimates, AreaEstimates, NeedEstimates)
STYLES = ("W", "B", "raw")


@dataclass(frozen=True, slots=True)
class Observed:
    """Values around their mean with styled weights, islands included or taken out.

    Attributes
    ----------
    values : (n,) as given
    deviation : (n,) from the mean
    weights : (n, n)
    islands : (n,) areas without a neighbour
    """

    values: Floats
    deviation: Floats
    weights: Sparse
    islands: Bools


def refuse_smoothed(values: object) -> None:
    """Raise if `values` came out of smoothing.

    Raises
    ------
    ValueError
        For a result of smoothing, or anything with a true `smoothed` mark (attribute, or key of a pandas
        object's `attrs`).
    """
    attrs = getattr(values, "attrs", None)
    marked = getattr(values, "smoothed", False) or (isinstance(attrs, dict) and attrs.get("smoothed"))
    if isinstance(values, SMOOTHED) or marked:
        raise ValueError(
            f"{type(values).__name__} is smoothed: neighbours were averaged, so that the map is "
            "autocorrelated by construction (on a map without any pattern 19 % of areas are flagged); pass "
            "the raw counts (rate_moran, local_rate_moran, rate_getis_ord) or the direct estimates"
        )


def raw_values(values: ArrayLike, name: str = "values") -> Floats:
    """Finite values, one an area, that are not all alike.

    Raises
    ------
    ValueError
        If smoothed, not 1-d, not finite, fewer than 4 or constant.
    """
    refuse_smoothed(values)
    array = as_floats(name, values)
    bad = ~np.isfinite(array)
    if bad.any():
        raise ValueError(
            f"{name} must be finite; {int(bad.sum())} of {array.size} are not (first: row {bad.argmax()}): "
            "leave such areas out of values and neighbours"
        )
    if array.size < 4:
        raise ValueError(f"{name} must have at least 4 areas; got {array.size}")
    if np.ptp(array) <= 1e-12 * np.abs(array).max():
        raise ValueError(f"{name} must differ between areas; all are {array[0]:g}")
    return array


def styled(weights: Sparse, style: str) -> Sparse:
    """Weights in a style: "W" rows sum to one, "B" zero or one, "raw" as given.

    Raises
    ------
    ValueError
        If the style is unknown.
    """
    if style not in STYLES:
        raise ValueError(f"style must be one of {', '.join(STYLES)}; got {style!r}")
    if style == "B":
        binary = weights.copy()
        binary.data = np.ones_like(weights.data)
        return binary
    return row_standardised(weights) if style == "W" else weights


def without_neighbours(weights: Sparse) -> Bools:
    """(n,) areas whose row is empty."""
    alone: Bools = np.diff(weights.indptr) == 0
    return alone


def observe(values: ArrayLike, neighbours: Neighbours, *, style: str) -> Observed:
    """Checked values and weights.

    Raises
    ------
    ValueError
        As `raw_values`, `models.graph.as_weights` and `styled`, or if no area has a neighbour.
    """
    array = raw_values(values)
    weights = styled(as_weights(neighbours, n=array.size), style)
    islands = without_neighbours(weights)
    if islands.all():
        raise ValueError("no area has a neighbour; give neighbours with entries")
    return Observed(array, array - array.mean(), weights, islands)


def without_islands(seen: Observed) -> Observed:
    """The same without its islands, as if they had never been on the map.

    Raises
    ------
    ValueError
        If what is left is too small or constant.
    """
    keep = np.flatnonzero(~seen.islands)
    values = raw_values(seen.values[keep], "values without islands")
    weights = seen.weights[keep][:, keep]
    return Observed(values, values - values.mean(), weights, without_neighbours(weights))
