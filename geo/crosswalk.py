"""Merged, split and renamed areas: shares of population between two boundary versions."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

TOLERANCE = 1e-6


class CrosswalkProblem(StrEnum):
    """What can be wrong with a crosswalk."""

    SHARE_OUT_OF_RANGE = "crosswalk.share_out_of_range"
    SHARES_NOT_ONE = "crosswalk.shares_not_one"
    PAIR_TWICE = "crosswalk.pair_twice"
    UNKNOWN_OLD = "crosswalk.unknown_old"
    UNKNOWN_NEW = "crosswalk.unknown_new"
    OLD_MISSING = "crosswalk.old_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Share of the old area's people who live in the new area."""

    old: str
    new: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CrosswalkFinding:
    """One finding, with the area and the value it is about."""

    problem: CrosswalkProblem
    area: str
    given: float = float("nan")


class InvalidCrosswalk(ValueError):
    """A crosswalk that would lose or invent people; `findings` says where."""

    def __init__(self, findings: tuple[CrosswalkFinding, ...]) -> None:
        first = findings[0]
        super().__init__(f"{len(findings)} findings; first: {first.problem} {first.area} {first.given:g}")
        self.findings = findings


@dataclass(frozen=True, slots=True)
class Crosswalk:
    """Links whose shares sum to one for every old area; made by `make_crosswalk` and `chain`."""

    links: tuple[Link, ...]

    def carry(self, counts: Mapping[str, float]) -> dict[str, float]:
        """Counts of old areas as counts of new areas; the total is kept.

        Raises
        ------
        LookupError
            If an area of `counts` is not in the crosswalk.
        """
        missing = sorted(set(counts) - {link.old for link in self.links})
        if missing:
            raise LookupError(f"{len(missing)} areas are not in the crosswalk (first: {missing[0]!r})")
        carried: dict[str, float] = {}
        for link in self.links:
            if link.old in counts:
                carried[link.new] = carried.get(link.new, 0.0) + link.share * counts[link.old]
        return carried


def check_crosswalk(
    links: Iterable[Link], *, old: Iterable[str] | None = None, new: Iterable[str] | None = None
) -> tuple[CrosswalkFinding, ...]:
    """Everything wrong with the links, in order of area.

    Parameters
    ----------
    links : shares of old areas in new ones
    old, new : codes of the two boundary versions; None to skip comparing with them
    """
    rows = tuple(links)
    total: dict[str, float] = {}
    pairs: set[tuple[str, str]] = set()
    findings = []
    for link in rows:
        if not 0 < link.share <= 1 + TOLERANCE:
            problem = CrosswalkProblem.SHARE_OUT_OF_RANGE
            findings.append(CrosswalkFinding(problem=problem, area=link.old, given=link.share))
        if (link.old, link.new) in pairs:
            findings.append(
                CrosswalkFinding(problem=CrosswalkProblem.PAIR_TWICE, area=link.old, given=link.share)
            )
        pairs.add((link.old, link.new))
        total[link.old] = total.get(link.old, 0.0) + link.share
    findings += [
        CrosswalkFinding(problem=CrosswalkProblem.SHARES_NOT_ONE, area=area, given=share)
        for area, share in total.items()
        if not np.isclose(share, 1.0, rtol=0, atol=TOLERANCE)
    ]
    findings += _strangers(CrosswalkProblem.UNKNOWN_OLD, total, old)
    findings += _strangers(CrosswalkProblem.UNKNOWN_NEW, {link.new for link in rows}, new)
    if old is not None:
        findings += _strangers(CrosswalkProblem.OLD_MISSING, old, total)
    return tuple(sorted(findings, key=lambda finding: (finding.area, finding.problem)))


def _strangers(
    problem: CrosswalkProblem, areas: Iterable[str], known: Iterable[str] | None
) -> list[CrosswalkFinding]:
    if known is None:
        return []
    return [CrosswalkFinding(problem=problem, area=area) for area in sorted(set(areas) - set(known))]


def make_crosswalk(
    links: Iterable[Link], *, old: Iterable[str] | None = None, new: Iterable[str] | None = None
) -> Crosswalk:
    """A crosswalk that keeps every count.

    Raises
    ------
    InvalidCrosswalk
        If `check_crosswalk` finds anything.

    Examples
    --------
    >>> split = make_crosswalk([Link(old="A", new="A1", share=0.25), Link(old="A", new="A2", share=0.75)])
    >>> split.carry({"A": 80})
    {'A1': 20.0, 'A2': 60.0}
    """
    rows = tuple(links)
    findings = check_crosswalk(rows, old=old, new=new)
    if findings:
        raise InvalidCrosswalk(findings)
    return Crosswalk(rows)


def chain(first: Crosswalk, second: Crosswalk) -> Crosswalk:
    """Crosswalk from the oldest to the newest of three boundary versions.

    Raises
    ------
    InvalidCrosswalk
        If an area that `first` arrives at is not an old area of `second`.

    Notes
    -----
    Where an area is split twice, people of every origin are taken to be spread alike over its parts.
    """
    onward: dict[str, list[Link]] = {}
    for link in second.links:
        onward.setdefault(link.old, []).append(link)
    lost = _strangers(CrosswalkProblem.OLD_MISSING, {link.new for link in first.links}, onward)
    if lost:
        raise InvalidCrosswalk(tuple(lost))
    share: dict[tuple[str, str], float] = {}
    for link in first.links:
        for step in onward[link.new]:
            key = (link.old, step.new)
            share[key] = share.get(key, 0.0) + link.share * step.share
    return make_crosswalk(Link(old=a, new=b, share=min(value, 1.0)) for (a, b), value in share.items())
