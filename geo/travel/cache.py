"""Road graphs kept on disk, each under the hash of what it was made of."""

import hashlib
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path

import numpy as np

from geo.travel.graph import RoadGraph

LAYOUT = 1  # of the file and of what is computed: a new number makes every graph anew
DAMAGED = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error)


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def cached(folder: Path | None, made_of: Mapping[str, object], build: Callable[[], RoadGraph]) -> RoadGraph:
    """The graph made of `made_of`, from `folder` if it is there and whole, else built and kept there.

    Parameters
    ----------
    folder : made if it is missing; None keeps nothing
    made_of : everything the graph depends on, as JSON: hashes of files, settings
    build : makes the graph
    """
    if folder is None:
        return build()
    words = json.dumps({"layout": LAYOUT, **made_of}, sort_keys=True)
    key = hashlib.sha256(words.encode()).hexdigest()
    path = folder / f"roads-{key[:32]}.npz"
    try:
        return load(path, key)
    except DAMAGED:
        graph = build()
    save(graph, path, key)
    return graph


def save(graph: RoadGraph, path: Path, key: str) -> None:
    """Write a graph to one .npz file, all of it or nothing."""
    columns = {field.name: getattr(graph, field.name) for field in fields(graph)}
    facts = np.frombuffer(json.dumps(columns.pop("facts")).encode(), dtype=np.uint8)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, key=np.array(key), facts=facts, **columns)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise


def load(path: Path, key: str) -> RoadGraph:
    """Read a graph back.

    Raises
    ------
    ValueError, KeyError, OSError, zipfile.BadZipFile, zlib.error
        If the file is missing, damaged, or not the graph of `key`.
    """
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
        if str(kept["key"]) != key:
            raise ValueError(f"{path.name} holds another graph")
        names = {field.name for field in fields(RoadGraph)} - {"epsg", "facts"}
        graph = RoadGraph(
            epsg=int(kept["epsg"]),
            facts=json.loads(kept["facts"].tobytes()),
            **{name: kept[name] for name in names},
        )
    _check(graph)
    return graph


def _check(graph: RoadGraph) -> None:
    """The compiled search looks at no bounds: numbers must lie within them."""
    links, pairs = (len(graph.tails),), graph.segments.shape
    shapes = (graph.heads.shape, graph.seconds.shape) == (links, links)
    shapes &= graph.entered.shape == pairs[:1]
    shapes &= all(part.shape == pairs for part in (graph.links, graph.before, graph.spent))
    ends = np.concatenate([graph.tails, graph.heads])
    inside = ends.min() >= 0 and ends.max() < len(graph.nodes_m)
    inside &= graph.segments.min() >= 0 and graph.segments.max() < len(graph.points_m)
    inside &= graph.links.min() >= -1 and graph.links.max() < len(graph.tails)
    times = (graph.seconds, graph.before, graph.spent)
    inside &= all(bool((np.isfinite(part) & (part >= 0)).all()) for part in times)
    if not (shapes and inside):
        raise ValueError("the kept graph is damaged")
