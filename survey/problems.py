"""What can be wrong with a file, a sheet, a row or a cell: data, never sentences.

A `Problem` is a finding (reject or warning); a `Question` is something only a person knows and the
program must not guess. Words are looked up by code in ``problems.tr.toml`` and ``problems.en.toml``.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from survey.codes import QUESTIONS, WARNINGS, Code

__all__ = [
    "Code",
    "FieldClass",
    "Problem",
    "Question",
    "Refused",
    "Severity",
    "Where",
    "escape",
    "explain",
    "mask",
    "problem",
    "severity",
    "texts",
]

OPTIONAL = re.compile(r"\[([^\[\]]*)\]")  # a part of a sentence that needs all of its fields
TWO_STOPS = re.compile(r"(?<!\.)\.\.(?!\.)")  # a name that ends with one, such as "Kale Mah."
FIELD = re.compile(r"\{(\w+)\}")
GIVEN_LIMIT = 80  # characters of an ordinary cell that a report repeats


class Severity(StrEnum):
    """How a finding ends: the row or file is refused, accepted with a word, or waits for an answer."""

    REJECT = "reject"
    WARNING = "warning"
    QUESTION = "question"


class FieldClass(StrEnum):
    """How sensitive a field is; decides how `given` is masked and where the value may be stored."""

    IDENTITY = "identity"
    CONTACT = "contact"
    NAME = "name"
    SPECIAL = "special"
    ORDINARY = "ordinary"

    @property
    def identifying(self) -> bool:
        """Whether the value points to a person and belongs in the encrypted schema."""
        return self in (FieldClass.IDENTITY, FieldClass.CONTACT, FieldClass.NAME)


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file. Rows count from 1 as a spreadsheet shows them; 0 means the whole file."""

    sheet: str = ""
    row: int = 0
    column: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. `given` is already masked; make one with `problem`."""

    code: Code
    sheet: str = ""
    row: int = 0
    column: str = ""
    given: str = ""
    detail: str = ""
    nearest: str = ""

    @property
    def severity(self) -> Severity:
        """Whether the row or file is refused, or only spoken about."""
        return severity(self.code)


@dataclass(frozen=True, slots=True)
class Question:
    """Something to ask: `option` is what to add to the command to answer it."""

    code: Code
    what: str
    choices: tuple[str, ...]
    option: str


class Refused(ValueError):
    """A file is not taken: it has rejecting problems, or questions without an answer."""

    def __init__(self, problems: tuple[Problem, ...] = (), questions: tuple[Question, ...] = ()) -> None:
        super().__init__(problems, questions)
        self.problems = problems
        self.questions = questions

    def __str__(self) -> str:
        """Codes and places only: values stay out of logs."""
        asked = [f"{q.code} ({q.option})" for q in self.questions]
        said = [f"{p.code} sheet={p.sheet!r} row={p.row} column={p.column!r}" for p in self.problems[:10]]
        return "; ".join(asked + said)


def severity(code: Code) -> Severity:
    """Severity of a code."""
    if code in QUESTIONS:
        return Severity.QUESTION
    return Severity.WARNING if code in WARNINGS else Severity.REJECT


def escape(text: str, *, limit: int = GIVEN_LIMIT) -> str:
    r"""Text on one line: control and direction characters as ``\uXXXX``, cut at `limit` characters.

    >>> escape("a\r\nb")
    'a\\u000d\\u000ab'
    """
    shown = "".join(
        f"\\u{ord(c):04x}" if unicodedata.category(c)[0] == "C" or c in "\u2028\u2029" else c
        for c in text[:limit]
    )
    return shown + ("…" if len(text) > limit else "")


def mask(value: object, field_class: FieldClass = FieldClass.ORDINARY) -> str:
    """Reduce to what a report may repeat of a value of this class.

    >>> mask("10000000146", FieldClass.IDENTITY), mask("Ayşe Yılmaz", FieldClass.NAME)
    ('*********46', 'A*** Y***')
    """
    text = "" if value is None else str(value)
    if not text or field_class is FieldClass.ORDINARY:
        return escape(text)
    if field_class is FieldClass.SPECIAL:
        return "***"
    if field_class is FieldClass.NAME:
        return escape(" ".join(f"{word[0]}***" for word in text.split()[:4]))
    kept = text[-2:] if len(text) > 6 else ""
    return escape("*" * min(len(text) - len(kept), 20) + kept)


def problem(
    code: Code,
    where: Where | None = None,
    *,
    given: object = None,
    field_class: FieldClass = FieldClass.ORDINARY,
    detail: str = "",
    nearest: str = "",
) -> Problem:
    """Make a finding; the only way a given value enters one, masked by its field's class."""
    at = where or Where()
    masked = mask(given, field_class)
    column = escape(at.column)
    return Problem(code, at.sheet, at.row, column, masked, escape(detail, limit=200), escape(nearest))


@cache
def texts(language: str) -> dict[str, str]:
    """Sentence templates by code; `language` is ``tr`` or ``en``."""
    source = files("survey").joinpath(f"problems.{language}.toml").read_text(encoding="utf-8")
    return {str(code): str(text) for code, text in tomllib.loads(source).items()}


def explain(found: Problem | Question, language: str) -> str:
    """Say a finding in one or two sentences: what was wrong, what to do.

    A part of a sentence in square brackets is said only when its fields hold something.
    """
    template = texts(language)[found.code]
    if isinstance(found, Question):
        fields = {"what": found.what, "choices": ", ".join(found.choices), "option": found.option}
    else:
        names = ("sheet", "row", "column", "given", "detail", "nearest")
        fields = {name: str(getattr(found, name)) for name in names}
    told = OPTIONAL.sub(
        lambda part: part[1] if all(map(fields.get, FIELD.findall(part[1]))) else "", template
    )
    said = told.format_map(defaultdict(str, fields)).strip()
    return TWO_STOPS.sub(".", said)
