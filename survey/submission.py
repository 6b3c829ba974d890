"""Raw submission and form to a typed submission, or to the problems that stop it."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from itertools import product

from survey.answers import Answer, Styles, parse_answer, shown_class
from survey.form import Form
from survey.mapping import SURVEY_KEYS, propose_mapping
from survey.names import NameIndex, fold, loose_key
from survey.places import Unplaced, find_place
from survey.problems import Code, Problem, Severity, Where, problem
from survey.sources import Fields, RawSubmission
from survey.values import Point, date, decimal, text

__all__ = [
    "CampaignKeys",
    "Outcome",
    "Person",
    "Reading",
    "Submission",
    "content_keys",
    "parse_submission",
    "propose_keys",
]


class Outcome(StrEnum):
    """How a visit ended; every household ends with one."""

    DONE = "done"
    REFUSED = "refused"
    NOBODY = "nobody"
    EMPTY = "empty"
    SUMMER = "summer"
    NO_ADDRESS = "no_address"
    LANGUAGE = "language"
    UNSAFE = "unsafe"
    OTHER = "other"


OUTCOME_WORDS: Mapping[Outcome, str] = {
    Outcome.DONE: "done,tamam,tamamlandı,yapıldı,görüşüldü,completed,complete,1",
    Outcome.REFUSED: "refused,ret,reddetti,red,refusal,2",
    Outcome.NOBODY: "nobody,evde yok,evde kimse yok,bulunamadı,not at home,nobody home,3",
    Outcome.EMPTY: "empty,boş,boş konut,vacant,4",
    Outcome.SUMMER: "summer,yazlık,summer house,5",
    Outcome.NO_ADDRESS: "no address,adres yok,böyle adres yok,yanlış adres,no such address,6",
    Outcome.LANGUAGE: "language,dil,dil engeli,7",
    Outcome.UNSAFE: "unsafe,güvensiz,güvenli değil,8",
    Outcome.OTHER: "other,diğer,9",
}
OUTCOMES = {loose_key(word): outcome for outcome, words in OUTCOME_WORDS.items() for word in words.split(",")}


@dataclass(frozen=True, slots=True)
class CampaignKeys:
    """Which question or column carries what a campaign needs; '' when nothing does."""

    area_code: str = ""
    district: str = ""
    neighbourhood: str = ""
    outcome: str = ""
    block: str = ""
    stratum: str = ""
    weight: str = ""
    day: str = ""
    point: str = ""
    household: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything needed to read rows of one file."""

    form: Form
    keys: CampaignKeys
    names: NameIndex
    styles: Styles = field(default_factory=Styles)


@dataclass(frozen=True, slots=True)
class Person:
    """One row of a roster; identifying answers apart."""

    repeat: str
    ordinal: int
    answers: Mapping[str, Answer]
    identifying: Mapping[str, Answer]
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A typed household. `answers` hold no identifying value; points stay in `point` and `identifying`."""

    key: str
    row: int
    sheet: str
    outcome: Outcome
    area_code: str
    answers: Mapping[str, Answer]
    identifying: Mapping[str, Answer]
    persons: tuple[Person, ...]
    block: str | None
    stratum: str | None
    weight: float | None
    day: datetime.date | None
    point: Point | None
    household: str | None
    submitted_at: datetime.datetime | None
    warnings: tuple[Problem, ...] = ()


def propose_keys(form: Form) -> CampaignKeys:
    """Find the campaign's questions by their names, taking only certain ones."""
    names = [question.name for question in form.level("")]
    found = propose_mapping(names, SURVEY_KEYS).columns
    kinds = [question.name for question in form.level("") if question.type == "geopoint"]
    point = found.get("point") or (kinds[0] if len(kinds) == 1 else "")
    return CampaignKeys(**{**{f.name: found.get(f.name, "") for f in fields(CampaignKeys)}, "point": point})


def content_keys(submissions: Iterable[RawSubmission]) -> list[str]:
    """Give each row a stable key: the tool's own id, else a hash of its content and its ordinal among equals.

    Two identical rows of a file get two keys; the same file read again gets the same keys.
    """
    seen: Counter[str] = Counter()
    keys = []
    for raw in submissions:
        if raw.source_key is not None:
            keys.append(raw.source_key)
            continue
        content = content_hash(raw.fields, raw.repeats)
        seen[content] += 1
        keys.append(f"content:{content}:{seen[content]}")
    return keys


def content_hash(values: Fields, repeats: Mapping[str, Sequence[Fields]]) -> str:
    """SHA-256 of the values, whatever their order and row numbers."""
    nested = {name: [_plain(row) for row in rows] for name, rows in repeats.items() if rows}
    return hashlib.sha256(
        json.dumps([_plain(values), nested], sort_keys=True, ensure_ascii=False).encode()
    ).hexdigest()


def _plain(values: Fields) -> dict[str, str]:
    own = {n: v for n, v in values.items() if v is not None and not n.startswith(("_row", "_sheet"))}
    return {name: _written(value) for name, value in own.items()}


