"""Minutes, weights and what may open, parsed once: costs of the sites that are to be chosen from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, issparse

from models.checks import Bools, Floats, Ints, as_codes, as_floats, check_counts
from models.siting.pairs import Pairs, dense_pairs, sparse_pairs
from models.siting.request import InfeasibleRequest

UNREACHABLE_MINUTES = 1440.0
Minutes = Floats | csr_array[np.float64]


@dataclass(frozen=True, slots=True)
class Instance:
    """A siting problem in costs.

    Attributes
    ----------
    pairs : (counted demands, candidates); the fallback is a fixed site, or what no choice can exceed
    rows : (counted,) the demands that count: some weight, and some site that reaches them
    candidates, fixed : columns to choose from, and columns that are open anyway; ascending
    count : candidates to open
    price_minutes : minutes that a demand counts where no open site reaches it but another could
    """

    pairs: Pairs
    rows: Ints
    candidates: Ints
    fixed: Ints
    count: int
    price_minutes: float

    @property
    def whole(self) -> bool:
        """Whether every cost is a whole number."""
        return all(bool((np.mod(part, 1) == 0).all()) for part in (self.pairs.cost, self.pairs.fallback))


def parse_minutes(minutes: ArrayLike | csr_array[np.float64]) -> Minutes:
    """Travel minutes as a matrix, or as the stored entries of a sparse one.

    Raises
    ------
    ValueError
        If it is not two-dimensional, or minutes are negative or infinite.
    """
    if issparse(minutes):
        sparse = csr_array(minutes)
        _check_minutes(sparse.data)
        if np.isnan(sparse.data).any():
            raise ValueError("sparse minutes hold NaN; leave unreachable pairs out")
        return sparse
    full = as_floats("minutes", minutes, ndim=2)
    _check_minutes(full)
    return full


def _check_minutes(values: Floats) -> None:
    if (values < 0).any() or np.isinf(values).any():
        raise ValueError("minutes must be >= 0, or NaN where unreachable")


def parse_instance(
    minutes: Minutes,
    weights: ArrayLike,
    p: int,
    *,
    fixed: Sequence[int],
    excluded: Sequence[int],
    beyond: ArrayLike | None,
) -> Instance:
    """Check a p-median request and bring it into costs.

    Raises
    ------
    InfeasibleRequest
        If there are fewer sites than `p`, or more are fixed.
    ValueError
        If shapes differ, a weight is negative, or a column does not exist.
    """
    n, m = minutes.shape
    weight = as_floats("weights", weights)
    if len(weight) != n:
        raise ValueError(f"one weight a row of minutes ({n}); got {len(weight)}")
    check_counts("weights", weight)
    own, candidates = _columns(p, m, fixed=fixed, excluded=excluded)
    limit = _beyond(minutes, beyond)
    price = _price(minutes)
    rows = np.flatnonzero((weight > 0) & _reached(minutes, limit)).astype(np.int64)
    count = p - len(own)
    if isinstance(minutes, np.ndarray):
        filled = np.where(np.isnan(minutes[rows]), price, minutes[rows])
        fallback = np.minimum(_fixed_minutes(filled, own), _worst(filled[:, candidates], count))
        pairs = dense_pairs(filled[:, candidates] * weight[rows, None], fallback * weight[rows])
    else:
        assert limit is not None
        near = csr_array(minutes[rows])
        fallback = np.minimum(limit[rows], _nearest_stored(near, own))
        cost = _scaled(near, weight[rows])
        pairs = sparse_pairs(csr_array(cost[:, candidates]), fallback * weight[rows])
    return Instance(pairs, rows, candidates, own, count, price)


def _columns(p: int, m: int, *, fixed: Sequence[int], excluded: Sequence[int]) -> tuple[Ints, Ints]:
    if p < 1:
        raise ValueError(f"p must be >= 1; got {p}")
    own, left_out = (
        np.unique(as_codes(name, np.asarray(columns, dtype=np.int64), count=m))
        for name, columns in (("fixed", fixed), ("excluded", excluded))
    )
    both = np.intersect1d(own, left_out)
    if len(both):
        raise ValueError(f"columns {both.tolist()} are fixed and excluded at once")
    candidates = np.setdiff1d(np.arange(m), np.concatenate([own, left_out])).astype(np.int64)
    if len(own) > p:
        raise InfeasibleRequest(
            "siting.more_fixed_than_open", {"asked": p, "fixed": len(own), "least_change_new": len(own)}
        )
    if len(own) + len(candidates) < p:
        available = len(own) + len(candidates)
        raise InfeasibleRequest(
            "siting.too_few_candidates", {"asked": p, "available": available, "least_change_new": available}
        )
    return own, candidates


def _beyond(minutes: Minutes, beyond: ArrayLike | None) -> Floats | None:
    n = minutes.shape[0]
    if beyond is None:
        if issparse(minutes):
            raise ValueError("sparse minutes need beyond=: the minutes of every pair that is not stored")
        return None
    if not issparse(minutes):
        raise ValueError("beyond= belongs to sparse minutes; a full matrix says every pair itself")
    limit = as_floats("beyond", beyond)
    if len(limit) != n or not np.isfinite(limit).all() or (limit < 0).any():
        raise ValueError(f"beyond must be {n} minutes >= 0, one a demand")
    return limit


def _price(minutes: Minutes) -> float:
    values = minutes if isinstance(minutes, np.ndarray) else minutes.data
    longest = float(np.nanmax(values, initial=0.0)) if values.size else 0.0
    return max(UNREACHABLE_MINUTES, 2 * longest)


def _reached(minutes: Minutes, limit: Floats | None) -> Bools:
    if limit is not None or not isinstance(minutes, np.ndarray):
        return np.ones(minutes.shape[0], dtype=np.bool_)
    return np.asarray(~np.isnan(minutes).all(axis=1), dtype=np.bool_)


def _fixed_minutes(filled: Floats, fixed: Ints) -> Floats:
    nearest: Floats = filled[:, fixed].min(axis=1, initial=np.inf)
    return nearest


def _worst(minutes: Floats, count: int) -> Floats:
    """Minutes that a demand cannot exceed with `count` candidates open, whichever they are."""
    last = minutes.shape[1] - count
    if not count or not minutes.shape[1]:
        return np.full(len(minutes), np.inf)
    worst: Floats = np.partition(minutes, last, axis=1)[:, last]
    return worst


def _scaled(minutes: csr_array[np.float64], weight: Floats) -> csr_array[np.float64]:
    """Stored entries times the row's weight; zeros stay stored."""
    made = minutes.copy()
    made.data = made.data * np.repeat(weight, np.diff(made.indptr))
    return made


def _nearest_stored(minutes: csr_array[np.float64], columns: Ints) -> Floats:
    """(n,) least stored minutes among some columns, inf where none is stored."""
    inside = np.isin(minutes.indices, columns)
    row = np.repeat(np.arange(minutes.shape[0]), np.diff(minutes.indptr))[inside]
    found = np.full(minutes.shape[0], np.inf)
    np.minimum.at(found, row, minutes.data[inside])
    return found
