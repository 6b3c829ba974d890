"""Areas divided among centres by an integer programme; paths to the centre are asked for where they lack."""

import time
from dataclasses import dataclass, field

import highspy
import numpy as np
from scipy.sparse import csr_array

from models.checks import Floats, Ints
from models.graph import Sparse
from models.plans.contiguity import grow, joined, rearrange
from models.siting.covering import add_columns, add_rows, new_solver

SMALL, SAME = 1e-6, 1e-9
LINEAR_ROUNDS, CHANGES = 60, 20_000
LINEAR_SHARE = 0.4  # of the time for the linear bound


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be divided.

    Attributes
    ----------
    cost : (n, k) person-minutes of each area with each centre
    weight : (n,) load
    limits : (2, k) least and largest load
    root : (k,) an area that each centre keeps
    graph : (n, n) neighbours
    """

    cost: Floats
    weight: Floats
    limits: Floats
    root: Ints
    graph: Sparse

    @property
    def start(self) -> Ints:
        """Where each area's neighbours begin."""
        return self.graph.indptr.astype(np.int64)

    @property
    def neighbour(self) -> Ints:
        """Neighbours of all areas, area by area."""
        return self.graph.indices.astype(np.int64)

    def loads(self, region: Ints) -> Floats:
        """(k,) load of each region."""
        load = np.zeros(len(self.root))
        np.add.at(load, region, self.weight)
        return load

    def excess(self, region: Ints) -> float:
        """How far the worst region is outside its limits."""
        load = self.loads(region)
        return float(np.maximum(load - self.limits[1], self.limits[0] - load).max(initial=0.0))

    def total(self, region: Ints) -> float:
        """Cost of a division."""
        return float(self.cost[np.arange(len(region)), region].sum())

    def piece(self, region: Ints, centre: int) -> np.ndarray:
        """(n,) areas of the region that a path within it joins to its root."""
        return joined(self.start, self.neighbour, region == centre, int(self.root[centre]))


