"""Rules over which sites may be open together: groups, conflicts, spacing, budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array, vstack

from models.checks import Bools, Floats, Ints, as_codes, as_floats, check_counts
from models.siting.selection import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a set of open sites must keep, beside their number.

    Every rule counts OPEN sites, fixed ones too: name only new columns in a group that is about new sites.
    An existing centre that may be closed is an ordinary column, not a fixed one.

    Attributes
    ----------
    groups : name -> columns; groups may overlap, excluded columns are passed over
    at_least, at_most : name of a group -> open sites among its columns
    conflicts : pairs of columns of which one at most is open; two fixed ones are let be
    cost : (n_sites,) >= 0 of having each open; give fixed sites 0 where they cost nothing more
    budget : the open sites' costs sum to this at most; None for no limit
    """

    groups: Mapping[str, Sequence[int]] = field(default_factory=dict)
    at_least: Mapping[str, int] = field(default_factory=dict)
    at_most: Mapping[str, int] = field(default_factory=dict)
    conflicts: Sequence[tuple[int, int]] = ()
    cost: ArrayLike | None = None
    budget: float | None = None


def too_close(distances: ArrayLike, least: float) -> list[tuple[int, int]]:
    """Pairs of sites nearer to each other than `least`, as conflicts of `Rules`.

    Parameters
    ----------
    distances : (n_sites, n_sites) in any unit; the shorter way counts, NaN is far
    least : smallest spacing allowed, in the same unit

    Examples
    --------
    >>> too_close([[0, 2, 9], [2, 0, 5], [9, 5, 0]], 5)
    [(0, 1)]
    """
    between = as_floats("distances", distances, ndim=2)
    if between.shape[0] != between.shape[1]:
        raise ValueError(f"distances must be (n_sites, n_sites); got {between.shape}")
    near = np.fmin(between, between.T) < least
    first, second = np.nonzero(np.triu(near, 1))
    return list(zip(first.tolist(), second.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class Limits:
    """Rules over all columns, checked and in order.

    Attributes
    ----------
    names : of the groups with a limit
    member : (groups, n_sites)
    least, most : (groups,) most inf where there is none
    conflict : (n_sites, n_sites)
    cost : (n_sites,) and budget; inf without
    """

    names: list[str]
    member: Bools
    least: Floats
    most: Floats
    conflict: Bools
    cost: Floats
    budget: float

    @property
    def none(self) -> bool:
        """Whether nothing is ruled."""
        return not self.names and not self.conflict.any() and np.isinf(self.budget)

    def cliques(self, sites: Ints) -> Bools:
        """(k, sites) sets of sites of which one may be open; together they are all conflicts."""
        left = self.conflict[np.ix_(sites, sites)].copy()
        whole = left.copy()
        found = []
        while left.any():
            first = int(left.sum(axis=1).argmax())
            clique, common = [first], whole[first].copy()
            while common.any():
                nearer = np.flatnonzero(common)
                joins = int(nearer[left[nearer][:, clique].sum(axis=1).argmax()])
                clique.append(joins)
                common &= whole[joins]
            inside = np.isin(np.arange(len(sites)), clique)
            left[np.ix_(inside, inside)] = False
            found.append(inside)
        return np.array(found, dtype=np.bool_).reshape(len(found), len(sites))

    def selection(self, sites: Ints, fixed: Ints, p: int | None) -> Selection:
        """Allowed sets of `sites`, among them `fixed`; `p` in all, or any number but none."""
        ones = np.ones((1, len(sites)))
        cliques = self.cliques(np.setdiff1d(sites, fixed))
        wide = np.zeros((len(cliques), len(sites)))
        wide[:, ~np.isin(sites, fixed)] = cliques
        parts = [ones, self.member[:, sites].astype(np.float64), wide]
        number = (1.0, np.inf) if p is None else (float(p), float(p))
        lower = [np.array(number[:1]), self.least, np.full(len(wide), -np.inf)]
        upper = [np.array(number[1:]), self.most, np.ones(len(wide))]
        if np.isfinite(self.budget):
            parts.append(self.cost[None, sites])
            lower.append(np.array([-np.inf]))
            upper.append(np.array([self.budget]))
        matrix = csr_array(vstack([csr_array(part) for part in parts if len(part)]))
        count = p if len(wide) == len(self.names) == 0 and np.isinf(self.budget) else None
        needed = np.isin(sites, fixed)
        return Selection(matrix, np.concatenate(lower), np.concatenate(upper), needed, count)


def parse_rules(rules: Rules | None, n_sites: int, p: int | None) -> Limits:
    """Check rules against `n_sites` columns.

    Raises
    ------
    ValueError
        If a column or group does not exist, a number is negative, or neither `p` nor a budget is given.
    """
    rules = Rules() if rules is None else rules
    if p is None and rules.budget is None:
        raise ValueError("p=None needs a budget in rules=: nothing else limits the sites")
    names = sorted({*rules.at_least, *rules.at_most})
    unknown = sorted(set(names) - set(rules.groups))
    if unknown:
        raise ValueError(f"no such group: {unknown}; there are {sorted(rules.groups)}")
    least = np.array([rules.at_least.get(name, 0) for name in names], dtype=np.float64)
    most = np.array([rules.at_most.get(name, np.inf) for name in names], dtype=np.float64)
    for name, low, high in zip(names, least, most, strict=True):
        if not 0 <= low <= high:
            raise ValueError(f"group {name}: 0 <= at_least <= at_most; got {low:g} and {high:g}")
    member = np.zeros((len(names), n_sites), dtype=np.bool_)
    for row, name in enumerate(names):
        columns = np.asarray(rules.groups[name], dtype=np.int64)
        member[row, as_codes(f"group {name}", columns, count=n_sites)] = True
    cost, budget = _budget(rules, n_sites)
    return Limits(names, member, least, most, _conflict(rules, n_sites), cost, budget)


def _conflict(rules: Rules, n_sites: int) -> Bools:
    pairs = np.asarray(rules.conflicts, dtype=np.int64).reshape(-1, 2)
    for side in (0, 1):
        as_codes("conflicts", pairs[:, side], count=n_sites)
    if (pairs[:, 0] == pairs[:, 1]).any():
        raise ValueError("conflicts must be pairs of two columns; got a column with itself")
    conflict = np.zeros((n_sites, n_sites), dtype=np.bool_)
    conflict[pairs[:, 0], pairs[:, 1]] = conflict[pairs[:, 1], pairs[:, 0]] = True
    return conflict


def _budget(rules: Rules, n_sites: int) -> tuple[Floats, float]:
    if rules.cost is None:
        if rules.budget is not None:
            raise ValueError("a budget needs cost=: what each site costs")
        return np.zeros(n_sites), np.inf
    cost = as_floats("cost", rules.cost)
    if len(cost) != n_sites:
        raise ValueError(f"one cost a site ({n_sites}); got {len(cost)}")
    check_counts("cost", cost)
    if rules.budget is not None and not rules.budget >= 0:
        raise ValueError(f"budget must be >= 0; got {rules.budget}")
    return cost, np.inf if rules.budget is None else float(rules.budget)
