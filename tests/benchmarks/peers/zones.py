"""spopt's Skater: python zones.py data.npz zones floor.

Reads features and the graph, prints CPU seconds and labels.
"""

import json
import sys
import time

import geopandas
import numpy as np
from libpysal.weights import W
from spopt.region import Skater


def main(path, zones, floor):
    """One run: it takes many seconds and has nothing at random."""
    with np.load(path) as data:
        features, indices, indptr = data["features"], data["indices"], data["indptr"]
    places = geopandas.points_from_xy(*np.zeros((2, len(features))))
    names = [f"x{number}" for number in range(features.shape[1])]
    frame = geopandas.GeoDataFrame(features, columns=names, geometry=places)
    near = {area: indices[indptr[area] : indptr[area + 1]].tolist() for area in range(len(features))}
    weights = W(near, silence_warnings=True)
    began = time.process_time()
    found = Skater(frame, weights, names, n_clusters=zones, floor=floor)
    found.solve()
    took = time.process_time() - began
    sys.stdout.write(json.dumps({"seconds": took, "label": np.asarray(found.labels_).tolist()}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
