"""A report as a workbook: read me first, then a sheet for each table; text is never a formula."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import xlsxwriter

from app.i18n import Language, say
from app.maps.cells import safe

LONGEST_NAME = 31  # of a sheet, by Excel
WIDEST = 60
Cell = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


def write_book(
    path: Path,
    title: str,
    notes: Sequence[str],
    sheets: Sequence[Sheet],
    *,
    created: dt.datetime,
    language: Language,
) -> Path:
    """Write a workbook; `created` is the moment of the contents, so that equal contents are equal bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.part")
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(str(aside), options) as book:
        book.set_properties({"title": title, "created": created.replace(tzinfo=None)})
        bold = book.add_format({"bold": True, "bg_color": "#F4F1EA", "bottom": 1})
        wrap = book.add_format({"text_wrap": True, "valign": "top"})
        front = book.add_worksheet(say("export.sheet_read_me", language))
        front.set_column(0, 0, 110)
        front.write_string(0, 0, safe(title), book.add_format({"bold": True, "font_size": 14}))
        for place, note in enumerate(notes, start=2):
            front.write_string(place, 0, safe(note), wrap)
        for sheet in sheets:
            _sheet(book.add_worksheet(sheet.name[:LONGEST_NAME]), sheet, bold)
    aside.replace(path)
    return path


def _sheet(page: "xlsxwriter.worksheet.Worksheet", sheet: Sheet, bold: object) -> None:
    for column, name in enumerate(sheet.head):
        page.write_string(0, column, name, bold)
        longest = max((len(str(row[column])) for row in sheet.rows[:200]), default=0)
        page.set_column(column, column, min(WIDEST, max(len(name), longest) + 3))
    for line, row in enumerate(sheet.rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, int | float):
                page.write_number(line, column, value)
            elif value:
                page.write_string(line, column, safe(value))
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(1, len(sheet.rows)), len(sheet.head) - 1)
