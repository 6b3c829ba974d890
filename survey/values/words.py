"""Texts, and yes or no in the words people write."""

from __future__ import annotations

import datetime

from survey.names import fold
from survey.problems import Code
from survey.tablefile.sheet import Cell

__all__ = ["MAX_TEXT", "text", "yes_no"]

MAX_TEXT = 10_000
YES = frozenset({"evet", "e", "yes", "y", "var", "true", "doğru", "1"})
NO = frozenset({"hayır", "h", "no", "n", "yok", "false", "yanlış", "0"})


def text(cell: Cell) -> str | Code | None:
    """Read any cell as text; a whole number without a decimal mark, None for an empty cell."""
    if cell is None:
        return None
    if isinstance(cell, (datetime.datetime, datetime.date)):
        return cell.isoformat()
    written = str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
    if not written:
        return None
    return Code.VALUE_TOO_LONG if len(written) > MAX_TEXT else written


def yes_no(cell: Cell) -> bool | Code | None:
    """Read yes or no; None for an empty cell.

    >>> yes_no("HAYIR"), yes_no(1), yes_no("belki").value
    (False, True, 'value.boolean')
    """
    if cell is None or isinstance(cell, bool):
        return cell
    word = fold(str(int(cell) if isinstance(cell, float) and cell.is_integer() else cell))
    if word in YES:
        return True
    return False if word in NO else Code.VALUE_BOOLEAN
