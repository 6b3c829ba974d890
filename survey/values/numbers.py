"""Whole and decimal numbers. Text is matched first: `float` takes 'nan', '1_000', digits of any script."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Literal

from survey.problems import Code
from survey.tablefile.sheet import Cell

__all__ = ["DecimalFormat", "column_decimal_format", "decimal", "foreign_digits", "integer"]

DecimalFormat = Literal["comma", "point", "ambiguous"]
EXACT_BELOW = 2**53
INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
PLAIN = re.compile(r"[+-]?[0-9]+(?:[eE][+-]?[0-9]{1,3})?")
COMMA = re.compile(r"[+-]?(?:[0-9]{1,3}(?:\.[0-9]{3})+|[0-9]+)(?:,[0-9]+)?")
POINT = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
UNSURE = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")  # 1.234: thousands or thousandths


def foreign_digits(text: str) -> bool:
    """Whether a text has digits other than 0-9, which `int` and `float` take silently.

    >>> foreign_digits("١٢"), foreign_digits("１２"), foreign_digits("12")
    (True, True, False)
    """
    return any(sign.isnumeric() and not sign.isascii() for sign in text)


def integer(cell: Cell) -> int | Code | None:
    """Read a whole number; None for an empty cell."""
    if cell is None:
        return None
    if isinstance(cell, bool) or not isinstance(cell, (int, float, str)):
        return Code.VALUE_NOT_INTEGER
    if isinstance(cell, str):
        written = cell.strip()
        if foreign_digits(written):
            return Code.VALUE_FOREIGN_DIGITS
        return int(written) if INTEGER.fullmatch(written) else Code.VALUE_NOT_INTEGER
    if isinstance(cell, float) and not (cell.is_integer() and abs(cell) < EXACT_BELOW):
        return Code.VALUE_NOT_INTEGER
    return int(cell)


def decimal(cell: Cell, style: DecimalFormat = "ambiguous") -> float | Code | None:
    """Read a number by the settled format of its column; None for an empty cell.

    >>> decimal("1.234,56", "comma"), decimal("1.234", "ambiguous").value
    (1234.56, 'value.decimal_ambiguous')
    """
    if cell is None:
        return None
    if isinstance(cell, bool) or not isinstance(cell, (int, float, str)):
        return Code.VALUE_NOT_NUMBER
    if isinstance(cell, str):
        return _written(cell.strip(), style)
    return float(cell) if math.isfinite(cell) else Code.VALUE_NOT_NUMBER


def _written(text: str, style: DecimalFormat) -> float | Code:
    if foreign_digits(text):
        return Code.VALUE_FOREIGN_DIGITS
    if PLAIN.fullmatch(text):
        return _finite(text)
    comma, dot = COMMA.fullmatch(text) is not None, POINT.fullmatch(text) is not None
    if not comma and not dot:
        return Code.VALUE_NOT_NUMBER
    if style == "ambiguous":
        if comma and dot:
            return Code.VALUE_DECIMAL_AMBIGUOUS
        style = "comma" if comma else "point"
    if not (comma if style == "comma" else dot):
        return Code.VALUE_DECIMAL_MIXED
    plain = text.replace(".", "").replace(",", ".") if style == "comma" else text.replace(",", "")
    return _finite(plain)


def _finite(text: str) -> float | Code:
    number = float(text)
    return number if math.isfinite(number) else Code.VALUE_NOT_NUMBER


def column_decimal_format(values: Iterable[Cell]) -> DecimalFormat:
    """Tell a column's format from its texts; numbers of a workbook need none.

    'ambiguous' when the only evidence is of the kind 1.234, or when both formats occur.
    """
    seen: set[str] = set()
    unsure = False
    for cell in values:
        if not isinstance(cell, str) or not ("," in cell or "." in cell):
            continue
        text = cell.strip()
        if UNSURE.fullmatch(text):
            unsure = True
            continue
        comma, dot = COMMA.fullmatch(text) is not None, POINT.fullmatch(text) is not None
        if comma != dot:
            seen.add("comma" if comma else "point")
    if len(seen) == 2 or (unsure and not seen):
        return "ambiguous"
    return "comma" if seen == {"comma"} else "point"
