"""One map of a run, before it is stored: values by area with their intervals, and what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
SHARE_UNIT, PER_1000_UNIT, RATIO_UNIT = "share", "per 1000", "ratio"
STAFF_ONLY = "staff"  # of a definition: not copied into `agg`
DRAWS = 200  # of each map, for ranks, classes and chances


@dataclass(frozen=True, slots=True)
class Chance:
    """How a run draws at random: draw r of a map depends on (seed, r) only."""

    seed: int
    draws: int = DRAWS


@dataclass(frozen=True, slots=True, kw_only=True)
class MapResult:
    """Values of one map; arrays are aligned to `codes`.

    Attributes
    ----------
    key : unique within a run, such as `topic:yoksulluk|sex=female`
    kind : topic, indicator, need, index, reach
    codes : area codes, or districts with a leading @ for maps that go no finer
    value, lower, upper : modelled value and its 95 % interval, in `unit`
    cv : posterior sd over mean
    direct : the area's own figure, NaN where it has none; never published
    base : households, or cases, behind the value
    draws : (n, draws) of the value, joint over areas; never stored
    clusters : (n,) 1 the most likely cluster of cases, 0 outside all; None where none were looked for
    rose : (n,) probability that the risk rose since the map published before; None without a comparison
    people : what an area weighs in the city's mean
    definition : titles, numerator, denominator, source, method
    """

    key: str
    kind: str
    codes: tuple[str, ...]
    value: Floats
    lower: Floats
    upper: Floats
    cv: Floats
    direct: Floats
    base: Ints
    draws: Floats
    people: Floats
    unit: str
    year: int
    topic: str = ""
    indicator: str = ""
    group: str = ""
    sex: str = ""
    higher_is_worse: bool = True
    smallest_base: int = 0
    clusters: Ints | None = None
    rose: Floats | None = None
    definition: Mapping[str, object] = field(default_factory=dict)


def map_key(kind: str, name: str = "", *, group: str = "", sex: str = "", channel: str = "") -> str:
    """Key of a map from its parts.

    >>> map_key("topic", "yoksulluk", sex="female")
    'topic:yoksulluk|sex=female'
    """
    parts = [
        f"{label}={value}" for label, value in (("group", group), ("sex", sex), ("channel", channel)) if value
    ]
    return "|".join([f"{kind}:{name}" if name else kind, *parts])


def registered(year: int, layer: str = "registered") -> dict[str, str]:
    """A population layer and its year, in words."""
    if layer != "registered":
        return {"tr": f"{layer} {year}", "en": f"{layer} {year}"}
    return {"tr": f"kayıtlı nüfus {year}", "en": f"registered population {year}"}
