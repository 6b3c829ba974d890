"""CSV by the strict reader: exact widths, the separator told or asked, no guess about a broken quote."""

from __future__ import annotations

import csv
import io
from itertools import islice
from pathlib import Path

from survey.door.sheets import MAX_SHEET_COLUMNS, MAX_SHEET_ROWS
from survey.door.text import mojibake
from survey.problems import Code, Problem, Question, Refused, Where, problem
from survey.tablefile.sheet import Row, Sheet, TableOptions, check_heading, drop_unnamed

__all__ = ["DELIMITERS", "read_csv"]

DELIMITERS = (";", ",", "\t", "|")
SAMPLE_LINES = 30


def read_csv(path: Path, options: TableOptions) -> Sheet:
    """Read a CSV file into one sheet named after the file.

    Raises
    ------
    Refused
        Unclosed quote (the row that opens it), NUL, duplicate headings, or a separator to be asked.
    """
    text = path.read_bytes().decode(options.encoding)
    first, text = _hint(text)
    delimiter = options.delimiter or first or _delimiter(text, options)
    records = _records(text, delimiter, start=2 if first else 1)
    start = options.header_row or (records[0][0] if records else 1)
    heading = next((cells for number, cells in records if number == start), None)
    if heading is None:
        raise Refused((problem(Code.TABLE_NO_HEADER, given=options.name),))
    header = [cell.strip() for cell in heading]
    check_heading(header, options.name)
    below = [record for record in records if record[0] > start]
    rows, rejected = _exact(below, len(header), options.name)
    names, kept, findings = drop_unnamed(header, rows, options.name)
    garbled = tuple(_garbled(heading, start, below))
    return Sheet(options.name, names, kept, start, tuple(rejected), (*findings, *garbled))


def _hint(text: str) -> tuple[str | None, str]:
    """Excel's own first line ``sep=;``."""
    line, _, rest = text.partition("\n")
    if line.strip().lower().startswith("sep=") and len(line.strip()) == 5:
        return line.strip()[4], rest
    return None, text


def _delimiter(text: str, options: TableOptions) -> str:
    """Choose the one separator that cuts the first lines into equal widths, or ask."""
    lines = list(islice(io.StringIO(text, newline=""), SAMPLE_LINES))
    widths = {mark: _widths(lines, mark) for mark in DELIMITERS}
    cutting = {mark: cuts for mark, cuts in widths.items() if cuts[0] > 1}
    if not cutting:
        return ","
    steady = [mark for mark, cuts in cutting.items() if len(set(cuts)) == 1]
    candidates = steady or list(cutting)
    best = max(candidates, key=lambda mark: cutting[mark][0])
    if len(candidates) > 1 and sum(_near(cutting[mark][0], cutting[best][0]) for mark in candidates) > 1:
        shown = tuple("tab" if mark == "\t" else mark for mark in candidates)
        asked = Question(Code.CSV_DELIMITER, options.name, shown, f"--delimiter '{shown[0]}'")
        raise Refused(questions=(asked,))
    return best


def _near(width: int, best: int) -> bool:
    return width * 2 > best


def _widths(lines: list[str], mark: str) -> list[int]:
    try:
        return [len(cells) for cells in csv.reader(lines, delimiter=mark) if cells] or [0]
    except csv.Error:
        return [lines[0].count(mark) + 1] if lines else [0]


def _records(text: str, delimiter: str, *, start: int) -> list[tuple[int, list[str]]]:
    """Non-empty records with their row numbers, as a spreadsheet would number them."""
    if "\x00" in text:
        raise Refused((problem(Code.CSV_NUL, Where(row=text[: text.index("\x00")].count("\n") + 1)),))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    records: list[tuple[int, list[str]]] = []
    number = start
    try:
        for number, cells in enumerate(reader, start=start):
            if any(cell.strip() for cell in cells):
                records.append((number, cells))
    except csv.Error as why:
        row = number + 1 if records else number
        raise Refused((problem(Code.CSV_QUOTE, Where(row=row)),)) from why
    if len(records) > MAX_SHEET_ROWS + 1:
        raise Refused((problem(Code.TABLE_TOO_MANY_ROWS, detail=f"{len(records)} > {MAX_SHEET_ROWS}"),))
    if records and len(records[0][1]) > MAX_SHEET_COLUMNS:
        raise Refused((problem(Code.TABLE_TOO_WIDE, detail=f"{len(records[0][1])} > {MAX_SHEET_COLUMNS}"),))
    return records


def _exact(records: list[tuple[int, list[str]]], width: int, sheet: str) -> tuple[list[Row], list[Problem]]:
    """Keep rows of the heading's width; empty cells beyond it are no cells."""
    rows, rejected = [], []
    for number, cells in records:
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        if len(cells) != width:
            where = Where(sheet, number)
            rejected.append(problem(Code.TABLE_WIDTH, where, given=len(cells), detail=str(width)))
            continue
        rows.append(Row(number, tuple(cell if cell.strip() else None for cell in cells)))
    return rows, rejected


def _garbled(heading: list[str], start: int, records: list[tuple[int, list[str]]]) -> list[Problem]:
    """Warn of the first row whose letters look encoded twice."""
    for number, cells in [(start, heading), *records]:
        line = "\n".join(cells)
        if not line.isascii() and (seen := mojibake(line)):
            return [problem(Code.TEXT_MOJIBAKE, Where(row=number), given=seen)]
    return []
