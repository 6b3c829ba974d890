"""One map for the screen: a character an area, how many of each, and what the map is."""

from collections.abc import Mapping

import numpy as np

from app.i18n import Language
from app.views import certainty
from app.views.certainty import SHADE_SYMBOLS
from app.views.profile import ProfileLine
from app.views.published import MapRun, RiskMap
from app.views.reader import Reader

SYMBOLS = "12345abcde0."
STEPS = ("exceedance", "rank_low", "rank_high", "cluster", "rose")


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
    return _count(reader, run, class_string(reader, run, key), SYMBOLS, district)


def _count(reader: Reader, run: MapRun, text: str, symbols: str, district: str) -> Mapping[str, int]:
    drawn = np.frombuffer(text.encode("ascii"), dtype=np.uint8)
    if district:
        drawn = drawn[reader.gazetteer(run).inside(district)]
    found = np.bincount(drawn, minlength=128)
    return {symbol: int(found[ord(symbol)]) for symbol in symbols}


def shades(reader: Reader, run: MapRun, key: str) -> tuple[str, ...]:
    """What a map says beside its classes: exceedance, rank, clusters, rose, as far as it does.

    Raises
    ------
    RefusedError
        If the run has no such map.
    """
    return certainty.shades_of(reader.map_of(run, key), reader.certainty(run, key))


def shade_string(reader: Reader, run: MapRun, key: str, shade: str) -> str:
    """One character an area in order of its place in the tiles; see `Certainty.symbols`.

    Raises
    ------
    RefusedError
        If the run has no such map.
    ValueError
        If `shade` is not one of `SHADES`.
    """
    return reader.certainty(run, key).symbols(shade)


def shade_counts(
    reader: Reader, run: MapRun, key: str, shade: str, *, district: str = ""
) -> Mapping[str, int]:
    """How many areas have each symbol of `shade_string`, in one district or all."""
    return _count(reader, run, shade_string(reader, run, key, shade), SHADE_SYMBOLS, district)


def certainty_text(line: ProfileLine, about: RiskMap, language: Language) -> tuple[str, ...]:
    """What is sure of a neighbourhood on a map, a sentence each; none without an estimate."""
    steps = {name: getattr(line, name) for name in STEPS}
    return certainty.certainty_sentences(about, steps, language)


def describe(reader: Reader, run: MapRun) -> Mapping[str, RiskMap]:
    """Maps of a run by key, from memory."""
    return reader.maps_of(run)
