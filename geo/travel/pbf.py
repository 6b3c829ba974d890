"""The one place that speaks to pyrosm, which ships no types: a file's ways as plain columns."""

import datetime as dt
import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import numpy as np

from geo.travel.dijkstra import Floats, Ints

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Streets:
    """Straight pieces of ways.

    Attributes
    ----------
    lon, lat : (r,) degrees (WGS 84) of the points
    tails, heads : (m,) numbers of points, in the direction the way was drawn
    tags : (m,) values of each tag asked for, "" where a way has none
    """

    lon: Floats
    lat: Floats
    tails: Ints
    heads: Ints
    tags: dict[str, list[str]]


def read_streets(path: Path, network: str, *, tags: Sequence[str], box: Box | None = None) -> Streets:
    """Read the ways of one of pyrosm's networks from an OpenStreetMap extract.

    Parameters
    ----------
    path : .osm.pbf
    network : "driving+service" or "walking"
    tags : to read of each way
    box : west, south, east, north in degrees: leaves out the rest

    Raises
    ------
    ValueError
        If the file is no extract, or holds no such way.
    ModuleNotFoundError
        If pyrosm is not installed.
    """
    pyrosm = _pyrosm()
    torn = importlib.import_module("google.protobuf.message").DecodeError
    try:
        reader = pyrosm.OSM(str(path), bounding_box=box, keep_metadata=False)
        nodes, edges = reader.get_network(network, nodes=True, tags_to_keep=list(tags))
    except (pyrosm.exceptions.PBFException, torn, ValueError, EOFError) as why:
        raise ValueError(f"{path.name} cannot be read as an OpenStreetMap extract (.osm.pbf): {why}") from why
    finally:
        pyrosm.OSM.clear_cache(str(path))  # what it keeps in the temporary folder
    if edges is None or not len(edges):
        raise ValueError(f"{path.name} holds no way for {network}; check the extract and its bounds")
    number = np.asarray(nodes["id"], dtype=np.int64)
    order = np.argsort(number)
    return Streets(
        lon=np.asarray(nodes["lon"], dtype=np.float64)[order],
        lat=np.asarray(nodes["lat"], dtype=np.float64)[order],
        tails=np.searchsorted(number[order], np.asarray(edges["u"], dtype=np.int64)),
        heads=np.searchsorted(number[order], np.asarray(edges["v"], dtype=np.int64)),
        tags={
            tag: [str(value) for value in edges[tag].fillna("")] if tag in edges else [""] * len(edges)
            for tag in tags
        },
    )


def extract_date(path: Path) -> str:
    """Day of the data as the file's header tells it, YYYY-MM-DD, or "" where it does not."""
    _pyrosm()
    header = importlib.import_module("pyrosm.pbf_export").read_header_block(str(path))
    stamp = int(header.osmosis_replication_timestamp)
    return dt.datetime.fromtimestamp(stamp, tz=dt.UTC).date().isoformat() if stamp else ""


def _pyrosm() -> ModuleType:
    try:
        return importlib.import_module("pyrosm")
    except ModuleNotFoundError as why:
        raise ModuleNotFoundError(
            "reading a road network needs pyrosm, which is not installed; install mahalle[roads]",
            name="pyrosm",
        ) from why
