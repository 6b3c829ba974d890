"""What every source is read into: raw submissions and the count of each sheet."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from survey.problems import Problem
from survey.tablefile import Cell

__all__ = ["Fields", "Layout", "RawSubmission", "SheetCount", "SourceTable", "TableMapping", "moment"]

Fields = Mapping[str, Cell]


class Layout(StrEnum):
    """Layouts that are told apart by their headings."""

    KOBO = "kobo"
    SURVEYCTO = "surveycto"
    CENTRAL = "central"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class RawSubmission:
    """One row of the root sheet with its repeat rows, nothing parsed yet.

    `source_key` is the tool's own id or None; repeat rows carry '_row', '_sheet' beside their fields.
    """

    source_key: str | None
    fields: Fields
    repeats: Mapping[str, Sequence[Fields]]
    row: int
    submitted_at: datetime.datetime | None = None
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class SheetCount:
    """Conservation of a sheet: ``read == used + rejected``."""

    sheet: str
    read: int
    used: int
    rejected: int


@dataclass(frozen=True, slots=True)
class SourceTable:
    """What a file holds: submissions, what was wrong, and the count of each sheet."""

    layout: Layout
    submissions: tuple[RawSubmission, ...]
    problems: tuple[Problem, ...]
    counts: tuple[SheetCount, ...]


@dataclass(frozen=True, slots=True)
class TableMapping:
    """Which heading holds which question or target; saved as TOML by the caller through `to_dict`."""

    columns: Mapping[str, str]
    key: str | None = None
    submitted_at: str | None = None
    repeats: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # sheet -> (repeat, key heading)

    def to_dict(self) -> dict[str, object]:
        """Plain values only, as TOML can hold."""
        plain: dict[str, object] = {"columns": dict(self.columns)}
        plain |= {n: v for n, v in (("key", self.key), ("submitted_at", self.submitted_at)) if v}
        return plain | ({"repeats": {s: list(k) for s, k in self.repeats.items()}} if self.repeats else {})

    @classmethod
    def from_dict(cls, raw: Mapping[str, object]) -> TableMapping:
        """Read what `to_dict` wrote.

        Raises
        ------
        ValueError
            If ``columns`` is not a table of texts.
        """
        columns, repeats = raw.get("columns"), raw.get("repeats", {})
        if not isinstance(columns, dict) or not isinstance(repeats, dict):
            raise ValueError("a mapping needs a [columns] table of target = heading")
        key, sent = raw.get("key"), raw.get("submitted_at")
        return cls(
            {str(target): str(heading) for target, heading in columns.items()},
            str(key) if key else None,
            str(sent) if sent else None,
            {str(sheet): (str(pair[0]), str(pair[1])) for sheet, pair in repeats.items()},
        )


def moment(cell: Cell) -> datetime.datetime | None:
    """A time of submission in UTC; exports write it without an offset."""
    if isinstance(cell, str):
        try:
            cell = datetime.datetime.fromisoformat(cell)
        except ValueError:
            return None
    if not isinstance(cell, datetime.datetime):
        return None
    return cell.replace(tzinfo=datetime.UTC) if cell.tzinfo is None else cell.astimezone(datetime.UTC)
