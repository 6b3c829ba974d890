"""Minutes and persons as every plan of `models.plans` counts them, parsed once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from models.checks import Floats, Ints, as_floats, check_counts
from models.siting.instance import parse_beyond, parse_instance, parse_minutes
from models.siting.pairs import Pairs, dense_pairs


@dataclass(frozen=True, slots=True)
class Ground:
    """Demands that count, and what may serve them.

    Attributes
    ----------
    minutes : (rows, n_sites) unreachable pairs at their price; none longer than to a centre of others
    weight : (rows,) persons, > 0
    rows : demands with persons that some site reaches; no plan changes anything for the others
    candidates, fixed : columns to choose from, and columns that are open anyway
    count : candidates to open
    price_minutes : minutes of a demand that no open site reaches but another could
    base : (rows,) minutes to the nearest fixed site or centre of others, inf without any
    others : (rows,) minutes to the nearest centre of others, inf without one
    never : persons whom no site at all reaches
    """

    minutes: Floats
    weight: Floats
    rows: Ints
    candidates: Ints
    fixed: Ints
    count: int
    price_minutes: float
    base: Floats
    others: Floats
    never: float

    @property
    def people(self) -> float:
        """Persons who count."""
        return float(self.weight.sum())

    @property
    def only_choice(self) -> bool:
        """Whether there is nothing to choose."""
        return self.count in (0, len(self.candidates)) or not len(self.rows)

    def near(self, chosen: Ints) -> Floats:
        """(rows,) minutes to the nearest open site; `chosen` are positions among the candidates."""
        own = self.minutes[:, self.candidates[chosen]].min(axis=1, initial=np.inf)
        found: Floats = np.minimum(self.base, own)
        return found

    def near_sites(self, sites: ArrayLike) -> Floats:
        """(rows,) minutes to the nearest of some columns or a centre of others, the price without any."""
        columns = np.asarray(sites, dtype=np.int64)
        found: Floats = np.minimum(self.minutes[:, columns].min(axis=1, initial=np.inf), self.others)
        return np.where(np.isfinite(found), found, self.price_minutes)

    def unreached(self, near: Floats) -> float:
        """Persons who have a site somewhere, but none that is open."""
        return float(self.weight[near >= self.price_minutes].sum())

    def sites(self, chosen: Ints) -> tuple[int, ...]:
        """Open columns, ascending."""
        return tuple(int(site) for site in np.union1d(self.fixed, self.candidates[chosen]))

    def chosen(self, sites: ArrayLike) -> Ints:
        """Positions among the candidates of the columns that are not fixed."""
        return np.searchsorted(self.candidates, np.setdiff1d(sites, self.fixed)).astype(np.int64)

    def pairs(self, cost: Callable[[Floats], Floats]) -> Pairs:
        """Candidates with a cost of (rows, columns) minutes, all rows at once, in place of the minutes."""
        own = cost(self.minutes[:, self.candidates])
        served = bool(np.isfinite(self.base).all())
        fallback = cost(self.base[:, None])[:, 0] if served else np.full(len(self.rows), np.inf)
        last = own.shape[1] - self.count
        if self.count and own.shape[1]:  # with so many open, a demand never pays more than this
            fallback = np.minimum(fallback, np.partition(own, last, axis=1)[:, last])
        return dense_pairs(own, fallback)


def parse_ground(
    minutes: ArrayLike,
    weights: ArrayLike,
    p: int,
    *,
    fixed: Sequence[int] = (),
    excluded: Sequence[int] = (),
    beyond: ArrayLike | None = None,
) -> Ground:
    """Check a request as `p_median` does, minutes full.

    Raises
    ------
    InfeasibleRequest, ValueError
        As `p_median`, or if minutes are sparse.
    """
    travel = parse_minutes(minutes)
    if not isinstance(travel, np.ndarray):
        raise ValueError("minutes must be a full matrix here; give NaN where a site is not reached")
    weight = as_floats("weights", weights)
    instance = parse_instance(travel, weight, p, fixed=fixed, excluded=excluded, beyond=beyond)
    rows, price = instance.rows, instance.price_minutes
    filled = np.where(np.isnan(travel[rows]), price, travel[rows])
    base, others = filled[:, instance.fixed].min(axis=1, initial=np.inf), np.full(len(rows), np.inf)
    limit = parse_beyond(travel, beyond)
    if limit is not None:
        others = limit[rows]
        filled = np.minimum(filled, others[:, None])
        base = np.minimum(base, np.where(np.isfinite(others), others, price))
    return Ground(
        minutes=filled,
        weight=weight[rows],
        rows=rows,
        candidates=instance.candidates,
        fixed=instance.fixed,
        count=instance.count,
        price_minutes=price,
        base=base,
        others=others,
        never=float(weight.sum() - weight[rows].sum()),
    )


def group_weights(weights: ArrayLike) -> Floats:
    """(groups, n_demand) persons; one group if weights have one dimension.

    Raises
    ------
    ValueError
        If there are more than two dimensions, or a weight is negative or not finite.
    """
    given = np.asarray(weights, dtype=np.float64)
    rows = as_floats("weights", given[None] if given.ndim == 1 else given, ndim=2)
    check_counts("weights", rows.ravel())
    return rows
