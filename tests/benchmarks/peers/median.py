"""Peers' p-median: python median.py data.npz pbp|highs|cbc p seconds; prints seconds and the cost found.

Reads cost (sites, demands). spopt builds its model in Python: its time is that of model and solver together.
"""

import json
import sys
import time

import numpy as np
import pbp_pmedian
import pulp
from spopt.locate import PMedian


def main(path, tool, p, seconds):
    """One run, warm but for the peer's own imports."""
    with np.load(path) as data:
        cost = np.ascontiguousarray(data["cost"])
    began = time.perf_counter()
    found = benders(cost, p, seconds) if tool == "pbp" else spopt(cost, p, seconds, tool)
    answer = {"seconds": time.perf_counter() - began, "cost": found}
    sys.stdout.write("\n" + json.dumps(answer))


def benders(cost, p, seconds):
    """pbp-pmedian by the engine that it chooses itself."""
    value, _, _, status, _ = pbp_pmedian.solve(cost, p, time_limit=seconds)
    return float(value) if status == 0 else None


def spopt(cost, p, seconds, tool):
    """spopt through PuLP; demands are rows there."""
    solver = {"highs": pulp.HiGHS, "cbc": pulp.PULP_CBC_CMD}[tool](msg=False, timeLimit=seconds)
    model = PMedian.from_cost_matrix(cost.T, np.ones(cost.shape[1]), p)
    try:
        model.solve(solver)
    except RuntimeError:
        return None
    return float(pulp.value(model.problem.objective)) if model.problem.status == 1 else None


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
