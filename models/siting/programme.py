"""The integer programme on what bounds leave to decide; HiGHS on one thread, from a known plan."""

from dataclasses import dataclass, replace

import highspy
import numpy as np
from scipy.sparse import coo_array, csr_array, hstack

from models.checks import Floats, Ints
from models.siting.covering import add_columns, add_rows, new_solver
from models.siting.task import Task

ENDLESS = highspy.kHighsInf
SPAN = 1e6  # costs are scaled so that they sum to about this


@dataclass(frozen=True, slots=True)
class Answer:
    """Open sites and who serves whom (None without a plan), a bound on the cost, whether nothing is left."""

    chosen: Ints | None
    site: Ints | None
    bound: float
    ended: bool


def solve(task: Task, start: tuple[Ints, Ints] | None, *, stop: float, seed: int = 0) -> Answer:
    """Decide a task; every demand needs a pair, or has a fallback."""
    model = _Model(task, stop, seed)
    model.rules()
    model.assignments()
    if task.limited:
        model.capacities()
    if start is not None:
        model.begin(*start)
    model.solver.run()
    return model.answer()


def fewest_sites(task: Task, *, stop: float) -> int | None:
    """Least number of sites that serve everybody, as far as a search finds it; None if it finds none."""
    price = np.zeros(len(task.pairs.cost))
    free = np.where(np.isfinite(task.pairs.fallback), 0.0, np.inf)
    model = _Model(replace(task, pairs=replace(task.pairs, cost=price, fallback=free), whole=True), stop, 0)
    places = np.arange(model.m, dtype=np.int32)
    model.solver.changeColsCost(model.m, places, np.ones(model.m))
    model.rules()
    model.assignments()
    model.capacities()
    model.solver.run()
    chosen = model.answer().chosen
    return None if chosen is None else len(chosen)


class _Model:
    """Open sites y first, then one x a pair: minimise cost x, every demand once, x <= y."""

    def __init__(self, task: Task, stop: float, seed: int) -> None:
        self.task, pairs = task, task.pairs
        self.m, self.k = pairs.sites, len(pairs.row)
        self.site = task.site_of_pair
        self.free = np.isfinite(pairs.fallback)  # demands that need no site
        self.base = float(pairs.fallback[self.free].sum())
        least = np.where(self.free[pairs.row], pairs.fallback[pairs.row], 0.0)
        saved = pairs.cost - least
        self.scale = 1.0 if task.whole else SPAN / max(float(np.abs(saved).max(initial=0.0)), 1e-300)
        self.solver = new_solver(stop, seed)
        if task.whole:
            self.solver.setOptionValue("mip_abs_gap", 1 - 1e-4)
        add_columns(self.solver, np.zeros(self.m), whole=True)
        add_columns(self.solver, saved * self.scale, whole=task.limited)

    def _add(self, matrix: csr_array[np.float64], lower: Floats, upper: Floats) -> None:
        add_rows(self.solver, matrix, lower, upper)

    def rules(self) -> None:
        """The rules over open sites."""
        own = self.task.selection
        places = np.arange(self.m, dtype=np.int32)
        self.solver.changeColsBounds(self.m, places, own.needed.astype(np.float64), np.ones(self.m))
        if len(own.lower):
            none = csr_array((len(own.lower), self.k))
            self._add(csr_array(hstack([own.matrix, none])), own.lower, own.upper)

    def assignments(self) -> None:
        """Every demand once, by open sites only."""
        n, row, ones = len(self.free), self.task.pairs.row, np.ones(self.k)
        pair = np.arange(self.k)
        once = _sparse(ones, row.astype(np.int64), self.m + pair, (n, self.m + self.k))
        self._add(once, np.where(self.free, -ENDLESS, 1.0), np.ones(n))
        signs, ends = np.concatenate([ones, -ones]), np.concatenate([self.m + pair, self.site])
        link = _sparse(signs, np.tile(pair, 2), ends, (self.k, self.m + self.k))
        self._add(link, np.full(self.k, -ENDLESS), np.zeros(self.k))

    def capacities(self) -> None:
        """No site serves more than it can."""
        limited = np.flatnonzero(np.isfinite(self.task.capacity))
        number = np.full(self.m, -1)
        number[limited] = np.arange(len(limited))
        inside = np.flatnonzero(number[self.site] >= 0)
        size = self.task.size[self.task.pairs.row[inside]]
        values = np.concatenate([size, -self.task.capacity[limited]])
        rows = np.concatenate([number[self.site[inside]], np.arange(len(limited))])
        columns = np.concatenate([self.m + inside, limited])
        load = _sparse(values, rows, columns, (len(limited), self.m + self.k))
        self._add(load, np.full(len(limited), -ENDLESS), np.zeros(len(limited)))

    def begin(self, chosen: Ints, site: Ints) -> None:
        """Hand HiGHS the best known plan; without it, it can sit on far worse ones."""
        values = np.zeros(self.m + self.k)
        values[chosen] = 1.0
        values[self.m + np.flatnonzero(site[self.task.pairs.row] == self.site)] = 1.0
        solution = highspy.HighsSolution()
        solution.col_value = values.tolist()
        self.solver.setSolution(solution)

    def answer(self) -> Answer:
        """What HiGHS ended with; it may return 0.9999999."""
        status, info = self.solver.getModelStatus(), self.solver.getInfo()
        if status == highspy.HighsModelStatus.kInfeasible:
            return Answer(None, None, np.inf, True)
        dual = float(info.mip_dual_bound)
        bound = self.base + dual / self.scale if np.isfinite(dual) else -np.inf
        ended = status == highspy.HighsModelStatus.kOptimal
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return Answer(None, None, bound, ended)
        values = np.asarray(self.solver.getSolution().col_value) > 0.5
        chosen = np.flatnonzero(values[: self.m]).astype(np.int64)
        site = np.full(len(self.free), -1, np.int64)
        used = np.flatnonzero(values[self.m :])
        site[self.task.pairs.row[used]] = self.site[used]
        return Answer(chosen, site, bound, ended)


def _sparse(values: Floats, rows: Ints, columns: Ints, shape: tuple[int, int]) -> csr_array[np.float64]:
    matrix: csr_array[np.float64] = coo_array((values, (rows, columns)), shape=shape).tocsr()
    return matrix
