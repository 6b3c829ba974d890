"""Checks of arguments, in one voice: what was wrong, what was given, what to do."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def as_floats(name: str, values: ArrayLike, *, ndim: int = 1) -> Floats:
    """Return `values` as a float array of `ndim` dimensions.

    Raises
    ------
    ValueError
        If the number of dimensions differs.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != ndim:
        raise ValueError(f"{name} must have {ndim} dimension(s); got shape {array.shape}")
    return array


def as_codes(name: str, values: ArrayLike, *, count: int) -> Ints:
    """Return `values` as integer codes in 0..count-1.

    Raises
    ------
    ValueError
        If a code is outside; drop or map such rows before the call.
    """
    raw = np.asarray(values)
    if raw.ndim != 1 or (raw.size and raw.dtype.kind not in "iub"):
        raise ValueError(f"{name} must be a 1-d array of whole numbers; got {raw.dtype} {raw.shape}")
    codes = raw.astype(np.int64)
    if codes.size and (codes.min() < 0 or codes.max() >= count):
        raise ValueError(
            f"{name} must lie in 0..{count - 1}; got {codes.min()}..{codes.max()}; drop rows without one"
        )
    return codes


def check_same_length(**arrays: NDArray[np.generic] | None) -> None:
    """Raise unless all given arrays have one length (None is not given)."""
    sizes = {name: len(values) for name, values in arrays.items() if values is not None}
    if len(set(sizes.values())) > 1:
        raise ValueError(f"arrays must have one length; got {sizes}")


def check_bounds(values: Mapping[str, float], bounds: Mapping[str, tuple[float, float]]) -> None:
    """Raise if a parameter leaves its closed interval.

    Examples
    --------
    >>> check_bounds({"share": 0.2}, {"share": (0, 1)})
    """
    for name, (low, high) in bounds.items():
        if not low <= values[name] <= high:
            raise ValueError(f"{name} must lie in [{low:g}, {high:g}]; got {values[name]:g}")


def check_positive(name: str, values: Floats) -> None:
    """Raise unless every value is finite and above zero."""
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        raise ValueError(
            f"{name} must be > 0; {int(bad.sum())} of {bad.size} are not (first: row {bad.argmax()})"
        )


def check_counts(name: str, values: Floats) -> None:
    """Raise unless every value is finite and not negative."""
    bad = ~(np.isfinite(values) & (values >= 0))
    if bad.any():
        raise ValueError(
            f"{name} must be >= 0; {int(bad.sum())} of {bad.size} are not (first: row {bad.argmax()})"
        )


def frozen(values: NDArray[np.generic]) -> None:
    """Make a result's array read-only, so that a careless reader fails instead of editing it."""
    values.flags.writeable = False
