"""What moved between two published runs: classes then and now, where both are shown."""

from dataclasses import dataclass

import numpy as np

from app.views.published import MapRun, previous_run
from app.views.reader import Reader

WORSE, SAME, BETTER, NEITHER = "+", "=", "-", "."


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A map beside the same map of the run published before.

    Attributes
    ----------
    why_not : empty, or why there is nothing to compare: `first`, `boundaries` or `no_map`
    symbols : one character an area: `+` a worse class, `=` the same, `-` a better one, `.` not shown in both
    """

    before: MapRun | None
    why_not: str
    symbols: str = ""
    worse: int = 0
    same: int = 0
    better: int = 0
    neither: int = 0


def compare(reader: Reader, run: MapRun, key: str, *, district: str = "") -> Comparison:
    """Compare a map with the run published before it.

    Classes are places in each run's own order of areas: a move says that others moved past, not by how much.
    The counts are of one district, if it is given; the symbols are of all areas.
    """
    before = previous_run(reader, run)
    why = _why_not(reader, run, before, key)
    if before is None or why:
        return Comparison(before=before, why_not=why)
    now, then = reader.layer(run, key).level.astype(int), reader.layer(before, key).level.astype(int)
    both, moved = (now > 0) & (then > 0), np.sign(now - then)
    drawn = np.where(both, np.array([ord(mark) for mark in (BETTER, SAME, WORSE)])[moved + 1], ord(NEITHER))
    symbols = drawn.astype(np.uint8).tobytes().decode("ascii")
    seen = drawn[reader.gazetteer(run).inside(district)] if district else drawn
    worse, same, better, neither = (int((seen == ord(m)).sum()) for m in (WORSE, SAME, BETTER, NEITHER))
    return Comparison(
        before=before, why_not="", symbols=symbols, worse=worse, same=same, better=better, neither=neither
    )


def comparable_run(reader: Reader, run: MapRun) -> MapRun | None:
    """The run published before, if it has the same boundaries."""
    before = previous_run(reader, run)
    return before if before and before.boundary_id == run.boundary_id else None


def _why_not(reader: Reader, run: MapRun, before: MapRun | None, key: str) -> str:
    if before is None:
        return "first"
    if before.boundary_id != run.boundary_id:
        return "boundaries"
    return "" if key in reader.maps_of(before) and key in reader.maps_of(run) else "no_map"
