"""The core integer programme, after the bound has removed what cannot matter; HiGHS on one thread."""

from dataclasses import dataclass

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

from models.checks import Bools, Floats, Ints
from models.siting.request import Feasible

IntArray = NDArray[np.signedinteger]


@dataclass(frozen=True, slots=True)
class CoreAnswer:
    """Best choice found (None if none), proven lower bound on the total, whether the search ended."""

    chosen: Ints | None
    bound: float
    proven: bool


@dataclass(frozen=True, slots=True)
class Core:
    """What is left to decide."""

    cost: Floats  # (n, m)
    fallback: Floats  # (n,)
    pairs: Bools  # (n, m) assignments that may be used
    closed: Bools  # (m,)
    needed: Bools  # (m,)


def solve_core(plan: Feasible, core: Core, start: Ints, *, seconds: float, seed: int) -> CoreAnswer:
    """Maximise the saving over the fallback: sum of saving_ij x_ij, x_ij <= y_j, each demand once."""
    rows, sites = np.nonzero(core.pairs & ~core.closed)
    saving = core.fallback[rows] - core.cost[rows, sites]
    total = float(core.fallback.sum())
    scale = 1e6 / max(total, 1e-300)
    solver = _solver(seconds, seed)
    _add_columns(solver, plan, core, saving * scale)
    _add_rows(solver, plan, core, rows, sites)
    _give_start(solver, core, start, rows, sites)
    solver.run()
    return _answer(solver, plan, total, scale)


def _solver(seconds: float, seed: int) -> highspy.Highs:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    options = {
        "output_flag": False,
        "threads": 1,
        "random_seed": seed % 2**31,
        "time_limit": max(seconds, 0.05),
        "mip_rel_gap": 1e-9,
        "mip_abs_gap": 1e-6,
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    return solver


def _add_columns(solver: highspy.Highs, plan: Feasible, core: Core, saving: Floats) -> None:
    m, pairs = len(plan.candidates), len(saving)
    lower = np.concatenate([core.needed.astype(float), np.zeros(pairs)])
    upper = np.concatenate([1.0 - core.closed, np.ones(pairs)])
    none = np.zeros(0, dtype=np.int32)
    objective = np.concatenate([np.zeros(m), -saving])
    solver.addCols(m + pairs, objective, lower, upper, 0, none, none, np.zeros(0))
    kinds = np.full(m, highspy.HighsVarType.kInteger)
    solver.changeColsIntegrality(m, np.arange(m, dtype=np.int32), kinds)


def _add_rows(solver: highspy.Highs, plan: Feasible, core: Core, rows: Ints, sites: Ints) -> None:
    m, n, pairs = len(plan.candidates), len(core.fallback), len(rows)
    number, columns = np.arange(pairs), m + np.arange(pairs)
    ones, width = np.ones(pairs), m + pairs
    once = _sparse(ones, rows, columns, (n, width))
    signs, ends = np.concatenate([ones, -ones]), np.concatenate([columns, sites])
    link = _sparse(signs, np.tile(number, 2), ends, (pairs, width))
    group, inside = np.nonzero(plan.member)
    minimum = plan.minimum.astype(float)
    least = _sparse(np.ones(len(group)), group, inside, (len(minimum), width))
    count = _sparse(np.ones(m), np.zeros(m, int), np.arange(m), (1, width))
    endless = highspy.kHighsInf
    _add(solver, once, np.full(n, -endless), np.ones(n))
    _add(solver, link, np.full(pairs, -endless), np.zeros(pairs))
    _add(solver, least, minimum, np.full(len(minimum), endless))
    _add(solver, count, np.array([float(plan.new)]), np.array([float(plan.new)]))


Sparse = csr_array[np.float64, tuple[int, int]]


def _sparse(values: Floats, rows: IntArray, columns: IntArray, shape: tuple[int, int]) -> Sparse:
    matrix: Sparse = coo_array((values, (rows, columns)), shape=shape).tocsr()
    return matrix


def _add(solver: highspy.Highs, matrix: Sparse, lower: Floats, upper: Floats) -> None:
    starts, columns = matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32)
    if matrix.shape[0]:
        solver.addRows(matrix.shape[0], lower, upper, matrix.nnz, starts, columns, matrix.data)


def _give_start(solver: highspy.Highs, core: Core, start: Ints, rows: Ints, sites: Ints) -> None:
    """Hand HiGHS the best known choice; without it, it can sit on far worse ones."""
    m = core.cost.shape[1]
    opened = np.zeros(m)
    opened[start] = 1.0
    usable = np.where(opened[sites] > 0, core.cost[rows, sites], np.inf)
    first = np.full(len(core.fallback), np.inf)
    np.minimum.at(first, rows, usable)
    used = (usable == first[rows]) & np.isfinite(usable)
    keep = np.flatnonzero(used)
    _, unique = np.unique(rows[keep], return_index=True)
    values = np.zeros(m + len(rows))
    values[:m] = opened
    values[m + keep[unique]] = 1.0
    solution = highspy.HighsSolution()
    solution.col_value = values.tolist()
    solver.setSolution(solution)


def _answer(solver: highspy.Highs, plan: Feasible, total: float, scale: float) -> CoreAnswer:
    status, info = solver.getModelStatus(), solver.getInfo()
    proven = status in (highspy.HighsModelStatus.kOptimal, highspy.HighsModelStatus.kInfeasible)
    if status == highspy.HighsModelStatus.kInfeasible:  # everything left is worse than the start
        return CoreAnswer(None, np.inf, True)
    dual = float(info.mip_dual_bound)
    bound = total + dual / scale if np.isfinite(dual) else -np.inf
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return CoreAnswer(None, bound, proven)
    values = np.asarray(solver.getSolution().col_value[: len(plan.candidates)])
    # round: HiGHS may return 0.9999999
    return CoreAnswer(np.flatnonzero(values > 0.5).astype(np.int64), bound, proven)
