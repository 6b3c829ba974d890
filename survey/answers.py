"""One cell to one typed answer, by the question's type and the settled formats of the file."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from survey.form import Form, Question
from survey.names import fold
from survey.problems import Code, FieldClass
from survey.problems import Question as Ask
from survey.tablefile import Cell
from survey.values import (
    Point,
    column_date_order,
    column_decimal_format,
    date,
    decimal,
    geopoint,
    identity_number,
    integer,
    text,
)
from survey.values.dates import DateOrder
from survey.values.numbers import DecimalFormat

__all__ = ["Answer", "Styles", "column_styles", "parse_answer", "shown_class"]

Answer = str | int | float | datetime.date | Point | None
NUMBER_TYPES = ("decimal", "range")
DATE_TYPES = ("date", "today")


@dataclass(frozen=True, slots=True)
class Styles:
    """Settled formats: decimal mark by column ('' for all others), one order of dates for the file."""

    decimals: Mapping[str, DecimalFormat] = field(default_factory=dict)
    dates: DateOrder = "ambiguous"

    def decimal_of(self, column: str) -> DecimalFormat:
        """Format of a column, the file's own default, or 'ambiguous'."""
        return self.decimals.get(column, self.decimals.get("", "ambiguous"))


def column_styles(
    columns: Mapping[str, Sequence[Cell]], *, numbers: Sequence[str], days: Sequence[str]
) -> tuple[Styles, tuple[Ask, ...]]:
    """Settle formats over whole columns; what stays open becomes a question."""
    decimals = {name: column_decimal_format(columns.get(name, ())) for name in numbers}
    open_numbers = [name for name, style in decimals.items() if style == "ambiguous"]
    orders = {name: column_date_order(columns.get(name, ())) for name in days}
    open_days = [name for name, order in orders.items() if order == "ambiguous"]
    settled = {order for order in orders.values() if order != "ambiguous"}
    asks = [
        Ask(Code.VALUE_DECIMAL_FORMAT, name, ("comma", "point"), "--decimal comma") for name in open_numbers
    ]
    asks += [Ask(Code.VALUE_DATE_ORDER, name, ("dmy", "mdy"), "--dates dmy") for name in open_days]
    if len(settled) > 1 and not open_days:
        asks.append(Ask(Code.VALUE_DATE_ORDER, ", ".join(orders), ("dmy", "mdy"), "--dates dmy"))
    order: DateOrder = settled.pop() if len(settled) == 1 else "ambiguous"
    return Styles(decimals, order), tuple(asks)


def parse_answer(question: Question, cell: Cell, form: Form, styles: Styles) -> Answer | Code:
    """Read a cell as its question's type; identity questions keep check digits, choices may be labels."""
    if cell is None:
        return None
    if question.field_class is FieldClass.IDENTITY and question.type in ("text", "integer", "string"):
        return identity_number(cell)
    if question.type == "integer":
        return integer(cell)
    if question.type in NUMBER_TYPES:
        return decimal(cell, styles.decimal_of(question.name))
    if question.type in DATE_TYPES:
        return date(cell, styles.dates)
    if question.type == "geopoint":
        return geopoint(cell)
    if question.list_name and question.type in ("select_one", "select_multiple", "rank"):
        return _chosen(question, cell, form)
    return text(cell)


def _chosen(question: Question, cell: Cell, form: Form) -> str | Code | None:
    """Choice names; a label in any language is taken for its name."""
    spellings = form.spellings.get(question.list_name, {})
    written = text(cell)
    if written is None or isinstance(written, Code) or not spellings:
        return written
    whole = spellings.get(written) or spellings.get(fold(written))
    if whole is not None:
        return whole
    if question.type == "select_one":
        return Code.VALUE_CHOICE
    names = [spellings.get(part) for part in written.split()]
    return Code.VALUE_CHOICE if None in names else " ".join(name for name in names if name)


def shown_class(question: Question, code: Code) -> FieldClass:
    """Class to mask a wrong value by; a failed choice of a special question stays hidden."""
    return FieldClass.IDENTITY if code.startswith("identity.") else question.field_class