@dataclass(slots=True)
class Division:
    """Least cost within the limits, or least excess over them; the best division so far and the bound."""

    task: Task
    stop: float
    seed: int
    balance: bool = False  # least excess, not least cost
    best: Ints | None = None
    bound: float = 0.0
    rows: list[tuple[Ints, int, int]] = field(default_factory=list)  # (separator, area, centre)

    def value(self, region: Ints) -> float:
        """What is minimised."""
        return self.task.excess(region) if self.balance else self.task.total(region)

    def offer(self, region: Ints) -> None:
        """Mend a division, improve it by moves, and keep it if it is better."""
        task = self.task
        own = region.copy()
        own[task.root] = np.arange(len(task.root))
        for centre in range(len(task.root)):
            own[(own == centre) & ~task.piece(own, centre)] = -1
        grow(task.start, task.neighbour, task.cost, task.root, own)
        price = (
            10
            * max(float(task.cost.max()), 1.0)
            / max(float(task.weight[task.weight > 0].min(initial=1.0)), 1e-9)
        )
        rearrange(
            task.start,
            task.neighbour,
            task.cost,
            task.weight,
            task.limits,
            task.root,
            own,
            price,
            CHANGES,
        )
        if not self.balance and task.excess(own) > self._allowance:
            return
        if self.best is None or self.value(own) < self.value(self.best):
            self.best = own

    @property
    def _allowance(self) -> float:
        return SAME * max(float(self.task.weight.sum()), 1.0)

    def run(self) -> None:
        """Linear bounds with paths asked for, then whole divisions, until time is up or nothing is left."""
        now = time.perf_counter()
        until = now + LINEAR_SHARE * max(self.stop - now, 0.0)
        solver = self._model(until)
        for _ in range(LINEAR_ROUNDS):
            share = self._solved(solver, whole=False)
            if share is None:
                break
            self.offer(share.argmax(axis=1).astype(np.int64))
            if self._done or not self._ask(solver, share) or time.perf_counter() > until:
                break
        self._whole()

    @property
    def _done(self) -> bool:
        return self.best is not None and self.bound >= self.value(self.best) * (1 - SAME) - SMALL * SAME

    def _whole(self) -> None:
        solver = self._model(self.stop)
        n, k = self.task.cost.shape
        places = np.arange(n * k, dtype=np.int32)
        solver.changeColsIntegrality(n * k, places, np.full(n * k, highspy.HighsVarType.kInteger))
        while not self._done and time.perf_counter() < self.stop:
            if self.best is not None:
                self._give(solver, self.best)
            share = self._solved(solver, whole=True)
            if share is None:
                return
            self.offer(share.argmax(axis=1).astype(np.int64))
            if not self._ask(solver, share):
                return

    def _give(self, solver: highspy.Highs, region: Ints) -> None:
        start = highspy.HighsSolution()
        share = np.zeros(self.task.cost.shape)
        share[np.arange(len(region)), region] = 1.0
        start.col_value = [*share.ravel().tolist(), self.task.excess(region)]
        solver.setSolution(start)

    def _model(self, stop: float) -> highspy.Highs:
        task = self.task
        n, k = task.cost.shape
        solver = new_solver(stop, self.seed)
        add_columns(solver, np.zeros(n * k) if self.balance else task.cost.ravel(), whole=False)
        none = np.zeros(0, dtype=np.int32)
        slack = np.array([highspy.kHighsInf if self.balance else 0.0])
        solver.addCols(1, np.ones(1), np.zeros(1), slack, 0, none, none, np.zeros(0))
        area, centre = np.divmod(np.arange(n * k), k)
        every = csr_array((np.ones(n * k), (area, np.arange(n * k))), shape=(n, n * k + 1))
        add_rows(solver, every, np.ones(n), np.ones(n))
        load = csr_array((task.weight[area], (centre, np.arange(n * k))), shape=(k, n * k + 1)).tolil()
        endless = np.full(k, highspy.kHighsInf)
        load[:, n * k] = -1.0
        add_rows(solver, csr_array(load), -endless, task.limits[1])
        load[:, n * k] = 1.0
        add_rows(solver, csr_array(load), task.limits[0], endless)
        kept = (task.root * k + np.arange(k)).astype(np.int32)
        solver.changeColsBounds(k, kept, np.ones(k), np.ones(k))
        for row in self.rows:
            self._add(solver, row)
        return solver

    def _solved(self, solver: highspy.Highs, *, whole: bool) -> Floats | None:
        """(n, k) shares, with the bound raised; None if none were found."""
        solver.setOptionValue("time_limit", max(self.stop - time.perf_counter(), 0.05) + solver.getRunTime())
        solver.run()
        info, status = solver.getInfo(), solver.getModelStatus()
        ended = status == highspy.HighsModelStatus.kOptimal
        if status == highspy.HighsModelStatus.kInfeasible:
            self.bound = np.inf
            return None
        least = info.mip_dual_bound if whole else info.objective_function_value
        if (ended or whole) and np.isfinite(least):
            self.bound = max(self.bound, float(least) - SAME * abs(float(least)))
        if not ended and not (whole and info.primal_solution_status == 2):
            return None
        n, k = self.task.cost.shape
        return np.asarray(solver.getSolution().col_value)[: n * k].reshape(n, k)

    def _ask(self, solver: highspy.Highs, share: Floats) -> bool:
        """Ask for a path where part of an area's share has none to its centre; whether any lacked."""
        fresh = [row for centre in range(share.shape[1]) for row in self._lacking(share[:, centre], centre)]
        for row in fresh:
            self._add(solver, row)
        self.rows += fresh
        return bool(fresh)

    def _lacking(self, share: Floats, centre: int) -> list[tuple[Ints, int, int]]:
        task, rows = self.task, []
        start, neighbour, root = task.start, task.neighbour, int(task.root[centre])
        inside = share > SMALL
        left = inside & ~joined(start, neighbour, inside, root)
        while left.any():
            area = int(np.argmax(np.where(left, share, -1.0)))
            part = joined(start, neighbour, left, area)
            around = (task.graph @ part.astype(np.float64) > 0) & ~part
            side = joined(start, neighbour, ~around, root)
            between = around & (task.graph @ side.astype(np.float64) > 0)
            rows.append((np.flatnonzero(between).astype(np.int64), area, centre))
            left &= ~part
        return rows

    def _add(self, solver: highspy.Highs, row: tuple[Ints, int, int]) -> None:
        """A share of the area needs as much among the areas that separate it from the root."""
        separator, area, centre = row
        k = self.task.cost.shape[1]
        columns = np.append(separator * k + centre, area * k + centre).astype(np.int32)
        values = np.append(np.ones(len(separator)), -1.0)
        solver.addRow(0.0, highspy.kHighsInf, len(columns), columns, values)
