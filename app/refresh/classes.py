"""Five classes and a grade of reliability for each area: all that leaves the run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isnan

import numpy as np
import numpy.typing as npt

from app.refresh.results import Floats, Ints, MapResult
from app.refresh.uncertainty import Uncertainty, judge
from app.store.runs import EstimateRow, NewMap
from geo.legend import CLASSES, make_legend
from survey.privacy import Reliability, reliability

DIGITS = 9  # significant digits kept, so that tables are the same on any machine
CLASS, MODELLED, INSUFFICIENT = "class", "modelled", "insufficient"


@dataclass(frozen=True)
class Classified:
    """A map with its classes (1 best to 5 worst, 0 none), grades and what is shown."""

    result: MapResult
    risk_class: npt.NDArray[np.int64]
    grade: npt.NDArray[np.str_]
    shown: npt.NDArray[np.str_]
    sure: Uncertainty
    inner_breaks: tuple[float, ...]

    def rows(self) -> Iterator[EstimateRow]:
        """One row an area, rounded."""
        r, sure = self.result, self.sure
        columns: dict[str, Sequence[object]] = {
            "area_code": r.codes,
            **{name: _rounded(getattr(r, name)) for name in ("value", "lower", "upper", "cv", "direct")},
            "base": r.base.tolist(),
            "risk_class": _numbers(self.risk_class),
            "reliability": self.grade.tolist(),
            "shown": self.shown.tolist(),
            "exceedance": _rounded(sure.exceedance),
            "rank_lower": _numbers(sure.rank_lower),
            "rank_upper": _numbers(sure.rank_upper),
            "membership": _rounded(sure.membership),
            "cluster": _numbers(r.clusters) if r.clusters is not None else [None] * len(r.codes),
            "rose": _rounded(r.rose) if r.rose is not None else [None] * len(r.codes),
        }
        in_order = (columns[name] for name in EstimateRow._fields)
        return map(EstimateRow._make, zip(*in_order, strict=True))

    def with_change(self, rose: Floats | None, words: Mapping[str, object]) -> "Classified":
        """The same map with what changed since the one published before, or why that is not told."""
        told = {**self.result.definition, "change": dict(words)}
        return replace(self, result=replace(self.result, rose=rose, definition=told))

    def stored(self) -> NewMap:
        """The map as the store keeps it."""
        r = self.result
        return NewMap(
            key=r.key,
            kind=r.kind,
            topic=r.topic,
            indicator=r.indicator,
            grp=r.group,
            sex=r.sex,
            unit=r.unit,
            year=r.year,
            definition=self.definition(),
            rows=tuple(self.rows()),
        )

    def definition(self) -> dict[str, object]:
        """What a reader needs to know of the map as a whole; no area's number."""
        counts = np.bincount(self.risk_class, minlength=6)[1:6]
        grades = {str(g): int((self.grade == g.value).sum()) for g in Reliability}
        return {
            **self.result.definition,
            "unit": self.result.unit,
            "higher_is_worse": self.result.higher_is_worse,
            "inner_breaks": [_round(b) for b in self.inner_breaks],
            "counts_by_class": [int(count) for count in counts],
            "reliability_counts": grades,
        }


def classify(result: MapResult, *, smallest_base: int) -> Classified:
    """Cut a map into five classes, worst highest, and show the areas whose class is sure enough.

    Areas of grade D show no class; classes resting on fewer households than the base are marked as modelled.
    Counts of cases that are small but not zero are marked too: the class is the model's, not the count's.
    """
    legend = make_legend(result.value)
    place, levels = legend.class_of(result.value), spread(legend.classes)
    sure = judge(result, place, levels)
    grade = reliability(sure.membership, sure.within_one)
    good = (grade != Reliability.D.value) & (place >= 0)
    level = np.where(good, levels[np.maximum(place, 0)], 0)
    if not result.higher_is_worse:
        level = np.where(level > 0, CLASSES + 1 - level, 0)
    least = result.smallest_base or smallest_base
    thin = (result.base > 0) & (result.base < least) if result.smallest_base else result.base < least
    shown = np.where(~good, INSUFFICIENT, np.where(thin, MODELLED, CLASS))
    bare = replace(result, draws=np.empty((len(place), 0)))  # a run has many maps, and draws are large
    return Classified(bare, level.astype(np.int64), grade, shown, sure, tuple(legend.edges[1:-1]))


def spread(classes: int) -> npt.NDArray[np.int64]:
    """Levels 1 to 5 of so many classes, so that the worst of two is 5 and a single one is 3.

    >>> spread(2).tolist(), spread(1).tolist()
    ([1, 5], [3])
    """
    if classes <= 1:
        return np.array([(CLASSES + 1) // 2])
    return np.linspace(1, CLASSES, classes).round().astype(np.int64)


def _round(value: float | np.float64) -> float | None:
    return None if np.isnan(value) else float(f"{value:.{DIGITS}g}")


def _rounded(values: Floats) -> list[float | None]:
    return [None if isnan(value) else float(f"{value:.{DIGITS}g}") for value in values.tolist()]


def _numbers(values: Ints) -> list[int | None]:
    """0 stands for none."""
    return [value or None for value in values.tolist()]
