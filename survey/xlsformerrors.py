"""pyxform's objections as problems: sheet, row, what was given, and the remedy by code."""

from __future__ import annotations

import re

from survey.names import nearest
from survey.problems import Code, Problem, Where, problem

__all__ = ["explain_refusal"]

ROW = re.compile(r"\[row : (?P<row>\d+)\]")
SHEET = re.compile(r"'(?P<sheet>survey|choices|settings|entities)' sheet")
TYPES = tuple(
    "text integer decimal date time dateTime select_one select_multiple rank geopoint geotrace geoshape "  # noqa: SIM905
    "image audio video file barcode note calculate hidden acknowledge range start end today username".split()
)
PATTERNS: tuple[tuple[Code, re.Pattern[str]], ...] = (
    (Code.FORM_DUPLICATE_CHOICE, re.compile(r"[Cc]hoice names must be unique")),
    (Code.FORM_UNKNOWN_TYPE, re.compile(r"Unknown question type '(?P<given>[^']*)'")),
    (Code.FORM_UNKNOWN_LIST, re.compile(r"[Ll]ist name not in choices sheet: '?(?P<given>[^'\s]*)")),
    (
        Code.FORM_DUPLICATE_NAME,
        re.compile(r"(?:names must be unique|more than one .* named) ?'?(?P<given>[^'\s.]*)"),
    ),
    (
        Code.FORM_UNKNOWN_QUESTION,
        re.compile(r"(?:There has been a problem trying to replace|reference) \$\{(?P<given>[^}]*)\}"),
    ),
)


def explain_refusal(message: str) -> Problem:
    """One problem from pyxform's message; its own words stay in `detail`.

    >>> explain_refusal("[row : 7] On the 'choices' sheet: Choice names must be unique").row
    7
    """
    row, sheet = ROW.search(message), SHEET.search(message)
    where = Where(sheet["sheet"] if sheet else "survey", int(row["row"]) if row else 0)
    for code, pattern in PATTERNS:
        hit = pattern.search(message)
        if hit:
            given = hit.groupdict().get("given") or ""
            close = nearest(given, TYPES) if code is Code.FORM_UNKNOWN_TYPE else ""
            return problem(code, where, given=given, detail=message, nearest=close)
    return problem(Code.FORM_CONVERSION, where, detail=message)
