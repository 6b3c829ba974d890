"""The cheapest columns that cover all rows: linear bound and integer programme; HiGHS on one thread."""

import time
from dataclasses import dataclass

import highspy
import numpy as np
from scipy.sparse import csr_array

from models.checks import Bools, Floats, Ints
from models.replicates import generator
from models.siting.pairs import dense_pairs
from models.siting.reduce import reduced
from models.siting.swap import improve

CLOSE = 1e-6
TRIES, STREAM = 8, 12  # interchanges from other places before a number of columns is given up
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


def _covering(covers: Bools, price: Floats, stop: float, *, whole: bool, seed: int = 0) -> highspy.Highs:
    solver, rows = new_solver(stop, seed), len(covers)
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
    covers: Bools, price: Floats, *, stop: float, at_most: float = np.inf, seed: int = 0
) -> Covered:
    """The cheapest columns that cover all rows; with `at_most`, any that cost no more.

    Parameters
    ----------
    covers : (rows, columns); every row has a column
    price : (columns,) >= 0
    stop : reading of `time.perf_counter` at which to end
    at_most : dearer covers are of no interest; the search ends when it has ruled out all others
    seed : of the solver and of the columns exchanged for a start
    """
    rows, columns = reduced(covers, price)
    small, own = covers[np.ix_(rows, columns)], price[columns]
    start = greedy_cover(small, own)
    if (own == 1).all():
        start = with_fewer(small, start, stop=stop, seed=seed)
    limited = bool(np.isfinite(at_most))
    if not len(rows) or (limited and own[start].sum() <= at_most):
        return Covered(columns[start], 0.0, True)
    solver = _covering(small, own, stop, whole=True, seed=seed)
    if limited and own[start].sum() > at_most + 1:  # else the start itself is the better limit
        endless = np.array([-highspy.kHighsInf])
        add_rows(solver, csr_array(own[None]), endless, np.array([at_most]))
    else:
        give_start(solver, np.isin(np.arange(len(own)), start))
        solver.setOptionValue("objective_target", at_most if limited else -highspy.kHighsInf)
    solver.run()
    found = _within(_answer(solver, small), own, at_most)
    best = start if found.chosen is None and not limited else found.chosen
    bound = max(found.bound, packed_bound(small, own))
    return Covered(None if best is None else columns[best], bound, found.ended)


def _within(found: Covered, price: Floats, at_most: float) -> Covered:
    """A dearer cover is none; with a bound that is dearer too, there is none."""
    if found.chosen is None or price[found.chosen].sum() <= at_most + CLOSE:
        return found
    return Covered(None, found.bound, found.bound > at_most + CLOSE)


def greedy_cover(covers: Bools, price: Floats) -> Ints:
    """Take the column that covers most new rows for its price, then drop those that are not needed."""
    chosen: list[int] = []
    open_rows = np.ones(len(covers), np.bool_)
    while open_rows.any():
        gain = covers[open_rows].sum(axis=0)
        value = np.divide(gain, price, out=np.where(gain > 0, np.inf, 0.0), where=price > 0)
        chosen.append(int(value.argmax()))
        open_rows &= ~covers[:, chosen[-1]]
    times = covers[:, chosen].sum(axis=1)
    for column in list(chosen):
        if (times[covers[:, column]] > 1).all():
            chosen.remove(column)
            times -= covers[:, column]
    return np.sort(np.array(chosen, dtype=np.int64))


def with_fewer(covers: Bools, chosen: Ints, *, stop: float, seed: int) -> Ints:
    """Close one column at a time as long as interchange covers all rows with the others."""
    pairs = dense_pairs(np.where(covers, 0.0, 1.0), np.ones(len(covers)))
    best, tried = chosen, 0
    while tried < TRIES and len(best) > 1 and time.perf_counter() < stop:
        rng = generator(seed, tried, stream=STREAM)
        rest = rng.permutation(best)[1:]
        shaken = min(tried // 2, len(rest), covers.shape[1] - len(rest))
        others = rng.permutation(np.setdiff1d(np.arange(covers.shape[1]), rest))[:shaken]
        found, missed = improve(pairs, np.concatenate([rest[shaken:], others]))
        best, tried = (found, 0) if missed == 0 else (best, tried + 1)
    return best


def packed_bound(covers: Bools, price: Floats) -> float:
    """No cover costs less: rows, scarcest first, pay for their columns what is left to pay (dual ascent)."""
    left, total = price.copy(), 0.0
    for row in np.argsort(covers.sum(axis=1), kind="stable"):
        pays = left[covers[row]].min()
        left[covers[row]] -= pays
        total += pays
    return float(total)


def give_start(solver: highspy.Highs, values: Bools) -> None:
    """Hand HiGHS a known answer; without one it may sit on far worse ones."""
    solution = highspy.HighsSolution()
    solution.col_value = values.astype(np.float64).tolist()
    solver.setSolution(solution)


def _answer(solver: highspy.Highs, covers: Bools) -> Covered:
    if solver.getModelStatus() == highspy.HighsModelStatus.kInfeasible:
        return Covered(None, np.inf, True)
    bound = float(solver.getInfo().mip_dual_bound)
    opened = values_of(solver)
    if opened is None or not covers[:, opened].any(axis=1).all():
        return Covered(None, bound, False)
    ended = solver.getModelStatus() == highspy.HighsModelStatus.kOptimal
    return Covered(np.flatnonzero(opened).astype(np.int64), bound, ended)


def values_of(solver: highspy.Highs) -> Bools | None:
    """Answer as yes and no, None without one; HiGHS may return 0.9999999."""
    status = solver.getInfo().primal_solution_status
    if status != highspy.SolutionStatus.kSolutionStatusFeasible:
        return None
    return np.asarray(np.asarray(solver.getSolution().col_value) > 0.5)
