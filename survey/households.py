"""Several answers of one household in one campaign: one counts, the others stay as earlier versions."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from survey.problems import Code, Problem, Where, problem
from survey.submission import Outcome, Submission

__all__ = ["Conflict", "household_conflicts"]

EARLIEST = datetime.datetime.min.replace(tzinfo=datetime.UTC)


@dataclass(frozen=True, slots=True)
class Conflict:
    """One household with several submissions; `winner` is the live one."""

    winner: Submission
    superseded: tuple[Submission, ...]
    finding: Problem


def household_conflicts(submissions: Iterable[Submission]) -> tuple[Conflict, ...]:
    """Find households (by area and household number) that occur more than once.

    The completed submission sent last wins; at equal times the later row. Rows without a household number
    are never merged.
    """
    groups: dict[tuple[str, str], list[Submission]] = defaultdict(list)
    for found in submissions:
        if found.household is not None:
            groups[(found.area_code, found.household)].append(found)
    return tuple(_conflict(group) for group in groups.values() if len(group) > 1)


def _conflict(group: list[Submission]) -> Conflict:
    *earlier, winner = sorted(group, key=_standing)
    rows = ", ".join(str(item.row) for item in sorted(group, key=lambda item: item.row))
    where = Where(winner.sheet, winner.row)
    return Conflict(winner, tuple(earlier), problem(Code.SURVEY_HOUSEHOLD_CONFLICT, where, detail=rows))


def _standing(item: Submission) -> tuple[bool, datetime.datetime, int]:
    return item.outcome is Outcome.DONE, item.submitted_at or EARLIEST, item.row
