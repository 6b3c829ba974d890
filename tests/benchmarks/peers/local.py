"""esda's local statistics with permutations.

    python local.py data.npz "local Moran"|"Gi*" permutations repeats

Reads each area's neighbours (n, k) and values; prints the median CPU seconds of calls after the first, and
what the first took more.
"""

import json
import statistics
import sys
import time

import numpy as np
from esda import G_Local, Moran_Local
from libpysal.weights import W


def main(path, statistic, permutations, repeats):
    """Time one of the two."""
    with np.load(path) as data:
        indices, values = data["indices"], data["values"]
    weights = W(dict(enumerate(indices.tolist())), silence_warnings=True)
    given = {"permutations": permutations, "n_jobs": 1, "keep_simulations": False}
    taken = []
    for _ in range(repeats + 1):
        began = time.process_time()
        if statistic == "Gi*":
            G_Local(values, weights, star=True, **given)
        else:
            Moran_Local(values, weights, **given)
        taken.append(time.process_time() - began)
    warm = statistics.median(taken[1:])
    sys.stdout.write(json.dumps({"seconds": warm, "compile": max(taken[0] - warm, 0.0)}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
