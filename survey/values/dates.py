"""Days. The order of day and month is a property of the column; a spreadsheet's serial is no date here."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from typing import Literal

from survey.problems import Code
from survey.tablefile.sheet import Cell
from survey.values.numbers import foreign_digits

__all__ = ["DateOrder", "column_date_order", "date"]

DateOrder = Literal["dmy", "mdy", "ambiguous"]
TIME = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
ISO = re.compile(rf"(\d{{4}})([-/.])(\d{{1,2}})\2(\d{{1,2}}){TIME}", re.ASCII)
PARTS = re.compile(rf"(\d{{1,2}})([-/.])(\d{{1,2}})\2(\d{{4}}|\d{{2}}){TIME}", re.ASCII)
SERIAL = re.compile(r"[0-9]{4,6}(?:[.,][0-9]+)?")


def date(cell: Cell, order: DateOrder = "ambiguous") -> datetime.date | Code | None:
    """Read a day; None for an empty cell. A cell typed as date in a workbook needs no order.

    >>> date("31.12.2026"), date("01/02/2026").value, date("01/02/2026", "dmy")
    (datetime.date(2026, 12, 31), 'value.date_ambiguous', datetime.date(2026, 2, 1))
    """
    if cell is None:
        return None
    if isinstance(cell, datetime.datetime):
        return cell.date()
    if isinstance(cell, datetime.date):
        return cell
    if isinstance(cell, (bool, int, float)):
        return Code.VALUE_DATE_FORMAT if isinstance(cell, bool) else Code.VALUE_DATE_SERIAL
    return _written(cell.strip(), order)


def _written(text: str, order: DateOrder) -> datetime.date | Code:
    if foreign_digits(text):
        return Code.VALUE_FOREIGN_DIGITS
    iso = ISO.fullmatch(text)
    if iso:
        return _day(iso[1], iso[3], iso[4])
    parts = PARTS.fullmatch(text)
    if not parts:
        return Code.VALUE_DATE_SERIAL if SERIAL.fullmatch(text) else Code.VALUE_DATE_FORMAT
    if len(parts[4]) == 2:
        return Code.VALUE_DATE_SHORT_YEAR
    settled = order if order != "ambiguous" else _own_order(parts)
    if settled == "ambiguous":
        return Code.VALUE_DATE_AMBIGUOUS
    day, month = (parts[1], parts[3]) if settled == "dmy" else (parts[3], parts[1])
    return _day(parts[4], month, day)


def _own_order(parts: re.Match[str]) -> DateOrder:
    """Order told by one date: a number above 12, equal numbers, or points, which only day-first uses."""
    first, second = int(parts[1]), int(parts[3])
    if parts[2] == "." or first > 12 or first == second:
        return "dmy"
    return "mdy" if second > 12 else "ambiguous"


def _day(year: str, month: str, day: str) -> datetime.date | Code:
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return Code.VALUE_DATE_IMPOSSIBLE


def column_date_order(values: Iterable[Cell]) -> DateOrder:
    """Tell the order of day and month over a column; 'ambiguous' must be asked.

    A column of ISO dates or of workbook dates gives 'dmy', which then does not matter.
    """
    seen: set[DateOrder] = set()
    for cell in values:
        parts = PARTS.fullmatch(cell.strip()) if isinstance(cell, str) else None
        if parts and parts[1] != parts[3]:
            seen.add(_own_order(parts))
    certain = seen - {"ambiguous"}
    if len(certain) == 2:
        return "ambiguous"
    if not certain:
        return "ambiguous" if seen else "dmy"
    return certain.pop()
