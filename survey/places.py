"""Which neighbourhood a row belongs to: by code, or by district and name in any spelling."""

from __future__ import annotations

from collections.abc import Mapping

from survey.names import Ambiguous, Found, NameIndex, nearest
from survey.problems import Code
from survey.tablefile import Cell

__all__ = ["Unplaced", "find_place"]

Unplaced = tuple[Code, str, str, str, str]  # code, column, given, detail, nearest


def find_place(
    values: Mapping[str, Cell], code_column: str, name_columns: tuple[str, str], names: NameIndex
) -> str | Unplaced:
    """Code of the neighbourhood, or why there is none. A code wins over a name."""
    district_column, name_column = name_columns
    code = _text(values.get(code_column))
    if code:
        if names.has_code(code):
            return code
        return (Code.AREA_CODE_UNKNOWN, code_column, code, "", nearest(code, names.codes))
    name, district = _text(values.get(name_column)), _text(values.get(district_column))
    if not name:
        return (Code.AREA_MISSING, name_column, "", "", "")
    found = names.find(name, district)
    if isinstance(found, Found):
        return found.code
    if isinstance(found, Ambiguous):
        where = ", ".join(choice[0] for choice in found.choices[:5])
        return (Code.AREA_AMBIGUOUS, name_column, name, where, "")
    if found.district:
        return (Code.AREA_DISTRICT_UNKNOWN, district_column, district, "", found.nearest)
    return (Code.AREA_UNKNOWN, name_column, name, district, found.nearest)


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell).strip()
