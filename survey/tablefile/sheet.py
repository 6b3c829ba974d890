"""A sheet as read: heading, rows with their numbers, and what was refused on the way."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import NamedTuple

from survey.names import header_key
from survey.problems import Code, Problem, Refused, Where, problem

__all__ = ["Cell", "Row", "Sheet", "TableOptions", "check_heading", "drop_unnamed", "is_export"]

Cell = str | int | float | bool | datetime.datetime | datetime.date | None
EXPORT_MARKS = frozenset({"_uuid", "_submission__uuid", "_submission_time", "_index"})


class Row(NamedTuple):
    """One row: its number as the spreadsheet shows it, and its cells in heading order."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class TableOptions:
    """Answers to questions about a table file.

    `sheet` reads one sheet only; `header_row` counts from 1; `delimiter` is one character.
    """

    name: str = ""
    encoding: str = "utf-8-sig"
    delimiter: str | None = None
    sheet: str | None = None
    header_row: int | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table. ``len(rows) + len(rejected)`` is the number of rows read."""

    name: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    header_row: int
    rejected: tuple[Problem, ...] = ()
    findings: tuple[Problem, ...] = ()
    from_workbook: bool = False

    @property
    def read(self) -> int:
        """Number of rows that hold anything."""
        return len(self.rows) + len(self.rejected)

    def records(self) -> list[tuple[int, dict[str, Cell]]]:
        """Rows as (number, {heading: cell}); a repeated heading keeps its first column."""
        places: dict[str, int] = {}
        for place, heading in enumerate(self.header):
            places.setdefault(heading, place)
        return [(row.number, {h: row.cells[p] for h, p in places.items()}) for row in self.rows]


def is_export(header: tuple[str, ...] | list[str]) -> bool:
    """Whether the heading is a survey tool's export: labels may repeat, columns are told by order."""
    return len(EXPORT_MARKS & set(header)) >= 2


def check_heading(header: list[str], sheet: str) -> None:
    """Refuse two columns that are one name after the Turkish fold, naming both."""
    if is_export(header):
        return
    seen: dict[str, str] = {}
    for heading in header:
        if not heading:
            continue
        key = header_key(heading)
        if key in seen:
            where = Where(sheet=sheet, column=heading)
            raise Refused((problem(Code.TABLE_HEADER_DUPLICATE, where, given=seen[key], detail=heading),))
        seen[key] = heading


def drop_unnamed(
    header: list[str], rows: list[Row], sheet: str
) -> tuple[tuple[str, ...], tuple[Row, ...], tuple[Problem, ...]]:
    """Leave out columns without a heading; say so when they hold values."""
    keep = [place for place, heading in enumerate(header) if heading]
    unnamed = [place for place, heading in enumerate(header) if not heading]
    findings = tuple(
        problem(Code.TABLE_COLUMN_UNNAMED, Where(sheet=sheet, column=f"#{place + 1}"))
        for place in unnamed
        if any(row.cells[place] is not None for row in rows)
    )
    if not unnamed:
        return tuple(header), tuple(rows), findings
    slim = tuple(Row(row.number, tuple(row.cells[place] for place in keep)) for row in rows)
    return tuple(header[place] for place in keep), slim, findings
