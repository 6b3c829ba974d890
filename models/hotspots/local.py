"""Local Moran's I and local Geary's C."""

from dataclasses import dataclass, fields, replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from models.checks import Bools, Floats, Ints
from models.graph import Neighbours
from models.hotspots import moments
from models.hotspots.chance import (
    check_alternative,
    false_discovery,
    needed_permutations,
    normal_p,
    permutation_p,
)
from models.hotspots.draws import SIDES, Draws, Question, tally
from models.hotspots.observed import Observed, observe, without_islands
from models.hotspots.results import LocalStatistics
from models.hotspots.saddle import saddlepoint_z
from models.replicates import Executor

METHODS = ("permutation", "adaptive", "saddlepoint", "normal")
TEXT = "<U9"
EMPTY = {"f": np.nan, "i": 0, "b": True, "U": "island"}  # of an area that was taken off the map
Result = TypeVar("Result", bound=LocalStatistics)
STOP = 20  # exceedances at which an adaptive p has a relative error of about 1 / sqrt(20)


@dataclass(frozen=True, slots=True)
class Asked:
    """How p is to be found."""

    method: str
    permutations: int
    alternative: str
    level: float
    seed: int
    executor: Executor | None

    def check(self, allowed: tuple[str, ...] = METHODS) -> None:
        """Raise unless legal."""
        check_alternative(self.alternative)
        if self.method not in allowed:
            raise ValueError(f"method must be one of {', '.join(allowed)}; got {self.method!r}")
        if self.permutations < 1 and self.method == "permutation":
            raise ValueError(f"permutations must be >= 1; got {self.permutations}")
        if not 0 < self.level < 1:
            raise ValueError(f"fdr_level must lie between 0 and 1; got {self.level:g}")


@dataclass(frozen=True, slots=True)
class Found:
    """A local statistic with its moments, the question that its permutations answer, and who has none."""

    statistic: Floats
    expected: Floats
    variance: Floats
    question: Question
    alone: Bools


def local_moran(
    values: ArrayLike,
    neighbours: Neighbours,
    permutations: int = 999,
    seed: int = 0,
    *,
    style: str = "W",
    method: str = "permutation",
    alternative: str = "two-sided",
    moments: str = "conditional",
    islands: str = "keep",
    fdr_level: float = 0.05,
    executor: Executor | None = None,
) -> LocalStatistics:
    """Local Moran's I_i = (z_i / m2) sum_j w_ij z_j with m2 = sum z^2 / n (spdep's; esda divides by n - 1).

    Parameters
    ----------
    values : (n_areas,) raw, never smoothed
    neighbours : (n_areas, n_areas) sparse weights, 0 where not neighbours
    permutations : of method "permutation": the area keeps its value, all others are shuffled
    seed : of the permutations
    style : "W" rows sum to one, "B" zero or one, "raw" as given
    method : "permutation"; "adaptive" draws as many as one area needs to pass the false-discovery bound,
        and for unequal weights stops at 20 exceedances; "saddlepoint" and "normal" (z of `moments`) are for
        normal values: of null maps of rates they flag something on 9-30 %, permutations on 5 %
    alternative : "two-sided" (default) doubles the smaller tail, "folded" does not (p_sim of GeoDa, esda)
    moments : "conditional" on the area's own value, or "randomisation" of all values
    islands : "keep" leaves their values in the mean, in m2 and among the shuffled (spdep); "exclude" takes
        them off the map, so that an island changes nobody else. Either way they get NaN and "island"
    fdr_level : false-discovery rate aimed at, see `LocalStatistics.fdr_reachable`
    executor : spreads the permutations; the answer does not depend on it

    Where neighbours all weigh alike, areas with equally many of them share their draws: each p is that of
    its own conditional permutations (without replacement), but errors of different areas go together.

    Raises
    ------
    ValueError
        As `moran`, or for an unknown choice.

    References
    ----------
    Anselin (1995), Geographical Analysis 27, 93-115; Sokal, Oden & Thomson (1998), ibid. 30, 331-354;
    Tiefelsdorf (2002), ibid. 34, 187-206; Besag & Clifford (1991), Biometrika 78, 301-304.
    """
    asked = Asked(method, permutations, alternative, fdr_level, seed, executor)
    asked.check()
    if moments not in ("conditional", "randomisation"):
        raise ValueError(f"moments must be conditional or randomisation; got {moments!r}")
    given, seen = seen_areas(values, neighbours, style=style, islands=islands)
    result = answer(seen, moran_of(seen, moments), asked)
    return put_back(result, given) if islands == "exclude" else result


def local_geary(
    values: ArrayLike,
    neighbours: Neighbours,
    permutations: int = 999,
    seed: int = 0,
    *,
    style: str = "W",
    method: str = "permutation",
    alternative: str = "two-sided",
    islands: str = "keep",
    fdr_level: float = 0.05,
    executor: Executor | None = None,
) -> LocalStatistics:
    """Local Geary's C_i = sum_j w_ij (x_i - x_j)^2 / s2 with s2 = sum z^2 / (n - 1): small where alike.

    Parameters are those of `local_moran` (no saddlepoint; "adaptive" always stops early);
    "less" is that an area is like its neighbours.
    Moments are conditional on the area's own value.

    Raises
    ------
    ValueError
        As `local_moran`.

    References
    ----------
    Anselin (2019), Geographical Analysis 51, 133-150.
    """
    asked = Asked(method, permutations, alternative, fdr_level, seed, executor)
    asked.check(("permutation", "adaptive", "normal"))
    given, seen = seen_areas(values, neighbours, style=style, islands=islands)
    result = answer(seen, _geary_of(seen), asked)
    return put_back(result, given) if islands == "exclude" else result


