"""Minutes, weights and what may open, parsed once: costs of the sites that are to be chosen from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, issparse

from models.checks import Bools, Floats, Ints, as_codes, as_floats, check_counts
from models.results import Assignment
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
    demands = parse_demands(minutes, weights, beyond)
    own, candidates = usable_columns(p, minutes.shape[1], fixed=fixed, excluded=excluded)
    count = p - len(own)
    rows = np.flatnonzero((demands.weight > 0) & demands.reached).astype(np.int64)
    weight, other = demands.weight[rows], demands.other[rows]
    if isinstance(minutes, np.ndarray):
        filled = np.where(np.isnan(minutes[rows]), other[:, None], minutes[rows])
        nearest = np.minimum(_fixed_minutes(filled, own), _worst(filled[:, candidates], count))
        fallback = np.minimum(other, nearest)
        pairs = dense_pairs(filled[:, candidates] * weight[:, None], fallback * weight)
    else:
        near = csr_array(minutes[rows])
        fallback = np.minimum(other, _nearest_stored(near, own))
        cost = _scaled(near, weight)
        pairs = sparse_pairs(csr_array(cost[:, candidates]), fallback * weight)
    return Instance(pairs, rows, candidates, own, count, demands.price)


@dataclass(frozen=True, slots=True)
class Demands:
    """Minutes and weights, checked.

    Attributes
    ----------
    minutes : as given
    weight : (n_demand,)
    limit : (n_demand,) `beyond`, None if it was not given
    price : minutes that a demand counts where no open site reaches it but another could
    """

    minutes: Minutes
    weight: Floats
    limit: Floats | None
    price: float

    @property
    def other(self) -> Floats:
        """(n_demand,) minutes that a demand counts if no open site serves it."""
        if self.limit is None:
            return np.full(len(self.weight), self.price)
        return np.where(np.isfinite(self.limit), self.limit, self.price)

    @property
    def reached(self) -> Bools:
        """(n_demand,) whether any site reaches it, or others' centres do."""
        return _reached(self.minutes, self.limit)

    def pairs(self, rows: Ints, sites: Ints, fallback: Floats) -> Pairs:
        """Pairs of some rows and columns, cheaper than the fallback (rows,); unreachable pairs are none."""
        weight = self.weight[rows]
        if not isinstance(self.minutes, np.ndarray):
            cost = _scaled(csr_array(self.minutes[rows]), weight)
            return sparse_pairs(csr_array(cost[:, sites]), fallback)
        near = self.minutes[np.ix_(rows, sites)]
        return dense_pairs(np.where(np.isnan(near), np.inf, near * weight[:, None]), fallback)

    def objective(self, served: Assignment, rows: Ints) -> float:
        """Weight x minutes of an assignment, summed over the rows that count."""
        near = np.where(np.isnan(served.minutes), self.other, served.minutes)
        return float((near * self.weight)[rows].sum())

    def unserved(self, site: Ints) -> Ints:
        """Rows without an open site; where others' centres are given (a full matrix), without these too."""
        lost = site < 0
        if self.limit is not None and isinstance(self.minutes, np.ndarray):
            lost &= ~np.isfinite(self.limit)
        return np.flatnonzero(lost).astype(np.int64)


def parse_demands(minutes: Minutes, weights: ArrayLike, beyond: ArrayLike | None) -> Demands:
    """Check what is served and how far it is.

    Raises
    ------
    ValueError
        If shapes differ, a weight is negative, or `beyond` does not fit.
    """
    weight = as_floats("weights", weights)
    if len(weight) != minutes.shape[0]:
        raise ValueError(f"one weight a row of minutes ({minutes.shape[0]}); got {len(weight)}")
    check_counts("weights", weight)
    limit = parse_beyond(minutes, beyond)
    return Demands(minutes, weight, limit, _price(minutes, limit))


def filled_minutes(demands: Demands) -> Floats:
    """Minutes as a full matrix, `beyond` where a pair is not stored.

    Raises
    ------
    ValueError
        If `beyond` was given beside a full matrix.
    """
    if isinstance(demands.minutes, np.ndarray):
        if demands.limit is not None:
            raise ValueError("beyond= goes with sparse minutes; a full matrix says all")
        return demands.minutes
    assert demands.limit is not None
    stored = demands.minutes.tocoo()
    full = np.repeat(demands.limit[:, None], demands.minutes.shape[1], axis=1)
    full[stored.coords] = stored.data
    return full


def usable_columns(
    p: int | None, m: int, *, fixed: Sequence[int], excluded: Sequence[int]
) -> tuple[Ints, Ints]:
    """Columns that are open in any case, and those that may open; `p` None is any number.

    Raises
    ------
    InfeasibleRequest
        If there are fewer columns than `p`, or more are fixed.
    ValueError
        If a column does not exist, or is fixed and excluded at once, or `p` < 1.
    """
    if p is not None and p < 1:
        raise ValueError(f"p must be >= 1; got {p}")
    own, left_out = (
        np.unique(as_codes(name, np.asarray(columns, dtype=np.int64), count=m))
        for name, columns in (("fixed", fixed), ("excluded", excluded))
    )
    both = np.intersect1d(own, left_out)
    if len(both):
        raise ValueError(f"columns {both.tolist()} are fixed and excluded at once")
    candidates = np.setdiff1d(np.arange(m), np.concatenate([own, left_out])).astype(np.int64)
    _check_number(p, len(own), len(own) + len(candidates))
    return own, candidates


def _check_number(p: int | None, fixed: int, available: int) -> None:
    if p is None:
        return
    if fixed > p:
        raise InfeasibleRequest(
            "siting.more_fixed_than_open", {"asked": p, "fixed": fixed, "least_change_new": fixed}
        )
    if available < p:
        raise InfeasibleRequest(
            "siting.too_few_candidates", {"asked": p, "available": available, "least_change_new": available}
        )


def parse_beyond(minutes: Minutes, beyond: ArrayLike | None) -> Floats | None:
    """(n_demand,) minutes of what is not given: of pairs not stored, or to the nearest centre of others.

    Of a full matrix NaN or inf says that there is none; it comes back as inf.

    Raises
    ------
    ValueError
        If there are none for sparse minutes, lengths differ, or some are negative.
    """
    n, sparse = minutes.shape[0], bool(issparse(minutes))
    if beyond is None:
        if sparse:
            raise ValueError("sparse minutes need beyond=: the minutes of every pair that is not stored")
        return None
    given = as_floats("beyond", beyond)
    limit = given if sparse else np.where(np.isnan(given), np.inf, given)
    if len(limit) != n or (limit < 0).any() or not (np.isfinite(limit).all() or not sparse):
        raise ValueError(f"beyond must be {n} minutes >= 0, one a demand")
    return limit


def _price(minutes: Minutes, limit: Floats | None) -> float:
    values = minutes if isinstance(minutes, np.ndarray) else minutes.data
    longest = float(np.nanmax(values, initial=0.0)) if values.size else 0.0
    if limit is not None and isinstance(minutes, np.ndarray):
        longest = max(longest, float(limit[np.isfinite(limit)].max(initial=0.0)))
    return max(UNREACHABLE_MINUTES, 2 * longest)


def _reached(minutes: Minutes, limit: Floats | None) -> Bools:
    if not isinstance(minutes, np.ndarray):
        return np.ones(minutes.shape[0], dtype=np.bool_)
    found = ~np.isnan(minutes).all(axis=1)
    return np.asarray(found if limit is None else found | np.isfinite(limit), dtype=np.bool_)


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
