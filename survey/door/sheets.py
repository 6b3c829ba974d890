"""How far a worksheet reaches, told from its XML without building it.

A workbook of 5 KB with two cells at opposite corners makes a dense reader ask for 512 GiB, which ends the
process; so the reach is measured first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from survey.problems import Code, Refused, Where, problem

__all__ = ["MAX_SHEET_CELLS", "MAX_SHEET_COLUMNS", "MAX_SHEET_ROWS", "SheetReach"]

MAX_SHEET_ROWS = 300_000
MAX_SHEET_COLUMNS = 2_000
MAX_SHEET_CELLS = 10_000_000  # a dense reader takes about 32 bytes for each
REFERENCE = re.compile(rb"\br\s*=\s*[\"']([A-Z]{0,3})(\d{1,9})[\"']")


@dataclass(slots=True)
class SheetReach:
    """Largest row and column seen in each worksheet part; feed it chunks of XML."""

    rows: dict[str, int] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)

    def watch(self, name: str, data: bytes) -> None:
        """Look at a chunk; refuse as soon as a sheet reaches too far."""
        if "worksheets/" not in name or not name.endswith(".xml"):
            return
        found = REFERENCE.findall(data)
        if not found:
            return
        letters, numbers = (set(part) for part in zip(*found, strict=True))
        last = max(map(int, numbers))
        self.rows[name] = max(self.rows.get(name, 0), last)
        self.columns[name] = max(self.columns.get(name, 0), *(column_number(text) for text in letters))
        self._check(name)

    def _check(self, name: str) -> None:
        rows, columns = self.rows[name], self.columns[name]
        if rows > MAX_SHEET_ROWS or columns > MAX_SHEET_COLUMNS or rows * columns > MAX_SHEET_CELLS:
            where = Where(sheet=name.rsplit("/", 1)[-1].removesuffix(".xml"))
            raise Refused((problem(Code.TABLE_TOO_WIDE, where, detail=f"{rows} x {columns}"),))


def column_number(letters: bytes) -> int:
    """Spreadsheet letters to a number.

    >>> column_number(b"A"), column_number(b"XFD")
    (1, 16384)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
