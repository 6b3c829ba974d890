"""Tables of text whose every mistake is told with its file, row and column."""

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

MOST_ROWS, MOST_BYTES = 5_000_000, 64 << 20
MOST_CHARACTERS = 1 << 16  # of a line


class TableError(ValueError):
    """A table that cannot be used: where, and why."""

    def __init__(self, file: str, what: str, *, row: int | None = None, column: str | None = None) -> None:
        where = [file, *([f"row {row}"] if row else []), *([f"column {column}"] if column else [])]
        super().__init__(f"{', '.join(where)}: {what}")


@dataclass(frozen=True, slots=True)
class Row:
    """One row; the first below the head is number 2, as a spreadsheet counts."""

    file: str
    number: int
    values: dict[str, str]
    comma: bool = False  # decimals are written with a comma

    def text(self, column: str) -> str:
        """What the cell holds, which must not be nothing."""
        value = self.values.get(column, "")
        return value or self.refuse(column, "must not be empty")

    def value(self, column: str, *, low: float = -math.inf, high: float = math.inf) -> float:
        """The number in a cell, within bounds."""
        word = self.text(column)
        try:
            number = float(word.replace(",", ".") if self.comma else word)
        except ValueError:
            number = math.nan
        if not low <= number <= high or math.isinf(number):
            self.refuse(column, f"{word[:40]!r} is no number from {low:g} to {high:g}")
        return number

    def refuse(self, column: str, what: str) -> str:
        """Raise the error of a cell."""
        raise TableError(self.file, what, row=self.number, column=column)


def read_table(
    stream: TextIO, file: str, columns: Sequence[str], *, delimiter: str = ",", most_rows: int = MOST_ROWS
) -> Iterator[Row]:
    """Rows of a table with a head.

    Parameters
    ----------
    stream : text, opened with newline=""
    file : its name, for errors
    columns : that must be there
    delimiter : "," or ";": with the latter decimals may have a comma
    most_rows : a longer table is refused

    Raises
    ------
    TableError
        If a column is missing, a row is longer than the head, or the text is no table.
    """
    reader = csv.reader(_lines(stream, file), delimiter=delimiter, strict=True)
    try:
        head = [name.strip().lower() for name in next(reader, [])]
        for name in columns:
            if name not in head:
                raise TableError(file, "is missing", row=1, column=name)
        for number, cells in enumerate(reader, start=2):
            if number > most_rows + 1:
                raise TableError(file, f"more than {most_rows} rows", row=number)
            if len(cells) > len(head):
                raise TableError(file, f"{len(cells)} cells under {len(head)} names", row=number)
            if any(cells):
                values = dict(zip(head, (cell.strip() for cell in cells), strict=False))
                yield Row(file, number, values, delimiter == ";")
    except csv.Error as why:
        raise TableError(file, f"no table of text ({why})", row=reader.line_num) from why
    except UnicodeDecodeError as why:
        raise TableError(file, "not written in UTF-8; save it as CSV in UTF-8", row=reader.line_num) from why


def read_csv(path: Path, columns: Sequence[str]) -> list[Row]:
    """Rows of a CSV in UTF-8 with commas or semicolons.

    Raises
    ------
    TableError
        If it is too large, in another encoding, or holds no row; else as `read_table`.
    """
    if path.stat().st_size > MOST_BYTES:
        raise TableError(path.name, f"larger than {MOST_BYTES >> 20} MiB")
    with path.open(encoding="utf-8-sig", newline="") as stream:
        try:
            text = stream.read()
        except UnicodeDecodeError as why:
            raise TableError(path.name, "not written in UTF-8; save it as CSV in UTF-8") from why
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    rows = list(read_table(io.StringIO(text), path.name, columns, delimiter=delimiter))
    if not rows:
        raise TableError(path.name, "no row is listed")
    return rows


def _lines(stream: TextIO, file: str) -> Iterator[str]:
    """Lines of a text, none of which fills the memory."""
    number = 0
    while line := stream.readline(MOST_CHARACTERS):
        number += 1
        if len(line) == MOST_CHARACTERS:
            raise TableError(file, f"a line of {MOST_CHARACTERS} characters or more", row=number)
        yield line
