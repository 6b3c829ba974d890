"""Exports of survey tools, and plain tables with a saved mapping, to raw submissions; every row counted."""

from __future__ import annotations

from collections.abc import Sequence

from survey.form import Form
from survey.problems import Code, Question, Refused
from survey.sources.kobo import read_kobo
from survey.sources.model import Fields, Layout, RawSubmission, SheetCount, SourceTable, TableMapping
from survey.sources.plain import read_mapped
from survey.tablefile import Sheet

__all__ = [
    "Fields",
    "Layout",
    "RawSubmission",
    "SheetCount",
    "SourceTable",
    "TableMapping",
    "detect",
    "read_kobo",
    "read_mapped",
    "read_source",
]


def detect(sheets: Sequence[Sheet]) -> Layout:
    """Tell the tool by the headings of the first sheet."""
    header = set(sheets[0].header)
    if "_uuid" in header and "_submission_time" in header:
        return Layout.KOBO
    if "KEY" in header:
        return Layout.SURVEYCTO if "formdef_version" in header else Layout.CENTRAL
    return Layout.PLAIN


def read_source(
    sheets: Sequence[Sheet], form: Form | None, mapping: TableMapping | None = None
) -> SourceTable:
    """Read a survey file by its layout; a plain table needs a mapping.

    Raises
    ------
    Refused
        With a question when the layout is not known and there is no mapping.
    """
    if mapping is not None:
        return read_mapped(sheets, mapping)
    if detect(sheets) is Layout.KOBO:
        return read_kobo(sheets, form)
    what = sheets[0].name
    raise Refused(
        questions=(Question(Code.SOURCE_NOT_RECOGNISED, what, sheets[0].header[:8], "--mapping FILE.toml"),)
    )
