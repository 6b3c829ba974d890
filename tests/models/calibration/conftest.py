"""The map that all studies share."""

from typing import NamedTuple

import numpy as np
import pytest
from scipy.sparse import coo_array, csr_array
from scipy.spatial import Delaunay


class Mosaic(NamedTuple):
    """Places and which of them touch."""

    places: np.ndarray
    graph: csr_array


@pytest.fixture(scope="session")
def mosaic():
    """Make a map of n areas: random places, neighbours by Delaunay's triangles."""

    def _made(n):
        places = np.random.default_rng(0).random((n, 2))
        corners = Delaunay(places).simplices
        pairs = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
        both = np.concatenate([pairs, pairs[:, ::-1]])
        graph = coo_array((np.ones(len(both)), both.T), shape=(n, n)).tocsr()
        graph.data[:] = 1.0
        return Mosaic(places, graph)

    return _made


@pytest.fixture
def report(record_property):
    """Keep a figure for the table of `make bench`."""

    def _keep(name, value):
        record_property(name, round(float(value), 4))

    return _keep
