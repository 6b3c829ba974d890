"""Where people live within their areas: buildings or cells of a grid, with their numbers."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.travel.tables import Row, read_csv

COLUMNS = ("lon", "lat", "persons")


class Homes(NamedTuple):
    """Points of homes.

    Attributes
    ----------
    lon, lat : (k,) degrees, EPSG:4326
    persons : (k,) who live there, >= 0
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    persons: NDArray[np.float64]


def read_homes(path: Path) -> Homes:
    """Read a table with the columns lon, lat and persons.

    Parameters
    ----------
    path : CSV in UTF-8 with commas or semicolons; one row a building or a cell of a grid

    Raises
    ------
    TableError
        With file, row and column of what cannot be used.
    """
    found = np.array([_home(row) for row in read_csv(path, COLUMNS)], dtype=np.float64)
    return Homes(*np.ascontiguousarray(found.T))


def _home(row: Row) -> tuple[float, float, float]:
    lon, lat = row.value("lon", low=-180, high=180), row.value("lat", low=-90, high=90)
    return lon, lat, row.value("persons", low=0)
