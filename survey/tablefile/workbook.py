"""Workbooks through calamine: stored values only, dates by the workbook's own epoch, whole numbers whole."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from survey.names import nearest
from survey.problems import Code, Problem, Question, Refused, Where, problem
from survey.tablefile.sheet import Cell, Row, Sheet, TableOptions, check_heading, drop_unnamed

__all__ = ["read_workbook"]

EXACT_BELOW = 2**53  # every whole number below it is exact in a float
SEARCH_ROWS = 40
FULL_ENOUGH = 0.6  # share of the table's width a heading must fill
Span = tuple[tuple[int, int], tuple[int, int]]


def read_workbook(path: Path, options: TableOptions) -> list[Sheet]:
    """Read the visible worksheets that hold anything.

    Raises
    ------
    Refused
        Password, damage, an unknown sheet, duplicate headings, or a header row to be asked for.
    """
    try:
        # by content: a path's ending is what somebody called it
        with path.open("rb") as handle, CalamineWorkbook.from_filelike(handle) as book:
            return _sheets(book, options)
    except PasswordError as why:
        raise Refused((problem(Code.FILE_PASSWORD, given=options.name),)) from why
    except (CalamineError, OSError) as why:
        raise Refused((problem(Code.FILE_DAMAGED, given=options.name, detail=type(why).__name__),)) from why


def _sheets(book: CalamineWorkbook, options: TableOptions) -> list[Sheet]:
    pages = [page for page in book.sheets_metadata if page.typ is SheetTypeEnum.WorkSheet]
    names = [page.name for page in pages if page.visible is SheetVisibleEnum.Visible]
    hidden = [page.name for page in pages if page.name not in names]
    if options.sheet is not None:
        if options.sheet not in names + hidden:
            close = nearest(options.sheet, names)
            raise Refused((problem(Code.TABLE_SHEET_UNKNOWN, given=options.sheet, nearest=close),))
        names, hidden = [options.sheet], []
    said = tuple(problem(Code.TABLE_SHEET_HIDDEN, Where(sheet=name)) for name in hidden)
    read = [_sheet(book.get_sheet_by_name(name), options) for name in names]
    found = [sheet for sheet in read if sheet is not None]
    if not found:
        raise Refused((problem(Code.TABLE_EMPTY, given=options.name),))
    return [_with_findings(found[0], said), *found[1:]]


def _with_findings(sheet: Sheet, said: tuple[Problem, ...]) -> Sheet:
    return Sheet(
        sheet.name,
        sheet.header,
        sheet.rows,
        sheet.header_row,
        sheet.rejected,
        (*sheet.findings, *said),
        from_workbook=True,
    )


def _sheet(page: CalamineSheet, options: TableOptions) -> Sheet | None:
    grid = [[_cell(value) for value in line] for line in page.to_python(skip_empty_area=False)]
    if not any(cell is not None for line in grid for cell in line):
        return None
    spans: list[Span] = list(page.merged_cell_ranges or [])
    place = _header_place(grid, spans, page.name, options)
    header = [_heading(grid, spans, place, column) for column in range(len(grid[place]))]
    check_heading(header, page.name)
    rows = [
        Row(number, tuple(line))
        for number, line in enumerate(grid[place + 1 :], start=place + 2)
        if any(cell is not None for cell in line)
    ]
    names, kept, findings = drop_unnamed(header, rows, page.name)
    if place and options.header_row is None:
        where = Where(page.name, place + 1)
        findings = (*findings, problem(Code.TABLE_HEADER_FOUND, where))
    return Sheet(page.name, names, kept, place + 1, (), findings, from_workbook=True)


def _cell(value: object) -> Cell:
    if isinstance(value, float) and value.is_integer() and abs(value) < EXACT_BELOW:
        return int(value)
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, (int, float, bool, datetime.date)):
        return value
    return None if value is None else str(value)


def _header_place(grid: list[list[Cell]], spans: list[Span], sheet: str, options: TableOptions) -> int:
    """Index of the header row; asked for when headings are merged or no row looks like one."""
    if options.header_row is not None:
        if not 1 <= options.header_row <= len(grid):
            raise Refused((problem(Code.TABLE_NO_HEADER, Where(sheet=sheet)),))
        return options.header_row - 1
    width = max(_filled(line) for line in grid[:SEARCH_ROWS])
    likely = [
        place
        for place, line in enumerate(grid[:SEARCH_ROWS])
        if _filled(line) >= FULL_ENOUGH * width and _is_text(line)
    ]
    if not likely:
        raise Refused(questions=(_ask(sheet, range(1, min(len(grid), 6))),))
    first = likely[0]
    if _merged_across(spans, first) or _two_tiers(grid, spans, first):
        likely_first = first + 1 if _merged_across(spans, first) else first
        rows = sorted(range(first, first + 3), key=lambda row: row != likely_first)
        raise Refused(questions=(_ask(sheet, [row + 1 for row in rows]),))
    return first


def _filled(line: list[Cell]) -> int:
    return sum(cell is not None for cell in line)


def _is_text(line: list[Cell]) -> bool:
    return all(isinstance(cell, str) for cell in line if cell is not None)


def _merged_across(spans: list[Span], place: int) -> bool:
    """Whether a heading covers two columns: which name belongs to which column is then not ours to say."""
    return any(top <= place <= bottom and left < right for (top, left), (bottom, right) in spans)


def _two_tiers(grid: list[list[Cell]], spans: list[Span], place: int) -> bool:
    """Whether the row above is a band of merged headings rather than a title over everything."""
    if place == 0 or _filled(grid[place - 1]) < 2:
        return False
    return _merged_across(spans, place - 1)


def _heading(grid: list[list[Cell]], spans: list[Span], place: int, column: int) -> str:
    """Text of a heading; a cell merged from above carries the text of its top."""
    value = grid[place][column]
    if value is None:
        for (top, left), (bottom, right) in spans:
            if left == right == column and top < place <= bottom:
                value = grid[top][left]
    return "" if value is None else " ".join(str(value).split())


def _ask(sheet: str, rows: Sequence[int]) -> Question:
    choices = tuple(str(row) for row in rows)
    return Question(Code.TABLE_HEADER_ROW, sheet, choices, f"--header-row {choices[0] if choices else 1}")
