"""Facilities of several types: a column for each place and type, one type a place."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from models.checks import Floats, Ints, as_floats
from models.results import _areas, _Frozen
from models.siting.instance import parse_minutes


@dataclass(frozen=True, slots=True)
class FacilityType:
    """A way to serve people: a centre, a contact office, a mobile day.

    Attributes
    ----------
    name : for tables
    reach_minutes : who is farther away is not served by it; inf without limit
    capacity : what it serves, in units of demand; inf without limit
    cost : of having one, in the units of the budget
    """

    name: str
    reach_minutes: float
    capacity: float
    cost: float

    def __post_init__(self) -> None:
        """Refuse what is negative."""
        for field, value in (("reach_minutes", self.reach_minutes), ("capacity", self.capacity)):
            if not value >= 0:
                raise ValueError(f"{field} of {self.name} must be >= 0; got {value}")
        if not 0 <= self.cost < np.inf:
            raise ValueError(f"cost of {self.name} must be >= 0; got {self.cost}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedSites(_Frozen):
    """Columns for `p_median` and `maximal_cover`: place by place, each type in turn.

    Attributes
    ----------
    minutes : (n_demand, columns) NaN beyond the type's reach
    place, kind : (columns,) the place's number, and that of the type
    capacity, cost : (columns,)
    conflicts : pairs of columns at one place, for `Rules`
    names : of the types

    Examples
    --------
    >>> types = [FacilityType("centre", 60, 900, 5), FacilityType("mobile day", 20, 90, 1)]
    >>> expand_types([[10, 30]], types).minutes.tolist()
    [[10.0, 10.0, 30.0, nan]]
    """

    minutes: Floats
    place: Ints
    kind: Ints
    capacity: Floats
    cost: Floats
    conflicts: tuple[tuple[int, int], ...]
    names: tuple[str, ...]

    def columns(self, *, places: Sequence[int] | None = None, name: str | None = None) -> list[int]:
        """Columns of some places (all), of one type (all): for `fixed`, `excluded` and groups.

        Raises
        ------
        ValueError
            If there is no such type.
        """
        if name is not None and name not in self.names:
            raise ValueError(f"no such type: {name}; there are {list(self.names)}")
        inside = np.ones(len(self.place), np.bool_) if places is None else np.isin(self.place, places)
        if name is not None:
            inside &= self.kind == self.names.index(name)
        return [int(column) for column in np.flatnonzero(inside)]

    def to_frame(self) -> pd.DataFrame:
        """One row a column: place, type, capacity, cost."""
        names = np.array(self.names, dtype=object)[self.kind]
        parts = {"place": self.place, "type": names, "capacity": self.capacity, "cost": self.cost}
        return _areas(parts, "column")


def expand_types(
    minutes: ArrayLike, types: Sequence[FacilityType], *, cost_factor: ArrayLike | None = None
) -> TypedSites:
    """Give every place a column for each type.

    Parameters
    ----------
    minutes : (n_demand, n_places), NaN = unreachable
    types : at least one, with names of their own
    cost_factor : (n_places,) >= 0 by which a place makes every type dearer or cheaper; None is 1

    Returns
    -------
    TypedSites, to be used as `p_median(typed.minutes, weights, None, capacity=typed.capacity,
    rules=Rules(conflicts=typed.conflicts, cost=typed.cost, budget=...))`

    Raises
    ------
    ValueError
        If there is no type, two share a name, or shapes differ.
    """
    full = as_floats("minutes", minutes, ndim=2)
    parse_minutes(full)
    names = tuple(one.name for one in types)
    if not names or len(set(names)) < len(names):
        raise ValueError(f"types must be at least one, each with a name of its own; got {list(names)}")
    n, places, kinds = full.shape[0], full.shape[1], len(names)
    factor = np.ones(places) if cost_factor is None else as_floats("cost_factor", cost_factor)
    if len(factor) != places or not (np.isfinite(factor) & (factor >= 0)).all():
        raise ValueError(f"cost_factor must be {places} numbers >= 0, one a place")
    reach = np.array([one.reach_minutes for one in types])
    wide = np.where(full[:, :, None] <= reach, full[:, :, None], np.nan)
    first = np.arange(places) * kinds
    inside = list(combinations(range(kinds), 2))
    return TypedSites(
        minutes=wide.reshape(n, places * kinds),
        place=np.repeat(np.arange(places), kinds),
        kind=np.tile(np.arange(kinds), places),
        capacity=np.tile([float(one.capacity) for one in types], places),
        cost=(factor[:, None] * [float(one.cost) for one in types]).ravel(),
        conflicts=tuple((int(at + a), int(at + b)) for at in first for a, b in inside),
        names=names,
    )
