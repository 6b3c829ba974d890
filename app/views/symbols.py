"""One map for the screen: a character an area, how many of each, and what the map is."""

from collections.abc import Mapping

import numpy as np

from app.views.published import MapRun, RiskMap
from app.views.reader import Reader

SYMBOLS = "12345abcde0."


def class_string(reader: Reader, run: MapRun, key: str) -> str:
    """One character an area in order of its place in the tiles.

    `1`-`5` class, `a`-`e` the same class drawn as uncertain (modelled, or reliability D), `0` insufficient
    data, `.` not on this map. District maps give each area its district's.

    Raises
    ------
    RefusedError
        If the run has no such map.
    """
    return reader.layer(run, key).symbols()


def counts(reader: Reader, run: MapRun, key: str, *, district: str = "") -> Mapping[str, int]:
    """How many areas have each symbol of `class_string`, in one district or all."""
    drawn = np.frombuffer(class_string(reader, run, key).encode("ascii"), dtype=np.uint8)
    if district:
        drawn = drawn[reader.gazetteer(run).inside(district)]
    found = np.bincount(drawn, minlength=128)
    return {symbol: int(found[ord(symbol)]) for symbol in SYMBOLS}


def describe(reader: Reader, run: MapRun) -> Mapping[str, RiskMap]:
    """Maps of a run by key, from memory."""
    return reader.maps_of(run)
