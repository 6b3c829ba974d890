"""Among covers of one price, the one that covers most rows more than once."""

from dataclasses import dataclass

import highspy
import numpy as np
from scipy.sparse import csr_array, eye_array, hstack

from models.checks import Bools, Floats, Ints
from models.siting.covering import add_columns, add_rows, give_start, new_solver, values_of

SLACK = 1e-9  # relative


@dataclass(frozen=True, slots=True)
class Backed:
    """Columns of the best cover found, and how many rows at most have backup in any."""

    chosen: Ints
    bound: float


@dataclass(frozen=True, slots=True)
class Rest:
    """What is covered already, and what more is asked.

    Attributes
    ----------
    covers : (rows, columns)
    already : (rows,) how often each row is covered anyway
    backup : sites beyond the first that a row needs to count
    """

    covers: Bools
    already: Ints
    backup: int


def most_backup(rest: Rest, price: Floats, chosen: Ints, *, stop: float, seed: int) -> Backed:
    """Maximise the rows covered `backup` times more than once, at no more than the price of `chosen`.

    References
    ----------
    Daskin & Stern (1981), Transportation Science 15, 137-152 (hierarchical set covering).
    """
    alike = np.column_stack([rest.covers, rest.already])
    _, first, number = np.unique(alike, axis=0, return_index=True, return_counts=True)
    covers, already = rest.covers[first], rest.already[first]
    budget = float(price[chosen].sum())
    solver = _programme(Rest(covers, already, rest.backup), price, number, budget, stop=stop, seed=seed)
    times = already + covers[:, chosen].sum(axis=1)
    opened = np.isin(np.arange(len(price)), chosen)
    give_start(solver, np.concatenate([opened, times > rest.backup]))
    solver.run()
    bound = float(np.floor(-float(solver.getInfo().mip_dual_bound) + 1e-6))
    return Backed(_better(solver, rest, price, chosen), min(bound, float(len(rest.covers))))


def _programme(
    rest: Rest, price: Floats, number: Ints, budget: float, *, stop: float, seed: int
) -> highspy.Highs:
    rows, columns = rest.covers.shape
    solver = new_solver(stop, seed)
    add_columns(solver, np.concatenate([np.zeros(columns), -number.astype(np.float64)]), whole=True)
    needs = hstack([csr_array(rest.covers.astype(np.float64)), -rest.backup * eye_array(rows)])
    least = (1 - rest.already).astype(np.float64)
    add_rows(solver, csr_array(needs), least, np.full(rows, highspy.kHighsInf))
    total = csr_array(np.concatenate([price, np.zeros(rows)])[None])
    add_rows(solver, total, np.array([-highspy.kHighsInf]), np.array([budget * (1 + SLACK)]))
    return solver


def _better(solver: highspy.Highs, rest: Rest, price: Floats, chosen: Ints) -> Ints:
    """The solver's cover if it holds and is no dearer, else the one that was known."""
    values = values_of(solver)
    if values is None:
        return chosen
    found = np.flatnonzero(values[: len(price)]).astype(np.int64)
    holds = (rest.already + rest.covers[:, found].sum(axis=1) > 0).all()
    dearer = price[found].sum() > price[chosen].sum() * (1 + SLACK)
    return found if holds and not dearer else chosen
