"""Which sets of sites are allowed, as linear rules over open sites: the cheapest set, and a bound on it."""

import time
from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy.sparse import csr_array

from models.checks import Bools, Floats, Ints
from models.siting.covering import add_columns, add_rows, give_start, new_solver, values_of

WITHIN = 1e-9  # relative to a rule's limits
ENDLESS = highspy.kHighsInf
SOLVER_SECONDS = 10.0  # for one choice of sites by their prices alone


@dataclass(frozen=True, slots=True)
class Relaxed:
    """The cheapest sites, in part or whole, at some prices.

    Attributes
    ----------
    value : no allowed set is cheaper
    share : (m,) how much of each site is in it
    opening, closing : (m,) how much dearer every allowed set is at least that has the site, or has it not
    """

    value: float
    share: Floats
    opening: Floats
    closing: Floats


@dataclass(frozen=True, slots=True)
class Selection:
    """Rules lower <= matrix y <= upper over y = 1 where a site is open.

    Attributes
    ----------
    matrix : (rules, m)
    lower, upper : (rules,)
    needed : (m,) open in any case
    count : open sites where that, with `needed`, is the only rule; else None
    """

    matrix: csr_array[np.float64]
    lower: Floats
    upper: Floats
    needed: Bools
    count: int | None

    @property
    def sites(self) -> int:
        """Number of sites."""
        return len(self.needed)

    def only(self, sites: Ints) -> "Selection":
        """The same where all other sites stay closed."""
        return replace(self, matrix=csr_array(self.matrix[:, sites]), needed=self.needed[sites])

    def with_needed(self, needed: Bools) -> "Selection":
        """The same with these sites open in any case."""
        return replace(self, needed=needed)

    def use(self, chosen: Ints) -> Floats:
        """(rules,) what a set uses of each rule."""
        opened = np.zeros(self.sites)
        opened[chosen] = 1.0
        return np.asarray(self.matrix @ opened)

    def holds(self, chosen: Ints) -> bool:
        """Whether a set keeps the rules."""
        use = self.use(chosen)
        slack = WITHIN * np.maximum(1.0, np.abs(use))
        kept = (use >= self.lower - slack) & (use <= self.upper + slack)
        return bool(kept.all() and np.isin(np.flatnonzero(self.needed), chosen).all())

    def entering(self, chosen: Ints, leaving: int | None = None) -> Bools:
        """(m,) sites that may open beside a set, after one of it closed if `leaving` says which."""
        rest = chosen if leaving is None else chosen[chosen != leaving]
        stays = leaving is not None and bool(self.needed[leaving])
        if self.count is not None:
            allowed = np.full(self.sites, len(rest) + 1 == self.count and not stays)
        else:
            allowed = self._may_join(rest) & (not stays)
        allowed[chosen] = False
        return allowed

    def _may_join(self, rest: Ints) -> Bools:
        """(m,) whether a set and one site more keep the rules; rules far from their limits are not read."""
        use = self.use(rest)
        largest = np.asarray(self.matrix.max(axis=1).toarray()).ravel()
        tight = np.flatnonzero((self.upper - use < largest) | (use < self.lower))
        part = self.matrix[tight].toarray() + use[tight, None]
        slack = WITHIN * np.maximum(1.0, np.abs(part))
        above = part >= self.lower[tight, None] - slack
        return np.asarray((above & (part <= self.upper[tight, None] + slack)).all(axis=0))

    def relaxed(self) -> "Cheapest":
        """What answers for the cheapest sites at prices, again and again."""
        return Cheapest(self)

    def pick(self, price: Floats, *, stop: float, near: Ints | None = None) -> Ints | None:
        """The cheapest allowed set, or the best found in time; None without one.

        Parameters
        ----------
        near : a set to begin from
        """
        if self.count is not None:
            return self._sorted(price)
        solver = new_solver(min(stop, time.perf_counter() + SOLVER_SECONDS))
        scale = max(float(np.abs(price).max(initial=0.0)), 1e-300)
        _programme(solver, self, price / scale, whole=True)
        if near is not None:
            give_start(solver, np.isin(np.arange(self.sites), near))
        solver.run()
        found = values_of(solver)
        if found is None:
            return None
        chosen = np.flatnonzero(found).astype(np.int64)
        return chosen if self.holds(chosen) else None

    def _sorted(self, price: Floats) -> Ints | None:
        assert self.count is not None
        if not self.needed.sum() <= self.count <= self.sites:
            return None
        first = np.lexsort((price, ~self.needed))[: self.count]
        return np.sort(first).astype(np.int64)


def _programme(solver: highspy.Highs, selection: Selection, price: Floats, *, whole: bool) -> None:
    add_columns(solver, price, whole=whole)
    add_rows(solver, selection.matrix, selection.lower, selection.upper)
    places = np.arange(selection.sites, dtype=np.int32)
    solver.changeColsBounds(
        selection.sites, places, selection.needed.astype(np.float64), np.ones(selection.sites)
    )


class Cheapest:
    """Bounds on the cheapest allowed set: by sorting where only the number is ruled, else linear."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        self._solver: highspy.Highs | None = None

    def at(self, price: Floats) -> Relaxed:
        """The bound at these prices; inf if no set is allowed."""
        if self.selection.count is not None:
            return self._by_sorting(price)
        return self._by_duals(price)

    def _by_sorting(self, price: Floats) -> Relaxed:
        chosen = self.selection._sorted(price)
        share, none = np.zeros(len(price)), np.zeros(len(price))
        if chosen is None:
            return Relaxed(np.inf, share, none, none)
        share[chosen] = 1.0
        free = (share > 0) & ~self.selection.needed
        last = price[free].max(initial=-np.inf)
        first = price[share == 0].min(initial=np.inf)
        opening = np.where(share > 0, 0.0, price - last)
        closing = np.where(free, first - price, np.where(share > 0, np.inf, 0.0))
        return Relaxed(float(price[chosen].sum()), share, opening, closing)

    def _by_duals(self, price: Floats) -> Relaxed:
        """Value and rises come from the dual prices, made feasible, not from the solver's word."""
        solver, scale = self._ready(), max(float(np.abs(price).max(initial=0.0)), 1e-300)
        places = np.arange(len(price), dtype=np.int32)
        solver.changeColsCost(len(price), places, price / scale)
        solver.run()
        none = np.zeros(len(price))
        if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return Relaxed(np.inf, none, none, none)
        own, answer = self.selection, solver.getSolution()
        dual = np.asarray(answer.row_dual) * scale if len(own.lower) else np.zeros(0)
        dual = np.where(np.isinf(own.lower), np.minimum(dual, 0.0), dual)
        dual = np.where(np.isinf(own.upper), np.maximum(dual, 0.0), dual)
        limit = np.where(dual > 0, own.lower, own.upper)
        paid = float((dual[dual != 0] * limit[dual != 0]).sum())
        rest = price - own.matrix.T @ dual
        value = paid + float(np.where(own.needed, rest, np.minimum(rest, 0.0)).sum())
        share = np.clip(np.asarray(answer.col_value), 0.0, 1.0)
        return Relaxed(
            value, share, np.maximum(rest, 0.0), np.where(own.needed, np.inf, np.maximum(-rest, 0.0))
        )

    def _ready(self) -> highspy.Highs:
        if self._solver is None:
            self._solver = new_solver(np.inf)
            _programme(self._solver, self.selection, np.zeros(self.selection.sites), whole=False)
        return self._solver
