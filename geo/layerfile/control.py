"""Control points, to compare two readings of a datum before a person chooses."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

from geo.layerfile.layer import Layer

__all__ = ["control_points"]


def control_points(
    layer: Layer, candidates: tuple[str, ...], *, count: int = 5
) -> dict[str, npt.NDArray[np.float64]]:
    """Where the same corners lie under each candidate coordinate system, to hold against known places.

    Returns
    -------
    dict of (n_points, 2) array
        Longitude and latitude in WGS84 degrees, by candidate; corners spread over the layer.
    """
    shapes = shapely.from_wkb([f.wkb for f in layer.features if f.wkb is not None])
    corners = shapely.get_coordinates(shapes)
    chosen = corners[np.linspace(0, len(corners) - 1, min(count, len(corners))).astype(int)]
    return {crs: _lonlat(chosen, crs) for crs in candidates}


def _lonlat(points: npt.NDArray[np.float64], crs: str) -> npt.NDArray[np.float64]:
    move = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    lon, lat = move.transform(points[:, 0], points[:, 1])
    return np.column_stack([lon, lat])
