"""Which column of a table is which field, and its cells as typed values.

A heading is recognised by its synonyms; anything unsure is a question, never a guess.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from app.intake.offer import LoadOptions
from survey import values
from survey.mapping import Target, propose_mapping
from survey.names import header_key, nearest
from survey.problems import Code, FieldClass, Problem, Question, Refused, Where, problem
from survey.tablefile import Cell, Sheet

GROUPED = re.compile(r"[0-9]{1,3}(?:[.,][0-9]{3})+")
Type = Literal["text", "integer", "decimal", "yes_no", "date", "code", "degrees"]
Value = object
Record = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a table can tell: its name here, the headings people give it, its type."""

    key: str
    synonyms: tuple[str, ...]
    type: Type = "text"
    required: bool = False
    field_class: FieldClass = FieldClass.ORDINARY

    @property
    def target(self) -> Target:
        """The field as the proposal of columns knows it."""
        return Target(self.key, self.synonyms, self.field_class, self.required)


@dataclass(frozen=True, slots=True)
class ReadRow:
    """One row with typed values; a field the file lacks is absent."""

    number: int
    record: Record


@dataclass(frozen=True, slots=True)
class ReadTable:
    """Rows that could be typed, and what is wrong with the others."""

    sheet: str
    read: int
    rows: tuple[ReadRow, ...]
    problems: tuple[Problem, ...]
    columns: Mapping[str, str]  # field -> heading


def propose(fields: Sequence[Field], header: Sequence[str], options: LoadOptions) -> dict[str, str]:
    """Field -> heading.

    Raises
    ------
    Refused
        With a question for each field that several headings answer to, or a required one that none does.
    """
    targets = [field.target for field in fields]
    return propose_targets(targets, header, options)


def propose_targets(targets: Sequence[Target], header: Sequence[str], options: LoadOptions) -> dict[str, str]:
    """Like `propose`; what the sender named is settled first."""
    named: dict[str, str] = {}
    problems: list[Problem] = []
    for target in targets:
        if (wanted := options.columns.get(target.name)) is None:
            continue
        exact = [heading for heading in header if header_key(heading) == header_key(wanted)]
        if exact:
            named[target.name] = exact[0]
        else:
            problems.append(
                problem(Code.COLUMN_MISSING, Where(column=wanted), nearest=nearest(wanted, header))
            )
    rest = [t for t in targets if t.name not in named and t.name not in options.constants]
    free = [heading for heading in header if heading not in named.values()]
    proposal = propose_mapping(free, rest)
    if proposal.questions or problems:
        raise Refused(tuple(problems), proposal.questions)
    return {**named, **proposal.columns}


def in_headings(problems: Iterable[Problem], columns: Mapping[str, str]) -> tuple[Problem, ...]:
    """The same findings, each naming its column as the file does."""
    return tuple(replace(found, column=columns.get(found.column, found.column)) for found in problems)


def unused(sheet: Sheet, taken: Collection[str]) -> tuple[Problem, ...]:
    """What to say of columns that no field was recognised in; those of our own reasons begin with _."""
    left = [heading for heading in sheet.header if heading not in taken and not heading.startswith("_")]
    return (problem(Code.COLUMN_UNUSED, Where(sheet.name), detail=", ".join(left)),) if left else ()


def read(sheet: Sheet, fields: Sequence[Field], options: LoadOptions) -> ReadTable:
    """Type every row of a sheet; a row with a bad cell is left out and says why."""
    chosen = propose(fields, sheet.header, options)
    place = {heading: number for number, heading in enumerate(sheet.header)}
    used = [field for field in fields if field.key in chosen]
    parsers = _parsers(sheet, [(field, place[chosen[field.key]]) for field in used], options)
    rows: list[ReadRow] = []
    problems: list[Problem] = [*sheet.rejected, *sheet.findings, *unused(sheet, chosen.values())]
    for row in sheet.rows:
        record: Record = dict(options.constants)
        wrong: list[Problem] = []
        for field, column, parse in parsers:
            value = parse(row.cells[column])
            if isinstance(value, Code) or (value is None and field.required):
                code = value if isinstance(value, Code) else Code.VALUE_MISSING
                where = Where(sheet.name, row.number, sheet.header[column])
                wrong.append(problem(code, where, given=row.cells[column], field_class=field.field_class))
            record[field.key] = value
        problems += wrong
        if not wrong:
            rows.append(ReadRow(row.number, record))
    return ReadTable(sheet.name, len(sheet.rows) + len(sheet.rejected), tuple(rows), tuple(problems), chosen)


Parser = Callable[[Cell], Value]


def _parsers(
    sheet: Sheet, used: Sequence[tuple[Field, int]], options: LoadOptions
) -> list[tuple[Field, int, Parser]]:
    questions: list[Question] = []
    parsers: list[tuple[Field, int, Parser]] = []
    for field, column in used:
        cells = [row.cells[column] for row in sheet.rows]
        heading = sheet.header[column]
        settle = SETTLED.get(field.type)
        parse = settle(cells, heading, options, questions) if settle else PLAIN[field.type]
        parsers.append((field, column, parse))
    if questions:
        raise Refused(questions=tuple(questions))
    return parsers


def _settle_decimal(
    cells: Sequence[Cell], heading: str, options: LoadOptions, questions: list[Question]
) -> Parser:
    style = options.decimal or values.column_decimal_format(cells)
    if style == "ambiguous":
        choices = ("comma", "point")
        questions.append(Question(Code.VALUE_DECIMAL_FORMAT, heading, choices, "--decimal comma"))
    return lambda cell: values.decimal(cell, style)


def _settle_integer(
    cells: Sequence[Cell], heading: str, options: LoadOptions, questions: list[Question]
) -> Parser:
    """Whole numbers; 12.345 is twelve thousand where the sender says that the comma is the decimal mark."""
    grouped = any(isinstance(cell, str) and GROUPED.fullmatch(cell.strip()) for cell in cells)
    if not grouped:
        return values.integer
    if options.decimal is None:
        questions.append(Question(Code.VALUE_DECIMAL_FORMAT, heading, ("comma", "point"), "--decimal comma"))
    mark = "." if options.decimal == "comma" else ","
    return lambda cell: values.integer(cell.replace(mark, "") if isinstance(cell, str) else cell)


def _settle_date(
    cells: Sequence[Cell], heading: str, options: LoadOptions, questions: list[Question]
) -> Parser:
    order = options.dates or values.column_date_order(cells)
    if order == "ambiguous":
        questions.append(Question(Code.VALUE_DATE_ORDER, heading, ("dmy", "mdy"), "--dates dmy"))
    return lambda cell: values.date(cell, order)


def _degrees(cell: Cell) -> Value:
    """A coordinate: its only mark is the decimal mark, since degrees have no thousands."""
    found = values.point(cell, 0.0)
    return found.lat if isinstance(found, values.Point) else found


Settle = Callable[[Sequence[Cell], str, LoadOptions, list[Question]], Parser]
SETTLED: Mapping[str, Settle] = {
    "decimal": _settle_decimal,
    "date": _settle_date,
    "integer": _settle_integer,
}
PLAIN: Mapping[str, Parser] = {
    "text": values.text,
    "code": values.text,
    "yes_no": values.yes_no,
    "degrees": _degrees,
}
