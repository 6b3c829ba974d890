"""Tables out of CSV and workbooks: header found or asked for, cells untouched, true row numbers.

Runs inside a child process with limits, so it imports the standard library and calamine only.
"""

from __future__ import annotations

from pathlib import Path

from survey.door.kinds import Kind
from survey.problems import Code, Refused, problem
from survey.tablefile.csvfile import read_csv
from survey.tablefile.sheet import Cell, Row, Sheet, TableOptions
from survey.tablefile.workbook import read_workbook

__all__ = ["Cell", "Row", "Sheet", "TableOptions", "read_table"]


def read_table(path: Path, kind: Kind, options: TableOptions | None = None) -> list[Sheet]:
    """Read every visible sheet of a file that passed the door.

    Raises
    ------
    Refused
        With problems (unclosed quote, duplicate headings, password ...) or questions (separator, header row).
    """
    chosen = options or TableOptions()
    if kind is Kind.CSV:
        return [read_csv(path, chosen)]
    if kind in (Kind.XLSX, Kind.XLS):
        return read_workbook(path, chosen)
    raise Refused((problem(Code.FILE_KIND_UNKNOWN, given=chosen.name, detail=str(kind)),))
