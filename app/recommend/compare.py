"""Two plans side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

Result = Mapping[str, object]
Site = Mapping[str, object]
FIGURES = ("persons", "mean_before", "mean_after", "p95_before", "p95_after", "nearer")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """Minutes of one group under each plan; None where a plan does not know it."""

    group: str
    one: Mapping[str, float | None]
    other: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What two plans share and where they differ.

    Attributes
    ----------
    both, only_one, only_other : new sites as {key, name, district}
    better : "one", "other" or "" where the mean minutes are equal or cannot be compared
    alike : whether both serve the same people of the same run, so that minutes may be compared
    """

    both: Sequence[Site]
    only_one: Sequence[Site]
    only_other: Sequence[Site]
    groups: Sequence[GroupRow]
    better: str
    alike: bool


def compare(one: Result, other: Result) -> Comparison:
    """Compare two plan documents, as stored or as shown."""
    first, second = _sites(one), _sites(other)
    alike = all(one.get(name) == other.get(name) for name in ("run", "region", "weights"))
    return Comparison(
        both=[site for key, site in first.items() if key in second],
        only_one=[site for key, site in first.items() if key not in second],
        only_other=[site for key, site in second.items() if key not in first],
        groups=_groups(one, other),
        better=_better(one, other) if alike else "",
        alike=alike,
    )


def _sites(plan: Result) -> dict[str, Site]:
    new = cast(Sequence[Site], plan.get("new") or ())
    return {str(s["key"]): {name: s.get(name) for name in ("key", "name", "district")} for s in new}


def _groups(one: Result, other: Result) -> list[GroupRow]:
    mine, theirs = (
        cast(Mapping[str, Mapping[str, float | None]], p.get("groups") or {}) for p in (one, other)
    )
    return [
        GroupRow(group=name, one=_figures(mine.get(name, {})), other=_figures(theirs.get(name, {})))
        for name in [*mine, *(name for name in theirs if name not in mine)]
    ]


def _figures(given: Mapping[str, float | None]) -> dict[str, float | None]:
    return {name: given.get(name) for name in FIGURES}


def _better(one: Result, other: Result) -> str:
    first, second = (_mean(plan) for plan in (one, other))
    if first is None or second is None or abs(first - second) < 1e-6:
        return ""
    return "one" if first < second else "other"


def _mean(plan: Result) -> float | None:
    return cast(Mapping[str, float | None], plan.get("after") or {}).get("mean_minutes")
