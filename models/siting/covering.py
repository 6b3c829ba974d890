"""The cheapest columns that cover all rows: linear bound and integer programme; HiGHS on one thread."""

import time
from dataclasses import dataclass

import highspy
import numpy as np
from scipy.sparse import csr_array

from models.checks import Bools, Floats, Ints
from models.siting.reduce import reduced

CLOSE = 1e-6
SHORTEST = 0.01  # seconds that HiGHS is given at least


@dataclass(frozen=True, slots=True)
class Covered:
    """What a search for a cover ended with.

    Attributes
    ----------
    chosen : columns of the cheapest cover found, ascending; None if there is none within the limit
    bound : no cover costs less; above the limit if none is within it
    ended : whether nothing was left to search
    """

    chosen: Ints | None
    bound: float
    ended: bool


def new_solver(stop: float, seed: int = 0) -> highspy.Highs:
    """HiGHS, silent, on one thread, until `stop` (a reading of `time.perf_counter`)."""
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    options = {
        "output_flag": False,
        "threads": 1,
        "random_seed": seed % 2**31,
        "time_limit": max(stop - time.perf_counter(), SHORTEST),
        "mip_rel_gap": 1e-9,
        "mip_abs_gap": 1e-6,
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    return solver


def add_columns(solver: highspy.Highs, price: Floats, *, whole: bool) -> None:
    """Variables between 0 and 1 at these prices."""
    none, count = np.zeros(0, dtype=np.int32), len(price)
    solver.addCols(count, price, np.zeros(count), np.ones(count), 0, none, none, np.zeros(0))
    if whole:
        first = solver.getNumCol() - count
        places = np.arange(first, first + count, dtype=np.int32)
        solver.changeColsIntegrality(count, places, np.full(count, highspy.HighsVarType.kInteger))


def add_rows(solver: highspy.Highs, matrix: csr_array[np.float64], lower: Floats, upper: Floats) -> None:
    """Constraints lower <= matrix x <= upper."""
    starts, columns = matrix.indptr[:-1].astype(np.int32), matrix.indices.astype(np.int32)
    solver.addRows(matrix.shape[0], lower, upper, matrix.nnz, starts, columns, matrix.data)


def _covering(covers: Bools, price: Floats, stop: float, *, whole: bool) -> highspy.Highs:
    solver, rows = new_solver(stop), len(covers)
    add_columns(solver, price, whole=whole)
    add_rows(solver, csr_array(covers.astype(np.float64)), np.ones(rows), np.full(rows, highspy.kHighsInf))
    return solver


def linear_bound(covers: Bools, price: Floats, stop: float) -> float:
    """No cover of the rows costs less: shown by the dual prices, made feasible, not by the solver's word."""
    solver = _covering(covers, price, stop, whole=False)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return 0.0
    dual = np.maximum(np.asarray(solver.getSolution().row_dual), 0.0)
    load = dual @ covers
    over = np.divide(load, price, out=np.where(load > 0, np.inf, 0.0), where=price > 0)
    return float(dual.sum() / max(1.0, float(over.max(initial=0.0))))


def cheapest_cover(
    covers: Bools, price: Floats, *, stop: float, at_most: float = np.inf, start: Ints | None = None
) -> Covered:
    """The cheapest columns that cover all rows, if they cost no more than `at_most`.

    Parameters
    ----------
    covers : (rows, columns); every row has a column
    price : (columns,) >= 0
    stop : reading of `time.perf_counter` at which to end
    at_most : dearer covers are of no interest; the search ends when it has ruled out all others
    start : a known cover; without one HiGHS may sit on far worse ones
    """
    rows, columns = reduced(covers, price)
    small = covers[np.ix_(rows, columns)]
    if not len(rows):
        return Covered(np.zeros(0, np.int64), 0.0, True)
    solver = _covering(small, price[columns], stop, whole=True)
    if np.isfinite(at_most):
        row = csr_array(price[None, columns])
        add_rows(solver, row, np.array([-highspy.kHighsInf]), np.array([at_most]))
    if start is not None:
        _give_start(solver, np.isin(columns, start))
    solver.run()
    return _answer(solver, small, columns, at_most)


def _give_start(solver: highspy.Highs, opened: Bools) -> None:
    solution = highspy.HighsSolution()
    solution.col_value = opened.astype(np.float64).tolist()
    solver.setSolution(solution)


def _answer(solver: highspy.Highs, covers: Bools, columns: Ints, at_most: float) -> Covered:
    status, info = solver.getModelStatus(), solver.getInfo()
    if status == highspy.HighsModelStatus.kInfeasible:
        return Covered(None, np.inf, True)
    bound = float(info.mip_dual_bound)
    if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return Covered(None, bound, False)
    opened = np.asarray(solver.getSolution().col_value) > 0.5  # HiGHS may return 0.9999999
    if not covers[:, opened].any(axis=1).all():
        return Covered(None, bound, False)
    return Covered(columns[opened], bound, status == highspy.HighsModelStatus.kOptimal)
