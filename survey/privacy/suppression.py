"""Hide small counts, and enough others that no sum gives a hidden one back.

Counts of neighbourhoods add up to districts and these to the city, all published. Zero counts are shown, so
an attacker knows that a hidden count is at least 1. Hidden counts of a district with a published total then
form one simplex: n counts of at least 1 with sum S. Each can be anything from 1 to S - n + 1, so the range of
every hidden count is S - n wide; it is zero for n = 1. A district whose own counts cannot reach the width
hides its total as well; hidden districts share one simplex through the city's total. The rule below is
therefore exact for this hierarchy; `exposed` checks it, and any further sums, by linear programming.

References
----------
Hundepool et al. (2012), Statistical Disclosure Control, Wiley, chapter 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog

__all__ = [
    "MIN_HOUSEHOLDS",
    "SMALLEST_COUNT",
    "SMALLEST_SENSITIVE",
    "Suppression",
    "exposed",
    "primary",
    "suppress",
]

Counts = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
MIN_HOUSEHOLDS = 20  # interviewed households a direct figure rests on
SMALLEST_COUNT = 5  # counts 1-4 are hidden; law 5429 asks for 3
SMALLEST_SENSITIVE = 10  # violence, and people under protection


@dataclass(frozen=True, slots=True)
class Suppression:
    """What is hidden: areas (n_areas,), totals of districts (n_labels,), the city's total."""

    areas: Mask
    districts: Mask
    labels: tuple[str, ...]
    city: bool


def primary(counts: Counts, *, smallest: int = SMALLEST_COUNT) -> Mask:
    """Counts from 1 to `smallest` - 1.

    Raises
    ------
    ValueError
        If a count is negative.
    """
    if (counts < 0).any():
        raise ValueError("counts must not be negative")
    hidden: Mask = (counts > 0) & (counts < smallest)
    return hidden


def suppress(
    counts: Counts,
    districts: Sequence[str],
    *,
    smallest: int = SMALLEST_COUNT,
    also: Mask | None = None,
) -> Suppression:
    """Choose what to hide so that every hidden count keeps a range at least `smallest` wide.

    Parameters
    ----------
    counts : (n_areas,) int
    districts : (n_areas,) str
    also : (n_areas,) bool, optional
        Areas hidden for another reason, such as a base of fewer than 20 households; zeros there stay shown.
    """
    hidden = primary(counts, smallest=smallest) | ((counts > 0) & (False if also is None else also))
    labels, member = np.unique(np.asarray(districts, dtype=str), return_inverse=True)
    closed = np.zeros(len(labels), dtype=bool)
    for district in range(len(labels)):
        inside = member == district
        small_total = 0 < counts[inside].sum() < smallest
        closed[district] = not _widen(counts, hidden, inside, smallest) or small_total
    city = _close_pool(counts, hidden, member, closed, smallest)
    return Suppression(hidden, closed, tuple(str(label) for label in labels), city)


def _width(counts: Counts, hidden: Mask) -> int:
    """Width of the range of each count hidden under one known sum."""
    return int(counts[hidden].sum() - hidden.sum())


def _safe(counts: Counts, hidden: Mask, smallest: int) -> bool:
    return not hidden.any() or (int(hidden.sum()) >= 2 and _width(counts, hidden) >= smallest)


def _widen(counts: Counts, hidden: Mask, inside: Mask, smallest: int) -> bool:
    """Hide further counts of a district, in place, until safe; False when there are none left."""
    while not _safe(counts, hidden & inside, smallest):
        free = np.flatnonzero(inside & ~hidden & (counts > 0))
        if len(free) == 0:
            return False
        missing = smallest - _width(counts, hidden & inside) + 1
        enough = free[counts[free] >= missing]
        hidden[enough[counts[enough].argmin()] if len(enough) else free[counts[free].argmax()]] = True
    return True


def _close_pool(
    counts: Counts, hidden: Mask, member: npt.NDArray[np.intp], closed: Mask, smallest: int
) -> bool:
    """Hide further districts' totals until the hidden ones protect each other; True: the city's total too."""
    while closed.any():
        pool = hidden & closed[member]
        if closed.sum() >= 2 and _safe(counts, pool, smallest) and _spread(counts, pool, member, closed):
            return False
        following = _next_district(counts, hidden, member, closed)
        if following is None:
            return True
        _hide_one(counts, hidden, member == following)
        closed[following] = True
    return False


def _spread(counts: Counts, pool: Mask, member: npt.NDArray[np.intp], closed: Mask) -> bool:
    """Whether at least two hidden districts hold hidden counts, so that neither total is the difference."""
    return len(np.unique(member[pool])) >= 2


def _next_district(counts: Counts, hidden: Mask, member: npt.NDArray[np.intp], closed: Mask) -> int | None:
    """District to hide next: one that already hides counts, else the one with the smallest total."""
    totals = np.bincount(member, weights=counts, minlength=len(closed))
    hides = np.bincount(member, weights=hidden, minlength=len(closed)) > 0
    free = np.flatnonzero(~closed & (totals > 0))
    if len(free) == 0:
        return None
    return int(min(free, key=lambda d: (not hides[d], totals[d], d)))


def _hide_one(counts: Counts, hidden: Mask, inside: Mask) -> None:
    """A hidden total whose parts are all shown would be their sum."""
    if not (hidden & inside).any():
        candidates = np.flatnonzero(inside & (counts > 0))
        hidden[candidates[counts[candidates].argmin()]] = True


def exposed(
    counts: Counts, hidden: Mask, sums: Sequence[Mask], *, smallest: int = SMALLEST_COUNT
) -> npt.NDArray[np.intp]:
    """Find hidden counts that published sums pin into a range narrower than `smallest`.

    Parameters
    ----------
    counts : (n_areas,) int
    hidden : (n_areas,) bool
    sums : sequence of (n_areas,) bool
        Membership of every published sum, of all releases and groupings.

    Returns
    -------
    (n_exposed,) int
        Places of exposed counts; empty when the publication is safe.
    """
    places = np.flatnonzero(hidden)
    if len(places) == 0:
        return places
    rows = np.array([mask[places] for mask in sums], dtype=float).reshape(-1, len(places))
    known = rows @ counts[places].astype(np.float64)
    widths = [_range_width(rows, known, target) for target in range(len(places))]
    found: npt.NDArray[np.intp] = places[np.array(widths) < smallest - 1e-6]
    return found


def _range_width(rows: npt.NDArray[np.float64], known: npt.NDArray[np.float64], target: int) -> float:
    """Greatest less least value of one hidden count, given the sums and that it is at least 1."""
    goal = np.zeros(rows.shape[1])
    goal[target] = 1.0
    used = rows.any(axis=1)
    if not rows[:, target].any():
        return float("inf")
    ends = [_least(sign * goal, rows[used], known[used]) for sign in (1.0, -1.0)]
    return -ends[1] - ends[0]


def _least(
    goal: npt.NDArray[np.float64], rows: npt.NDArray[np.float64], known: npt.NDArray[np.float64]
) -> float:
    found = linprog(goal, A_eq=rows, b_eq=known, bounds=(1, None), method="highs")
    if found.status == 3:  # unbounded
        return float("-inf")
    if found.status != 0 or found.x is None:
        raise RuntimeError(f"attack not solved: {found.message}")
    return float(found.x @ goal)
