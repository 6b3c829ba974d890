"""Applications and tip-offs: a row of a table to a typed case, or to the problems that stop it."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from survey.answers import Styles
from survey.mapping import CASE_TARGETS
from survey.names import NameIndex, fold
from survey.places import find_place
from survey.problems import Code, FieldClass, Problem, Severity, Where, problem
from survey.sources import RawSubmission
from survey.tablefile import Cell
from survey.values import (
    TURKIYE,
    Bounds,
    Point,
    check_point,
    date,
    identity_number,
    integer,
    phone,
    point,
    text,
    yes_no,
)

__all__ = ["Case", "CaseKind", "CasePerson", "CaseReading", "parse_case"]

OLDEST = 130  # years
CLASSES = {target.name: target.field_class for target in CASE_TARGETS}


class CaseKind(StrEnum):
    """Who brought it: the person, or somebody about them."""

    APPLICATION = "application"
    REPORT = "report"


KINDS = {
    **dict.fromkeys(("başvuru", "application", "talep", "b"), CaseKind.APPLICATION),
    **dict.fromkeys(("ihbar", "report", "bildirim", "tip off", "i"), CaseKind.REPORT),
}


@dataclass(frozen=True, slots=True)
class CasePerson:
    """Who the case is about; every part may be missing."""

    name: str | None = None
    identity: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A typed case. `area_code` is None when only a point places it; the shell then finds the area."""

    key: str
    row: int
    sheet: str
    kind: CaseKind
    reason: str
    subject: str | None
    priority: str | None
    day: datetime.date
    channel: str | None
    area_code: str | None
    point: Point | None
    person: CasePerson
    sex: str | None
    age: int | None
    protected: bool
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseReading:
    """What is needed to read rows of one file; `bounds` is the box of the area layer."""

    names: NameIndex
    today: datetime.date
    styles: Styles = field(default_factory=Styles)
    bounds: Bounds = TURKIYE


class _Row:
    """Cells of one row with the problems found so far."""

    def __init__(self, raw: RawSubmission) -> None:
        self.raw, self.found = raw, list[Problem]()

    def where(self, target: str) -> Where:
        return Where(self.raw.sheet, self.raw.row, target)

    def say(
        self, code: Code, target: str, given: object = None, *, detail: str = "", close: str = ""
    ) -> None:
        field_class = CLASSES.get(target, FieldClass.ORDINARY)
        found = problem(
            code, self.where(target), given=given, field_class=field_class, detail=detail, nearest=close
        )
        self.found.append(found)

    def cell(self, target: str) -> Cell:
        return self.raw.fields.get(target)

    def take(self, target: str, parse: Callable[[Cell], object]) -> object:
        """Parsed value, or None with a problem said."""
        value = parse(self.cell(target))
        if isinstance(value, Code):
            self.say(value, target, self.cell(target))
            return None
        return value

    def words(self, target: str) -> str | None:
        value = self.take(target, text)
        return value if isinstance(value, str) else None


def parse_case(raw: RawSubmission, reading: CaseReading, *, key: str) -> Case | tuple[Problem, ...]:
    """Read one case; `raw.fields` are keyed by the targets of `survey.mapping.CASE_TARGETS`."""
    row = _Row(raw)
    kind, reason = _kind(row), row.words("reason")
    if reason is None:
        row.say(Code.VALUE_MISSING, "reason")
    day = _day(row, reading)
    where = _point(row, reading)
    area = _area(row, reading.names, where)
    person = _person(row)
    age = row.take("age", _age)
    protected = row.take("protected", yes_no)
    rejected = any(item.severity is Severity.REJECT for item in row.found)
    if rejected or kind is None or reason is None or day is None:
        return tuple(row.found)
    return Case(
        key=key,
        row=raw.row,
        sheet=raw.sheet,
        kind=kind,
        reason=reason,
        subject=row.words("subject"),
        priority=row.words("priority"),
        day=day,
        channel=row.words("channel"),
        area_code=area,
        point=where,
        person=person,
        sex=row.words("sex"),
        age=age if isinstance(age, int) else None,
        protected=bool(protected),
        warnings=tuple(row.found),
    )


def _age(cell: Cell) -> int | Code | None:
    """Years; nobody is younger than 0 or older than 130."""
    found = integer(cell)
    if isinstance(found, int) and not 0 <= found <= OLDEST:
        return Code.VALUE_OUT_OF_RANGE
    return found


def _kind(row: _Row) -> CaseKind | None:
    """Kind of case; a file without the column holds applications."""
    given = row.words("kind")
    if given is None:
        return CaseKind.APPLICATION
    kind = KINDS.get(fold(given))
    if kind is None:
        row.say(Code.CASE_KIND, "kind", given)
    return kind


def _day(row: _Row, reading: CaseReading) -> datetime.date | None:
    day = row.take("day", lambda cell: date(cell, reading.styles.dates))
    if row.cell("day") is None:
        row.say(Code.VALUE_MISSING, "day")
    if not isinstance(day, datetime.date):
        return None
    if day > reading.today:
        row.say(Code.CASE_FUTURE, "day", day.isoformat())
    return day


def _point(row: _Row, reading: CaseReading) -> Point | None:
    found = point(row.cell("lat"), row.cell("lon"), reading.styles.decimal_of("lat"))
    code = found if isinstance(found, Code) else None
    if isinstance(found, Point):
        code = check_point(found, reading.bounds)
    if code is not None:
        row.say(code, "lat", row.cell("lat"))
    return found if isinstance(found, Point) and code is None else None


def _area(row: _Row, names: NameIndex, where: Point | None) -> str | None:
    """Area by code or name; a row with only a point is placed by it later."""
    place = find_place(row.raw.fields, "area_code", ("district", "neighbourhood"), names)
    if isinstance(place, str):
        return place
    code, column, given, detail, close = place
    pointed = where is not None or row.cell("lat") is not None  # a bad point has said so already
    if not (code is Code.AREA_MISSING and pointed):
        row.say(code, column or "neighbourhood", given, detail=detail, close=close)
    return None


def _person(row: _Row) -> CasePerson:
    number = row.take("identity", identity_number)
    called = row.take("phone", phone)
    return CasePerson(
        row.words("person_name"),
        number if isinstance(number, str) else None,
        called if isinstance(called, str) else None,
    )
