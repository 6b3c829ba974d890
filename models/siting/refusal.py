"""Why no set of sites keeps the rules, and the least change with which one would."""

import time

import highspy
import numpy as np
from scipy.sparse import csr_array, eye_array, hstack

from models.checks import Floats, Ints
from models.siting.covering import add_columns, add_rows, new_solver
from models.siting.request import InfeasibleRequest
from models.siting.rules import Limits
from models.siting.selection import Selection

SECONDS = 10.0  # of the solver, for each question
WHOLE = 1e-6


def check_rules(limits: Limits, sites: Ints, fixed: Ints, p: int | None) -> None:
    """Raise unless some set of `sites` with all `fixed` keeps the rules.

    Raises
    ------
    InfeasibleRequest
        "siting.group_too_small", "siting.group_too_full", "siting.minimums_exceed_new",
        "siting.rules_leave_fewer" or "siting.budget_too_small", with the least change of the first rule that
        cannot be kept.
    """
    selection = limits.selection(sites, fixed, p)
    if selection.count is not None:
        return
    counted = len(selection.lower) - int(np.isfinite(limits.budget))  # a budget is the last rule
    _check_groups(limits, *_stretched(selection, np.arange(1, counted), len(limits.names)))
    _check_number(1 if p is None else p, *_stretched(selection, np.arange(counted), 1))
    if counted < len(selection.lower):
        _check_budget(limits, selection, limits.cost[sites])


def _check_groups(limits: Limits, missing: Floats, surplus: Floats) -> None:
    for row, name in enumerate(limits.names):
        if missing[row] > 0:
            asked = int(limits.least[row])
            left = asked - int(missing[row])
            raise InfeasibleRequest(
                "siting.group_too_small",
                {"group": name, "asked": asked, "available": left, "least_change_minimum": left},
            )
        if surplus[row] > 0:
            asked = int(limits.most[row])
            needed = asked + int(surplus[row])
            raise InfeasibleRequest(
                "siting.group_too_full",
                {"group": name, "asked": asked, "needed": needed, "least_change_maximum": needed},
            )


def _check_number(asked: int, missing: Floats, surplus: Floats) -> None:
    if missing[0] > 0:
        left = asked - int(missing[0])
        details = {"asked": asked, "available": left, "least_change_new": left}
        raise InfeasibleRequest("siting.rules_leave_fewer", details)
    if surplus[0] > 0:
        needed = asked + int(surplus[0])
        details = {"asked": asked, "needed": needed, "least_change_new": needed}
        raise InfeasibleRequest("siting.minimums_exceed_new", details)


def _check_budget(limits: Limits, selection: Selection, cost: Floats) -> None:
    rules = slice(0, len(selection.lower) - 1)
    free = Selection(
        csr_array(selection.matrix[rules]),
        selection.lower[rules],
        selection.upper[rules],
        selection.needed,
        None,
    )
    cheapest = free.pick(cost, stop=time.perf_counter() + SECONDS)
    if cheapest is not None and cost[cheapest].sum() > limits.budget * (1 + WHOLE):
        needed = float(cost[cheapest].sum())
        details = {"asked": limits.budget, "needed": needed, "least_change_budget": needed}
        raise InfeasibleRequest("siting.budget_too_small", details)


def _stretched(selection: Selection, rules: Ints, soft: int) -> tuple[Floats, Floats]:
    """How far the lower and the upper limits of the first `soft` of some rules must give way at least."""
    m, k = selection.sites, len(rules)
    solver = new_solver(time.perf_counter() + SECONDS)
    add_columns(solver, np.zeros(selection.sites), whole=True)
    add_columns(solver, np.ones(2 * k), whole=False)
    places = np.arange(m + 2 * k, dtype=np.int32)
    give = np.where(np.arange(k) < soft, np.inf, 0.0)
    lower = np.concatenate([selection.needed.astype(np.float64), np.zeros(2 * k)])
    solver.changeColsBounds(m + 2 * k, places, lower, np.concatenate([np.ones(m), give, give]))
    wide = hstack([selection.matrix[rules], eye_array(k), -eye_array(k)])
    add_rows(solver, csr_array(wide), selection.lower[rules], selection.upper[rules])
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return np.zeros(soft), np.zeros(soft)
    values = np.round(np.asarray(solver.getSolution().col_value)[m:], 6)
    return values[:soft], values[k : k + soft]
