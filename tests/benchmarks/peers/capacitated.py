"""spopt's capacitated p-median: python capacitated.py data.npz highs|cbc p seconds; prints seconds and cost.

Reads minutes (demands, sites), weights (demands), both need and load, and capacity (sites). A demand
goes to one site whole, as its assignment variables are binary.
"""

import json
import sys
import time

import numpy as np
import pulp
from spopt.locate import PMedian


def main(path, tool, p, seconds):
    """Seconds of model and solver together, and the cost, None where nothing was found in time."""
    with np.load(path) as data:
        minutes, weights, capacity = (data[name] for name in ("minutes", "weights", "capacity"))
    solver = {"highs": pulp.HiGHS, "cbc": pulp.PULP_CBC_CMD}[tool](msg=False, timeLimit=seconds)
    began = time.perf_counter()
    model = PMedian.from_cost_matrix(minutes, weights, p, facility_capacities=capacity)
    try:
        model.solve(solver)
        found = float(pulp.value(model.problem.objective)) if model.problem.status == 1 else None
    except RuntimeError:
        found = None
    sys.stdout.write("\n" + json.dumps({"seconds": time.perf_counter() - began, "cost": found}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