def _written(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if isinstance(value, datetime.date) else str(value).strip()


def parse_submission(raw: RawSubmission, reading: Reading, *, key: str) -> Submission | tuple[Problem, ...]:
    """Read one household; every problem of the row and its roster is reported, not the first only."""
    found: list[Problem] = []
    outcome = _outcome(raw, reading, found)
    answers, identifying = _level(raw.fields, reading, "", Where(raw.sheet, raw.row), found)
    persons = tuple(_persons(raw, reading, found))
    place = _place(raw, reading)
    where = Where(raw.sheet, raw.row)
    if isinstance(place, tuple):
        code, column, given, detail, close = place
        found.append(
            problem(code, Where(raw.sheet, raw.row, column), given=given, detail=detail, nearest=close)
        )
    weight = _weight(raw, reading, found)
    day = _day(raw, reading, found)
    if any(item.severity is Severity.REJECT for item in found) or isinstance(place, tuple) or outcome is None:
        return tuple(found)
    if outcome is Outcome.DONE and reading.form.repeats and not persons:
        found.append(problem(Code.SURVEY_ROSTER_EMPTY, where))
    point = identifying.get(reading.keys.point)
    return Submission(
        key=key,
        row=raw.row,
        sheet=raw.sheet,
        outcome=outcome,
        area_code=place,
        answers=answers,
        identifying=identifying,
        persons=persons,
        block=_text(raw, reading.keys.block),
        stratum=_text(raw, reading.keys.stratum),
        weight=weight,
        day=day,
        point=point if isinstance(point, Point) else None,
        household=_text(raw, reading.keys.household),
        submitted_at=raw.submitted_at,
        warnings=tuple(found),
    )


def _outcome(raw: RawSubmission, reading: Reading, found: list[Problem]) -> Outcome | None:
    """The stated outcome; a form without such a question holds completed visits only."""
    column = reading.keys.outcome
    if not column:
        return Outcome.DONE
    where = Where(raw.sheet, raw.row, column)
    if raw.fields.get(column) is None:
        found.append(problem(Code.SURVEY_OUTCOME_MISSING, where))
        return None
    said = _said(raw, column, reading.form)
    outcome = next((OUTCOMES[key] for text in said if (key := loose_key(text)) in OUTCOMES), None)
    question = reading.form.by_name.get(column)
    if outcome is None and (question is None or len(said) > 1 or not question.list_name):
        found.append(problem(Code.VALUE_CHOICE, where, given=raw.fields[column]))
    return outcome


def _said(raw: RawSubmission, column: str, form: Form) -> tuple[str, ...]:
    """A cell as written; of a choice also its name and its labels, since exports hold any of them."""
    cell = raw.fields.get(column)
    if cell is None:
        return ()
    written = _written(cell)
    question = form.by_name.get(column)
    listed = form.choices.get(question.list_name, ()) if question is not None else ()
    name = form.spellings.get(question.list_name, {}).get(fold(written), written) if question else written
    labels = [text for choice in listed if choice.name == name for text in choice.labels.values()]
    return tuple(dict.fromkeys((written, *([name, *labels] if labels else ()))))


def _place(raw: RawSubmission, reading: Reading) -> str | Unplaced:
    """The neighbourhood; where it was chosen from a list, by the choice's name or any of its labels."""
    keys, names = reading.keys, reading.names
    columns = (keys.area_code, keys.district, keys.neighbourhood)
    said = [_said(raw, column, reading.form) or (None,) for column in columns]
    tried = [
        find_place(dict(zip(columns, cells, strict=True)), columns[0], columns[1:], names)
        for cells in product(*said)
    ]
    return next((place for place in tried if isinstance(place, str)), tried[0])


def _level(
    values: Fields, reading: Reading, repeat: str, where: Where, found: list[Problem]
) -> tuple[dict[str, Answer], dict[str, Answer]]:
    """Answers of one level, identifying ones apart."""
    answers: dict[str, Answer] = {}
    identifying: dict[str, Answer] = {}
    for question in reading.form.level(repeat):
        cell = values.get(question.name)
        answer = parse_answer(question, cell, reading.form, reading.styles)
        if isinstance(answer, Code):
            at = Where(where.sheet, where.row, question.name)
            found.append(problem(answer, at, given=cell, field_class=shown_class(question, answer)))
        elif answer is not None:
            (identifying if question.field_class.identifying else answers)[question.name] = answer
    return answers, identifying


def _persons(raw: RawSubmission, reading: Reading, found: list[Problem]) -> Iterable[Person]:
    for repeat, rows in raw.repeats.items():
        for ordinal, values in enumerate(rows, start=1):
            row = values.get("_row")
            number = row if isinstance(row, int) else raw.row
            where = Where(str(values.get("_sheet", repeat)), number)
            answers, identifying = _level(values, reading, repeat, where, found)
            yield Person(repeat, ordinal, answers, identifying, number)


def _weight(raw: RawSubmission, reading: Reading, found: list[Problem]) -> float | None:
    cell = raw.fields.get(reading.keys.weight) if reading.keys.weight else None
    weight = decimal(cell, reading.styles.decimal_of(reading.keys.weight))
    if isinstance(weight, Code) or (weight is not None and weight <= 0):
        found.append(problem(Code.SURVEY_WEIGHT, Where(raw.sheet, raw.row, reading.keys.weight), given=cell))
        return None
    return weight


def _day(raw: RawSubmission, reading: Reading, found: list[Problem]) -> datetime.date | None:
    cell = raw.fields.get(reading.keys.day) if reading.keys.day else None
    day = date(cell, reading.styles.dates)
    if isinstance(day, Code):
        found.append(problem(day, Where(raw.sheet, raw.row, reading.keys.day), given=cell))
        return None
    return day or (raw.submitted_at.date() if raw.submitted_at else None)


def _text(raw: RawSubmission, column: str) -> str | None:
    value = text(raw.fields.get(column)) if column else None
    return None if isinstance(value, Code) else value
