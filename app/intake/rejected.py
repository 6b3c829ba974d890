"""Write the rejected rows to a workbook of the same shape, to correct and send again."""

from collections.abc import Iterator, Sequence

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from app.intake.offer import Offer
from app.intake.outcome import Outcome, rejects
from survey.problems import Problem, Refused, explain
from survey.tablefile import Cell, Sheet

HOUSEHOLD_KEYS = ("_uuid", "_submission__uuid")
REASON = ("_hata", "_error")  # headings with a leading _ are not read as answers


def write_rejected(offered: Offer, outcome: Outcome) -> str | None:
    """Write the rows of each sheet that were not taken, with reasons; readable by the sender only.

    Returns the path, or None where there are no rows to repeat (a layer, a form).
    """
    if outcome.kind in ("areas", "form"):
        return None
    folder = offered.settings.here.folder / "rejected"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = offered.options.rejected_to or folder / f"{outcome.kind}-{offered.sha256[:12]}.xlsx"
    try:
        sheets = offered.parse("table").sheets
    except Refused:
        return None
    path.touch(mode=0o600)
    wrong = rejects(outcome.problems)
    households = {key for sheet in sheets for key in _households(sheet, wrong)}
    with xlsxwriter.Workbook(str(path)) as book:
        for sheet in sheets:
            _write_sheet(book.add_worksheet(sheet.name[:31] or None), sheet, wrong, households)
    return str(path)


def _key_column(sheet: Sheet) -> int | None:
    """Where an export with a roster says which household a row belongs to."""
    return next((sheet.header.index(name) for name in HOUSEHOLD_KEYS if name in sheet.header), None)


def _households(sheet: Sheet, wrong: dict[tuple[str, int], list[Problem]]) -> Iterator[Cell]:
    """Households with a rejected row: they go back whole, members too."""
    column = _key_column(sheet)
    if column is not None:
        yield from (row.cells[column] for row in sheet.rows if (sheet.name, row.number) in wrong)


def _write_sheet(
    page: Worksheet, sheet: Sheet, wrong: dict[tuple[str, int], list[Problem]], households: set[Cell]
) -> None:
    _write_row(page, 0, [*sheet.header, *REASON])
    column = _key_column(sheet)
    place = 1
    for row in sheet.rows:
        found = wrong.get((sheet.name, row.number), [])
        if found or (column is not None and row.cells[column] in households):
            reasons = [" ".join(explain(one, language) for one in found) for language in ("tr", "en")]
            _write_row(page, place, [*row.cells, *reasons])
            place += 1


def _write_row(page: Worksheet, number: int, cells: Sequence[Cell]) -> None:
    for column, cell in enumerate(cells):
        if isinstance(cell, bool):
            page.write_boolean(number, column, cell)
        elif isinstance(cell, int | float) and abs(cell) < 1e15:
            page.write_number(number, column, cell)
        elif cell is not None:
            page.write_string(number, column, str(cell))
