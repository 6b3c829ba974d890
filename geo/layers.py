"""Read a layer from an untrusted file: GeoJSON without GDAL, the rest with two drivers only.

Runs inside a child process with memory and time limits. Every feature in the file is a feature out: one that
cannot be used keeps its place, without a geometry, and has a finding.
"""

from __future__ import annotations

from pathlib import Path

from geo.layerfile.control import control_points
from geo.layerfile.geojson import read_geojson
from geo.layerfile.layer import Feature, Layer, LayerCode, LayerFinding, LayerOptions, LayerRefused
from geo.layerfile.ogr import read_geopackage, read_shapefile

__all__ = [
    "Feature",
    "Layer",
    "LayerCode",
    "LayerFinding",
    "LayerOptions",
    "LayerRefused",
    "control_points",
    "read_layer",
]

READERS = {"geojson": read_geojson, "gpkg": read_geopackage, "shapefile": read_shapefile}


def read_layer(path: Path, kind: str, options: LayerOptions | None = None) -> Layer:
    """Read a layer of kind ``geojson``, ``gpkg`` or ``shapefile`` (zipped).

    Returns
    -------
    Layer
        Features with WKB in the file's own coordinates; `crs` is what the file (or `options`) says, or None
        together with a finding to be asked about. Never assumed.

    Raises
    ------
    LayerRefused
        When the file as a whole cannot be used.
    ValueError
        For an unknown kind.
    """
    if kind not in READERS:
        raise ValueError(f"kind must be one of {sorted(READERS)}; got {kind!r}")
    return READERS[kind](path, options or LayerOptions())
