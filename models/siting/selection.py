"""Which sets of sites are allowed, as linear rules over open sites: the cheapest set, and a bound on it."""

import time
from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy.sparse import csr_array, vstack

from models.checks import Bools, Floats, Ints
from models.siting.covering import add_columns, add_rows, give_start, new_solver, values_of
from models.siting.regions import Regions

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
    """

    value: float
    share: Floats


@dataclass(frozen=True, slots=True)
class Rises:
    """How much dearer every allowed set is at least that has a site, or has it not; both (m,)."""

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
    count : open sites where that, with `needed` and `regions`, is the only rule; else None
    regions : rules that are nested or apart, where `count` is given; they are rows of the matrix too
    """

    matrix: csr_array[np.float64]
    lower: Floats
    upper: Floats
    needed: Bools
    count: int | None
    regions: Regions | None = None

    @property
    def sites(self) -> int:
        """Number of sites."""
        return len(self.needed)

    def only(self, sites: Ints) -> "Selection":
        """The same where all other sites stay closed."""
        regions = None if self.regions is None else self.regions.only(sites)
        matrix = csr_array(self.matrix[:, sites])
        return replace(self, matrix=matrix, needed=self.needed[sites], regions=regions)

    def with_needed(self, needed: Bools) -> "Selection":
        """The same with these sites open in any case."""
        return replace(self, needed=needed)

    def within(self, member: Bools, fewest: int, most: int) -> "Selection":
        """The same with at least and at most so many sites of a region, which cuts no other in two."""
        regions = None
        if self.count is not None:
            regions = (self.regions or Regions.none(self.sites)).plus(member, fewest, most)
        row = csr_array(member.astype(np.float64)[None])
        matrix = csr_array(vstack([self.matrix, row]))
        lower, upper = np.append(self.lower, float(fewest)), np.append(self.upper, float(most))
        return replace(self, matrix=matrix, lower=lower, upper=upper, regions=regions)

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
        if self.regions is not None:
            found = self.regions.cheapest(price, self.needed, self.count)
            return None if found is None else np.flatnonzero(found).astype(np.int64)
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
        return self._by_duals(price)[0]

    def _by_sorting(self, price: Floats) -> Relaxed:
        chosen = self.selection._sorted(price)
        share = np.zeros(len(price))
        if chosen is None:
            return Relaxed(np.inf, share)
        share[chosen] = 1.0
        return Relaxed(float(price[chosen].sum()), share)

    def rises(self, price: Floats) -> Rises:
        """What each site's opening and closing would cost at least at these prices."""
        own = self.selection
        if own.count is None:
            return self._by_duals(price)[1]
        if own.regions is not None:
            return Rises(*own.regions.rises(price, own.needed, own.count))
        chosen = own._sorted(price)
        if chosen is None:
            return Rises(np.zeros(len(price)), np.zeros(len(price)))
        inside = np.isin(np.arange(len(price)), chosen)
        free = inside & ~own.needed
        last, first = price[free].max(initial=-np.inf), price[~inside].min(initial=np.inf)
        closing = np.where(free, first - price, np.where(inside, np.inf, 0.0))
        return Rises(np.where(inside, 0.0, price - last), closing)

    def _by_duals(self, price: Floats) -> tuple[Relaxed, Rises]:
        """Value and rises come from the dual prices, made feasible, not from the solver's word."""
        solver, scale = self._ready(), max(float(np.abs(price).max(initial=0.0)), 1e-300)
        places = np.arange(len(price), dtype=np.int32)
        solver.changeColsCost(len(price), places, price / scale)
        solver.run()
        none = np.zeros(len(price))
        if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
            return Relaxed(np.inf, none), Rises(none, none)
        own, answer = self.selection, solver.getSolution()
        dual = np.asarray(answer.row_dual) * scale if len(own.lower) else np.zeros(0)
        dual = np.where(np.isinf(own.lower), np.minimum(dual, 0.0), dual)
        dual = np.where(np.isinf(own.upper), np.maximum(dual, 0.0), dual)
        limit = np.where(dual > 0, own.lower, own.upper)
        paid = float((dual[dual != 0] * limit[dual != 0]).sum())
        rest = price - own.matrix.T @ dual
        value = paid + float(np.where(own.needed, rest, np.minimum(rest, 0.0)).sum())
        share = np.clip(np.asarray(answer.col_value), 0.0, 1.0)
        closing = np.where(own.needed, np.inf, np.maximum(-rest, 0.0))
        return Relaxed(value, share), Rises(np.maximum(rest, 0.0), closing)

    def _ready(self) -> highspy.Highs:
        if self._solver is None:
            self._solver = new_solver(np.inf)
            _programme(self._solver, self.selection, np.zeros(self.selection.sites), whole=False)
        return self._solver