def seen_areas(
    values: ArrayLike, neighbours: Neighbours, *, style: str, islands: str
) -> tuple[Observed, Observed]:
    """What was given, and what is tested."""
    if islands not in ("keep", "exclude"):
        raise ValueError(f"islands must be keep or exclude; got {islands!r}")
    given = observe(values, neighbours, style=style)
    return given, without_islands(given) if islands == "exclude" else given


def moran_of(seen: Observed, choice: str) -> Found:
    """Local Moran's I and its moments."""
    z, weights = seen.deviation, seen.weights
    scale = z / (z**2).mean()
    statistic = scale * (weights @ z)
    if choice == "randomisation":
        expected, variance = moments.shuffled_moran(z, weights)
    else:
        mean, spread = moments.sample_moments(weights, *moments.others(z))
        expected, variance = scale * mean, scale**2 * spread
    return Found(statistic, expected, variance, Question(z, z, 0.0, weights), seen.islands)


def _geary_of(seen: Observed) -> Found:
    z, weights = seen.deviation, seen.weights
    scale = (z**2).sum() / (len(z) - 1)
    first, _ = moments.row_sums(weights)
    total = first * z**2 - 2 * z * (weights @ z) + weights @ z**2
    mean, spread = moments.sample_moments(weights, *moments.gaps(z))
    question = Question(z, -2 * z, 1.0, weights)
    return Found(total / scale, mean / scale, spread / scale**2, question, seen.islands)


def answer(
    seen: Observed, found: Found, asked: Asked, quadrant: NDArray[np.str_] | None = None
) -> LocalStatistics:
    """Find p by the method asked for, and all that goes with it; areas without any weight get NaN."""
    alone, z = found.alone, _deviate(found)
    drawn, most, needed = np.zeros(len(z), np.int64), 0, 0
    if asked.method in ("permutation", "adaptive"):
        needed = needed_permutations(int((~alone).sum()), asked.level, asked.alternative)
        most = asked.permutations if asked.method == "permutation" else max(needed, asked.permutations)
        p, drawn = _by_permutation(found.question, asked, most)
    else:
        z = saddlepoint_z(seen.deviation, seen.weights) if asked.method == "saddlepoint" else z
        p = normal_p(z, asked.alternative)
    p = _unless(alone, p)
    return LocalStatistics(
        statistic=_unless(alone, found.statistic),
        expected=_unless(alone, found.expected),
        variance=_unless(alone, found.variance),
        z=_unless(alone, z),
        p_value=p,
        p_fdr=false_discovery(p),
        quadrant=_quadrants(seen) if quadrant is None else quadrant,
        islands=seen.islands.copy(),
        drawn=drawn,
        permutations=most,
        fdr_permutations=needed,
        fdr_level=asked.level,
        method=asked.method,
        alternative=asked.alternative,
    )


def _deviate(found: Found) -> Floats:
    """(statistic - expected) / sd; 0 where neither can differ, as with all others as neighbours."""
    gap, sd = found.statistic - found.expected, np.sqrt(np.maximum(found.variance, 0.0))
    return np.divide(gap, sd, out=np.zeros_like(gap), where=sd > 0)


def _by_permutation(question: Question, asked: Asked, most: int) -> tuple[Floats, Ints]:
    stop = STOP if asked.method == "adaptive" else 0
    draws = Draws(most, asked.seed, stop, SIDES.get(asked.alternative, 0), asked.executor)
    counts = tally(question, draws)
    return _unless(counts.drawn == 0, permutation_p(counts, asked.alternative)), counts.drawn


def _unless(alone: Bools, values: Floats) -> Floats:
    return np.where(alone, np.nan, values)


def _quadrants(seen: Observed) -> NDArray[np.str_]:
    """The area's side of the mean, then its neighbours'."""
    own, around = seen.deviation, seen.weights @ seen.deviation
    noise = 1e-12 * np.abs(own).max() * np.maximum(moments.row_sums(seen.weights)[0], 1e-300)
    sides = [np.select([side > noise, side < -noise], ["high", "low"], "") for side in (own, around)]
    both = np.char.add(np.char.add(sides[0], "-"), sides[1])
    both = np.where((sides[0] == "") | (sides[1] == ""), "flat", both)
    named: NDArray[np.str_] = np.where(seen.islands, "island", both)
    return named


def put_back(result: Result, given: Observed) -> Result:
    """A result without islands, on the rows of the map with them."""
    keep = ~given.islands
    changed: dict[str, Any] = {}
    for item in fields(result):
        values = getattr(result, item.name)
        if isinstance(values, np.ndarray):
            whole = np.full(
                len(keep), EMPTY[values.dtype.kind], dtype=TEXT if values.dtype.kind == "U" else values.dtype
            )
            whole[keep] = values
            changed[item.name] = whole
    return replace(result, **changed)
