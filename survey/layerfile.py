"""Findings of `geo.layers` as problems and questions of the catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from geo.layerfile.layer import LayerCode, LayerFinding  # not geo.layers: tables need no GDAL
from survey.problems import Code, Problem, Question, Severity, Where, problem, severity

__all__ = ["problems_of", "questions_of"]

OPTIONS = {
    LayerCode.CRS_MISSING: "--crs",
    LayerCode.DATUM_UNSURE: "--crs",
    LayerCode.CHOICE: "--layer",
}


def problems_of(findings: Iterable[LayerFinding], *, sheet: str = "") -> tuple[Problem, ...]:
    """Problems among the findings; `row` is the feature counted from 1 (0: the whole file)."""
    return tuple(
        problem(
            Code(found.code),
            Where(sheet, 0 if found.feature is None else found.feature + 1),
            given=found.given,
            detail=found.detail,
        )
        for found in findings
        if severity(Code(found.code)) is not Severity.QUESTION
    )


def questions_of(findings: Iterable[LayerFinding], *, what: str) -> tuple[Question, ...]:
    """Ask what is left to ask: the coordinate system, its datum, or which layer."""
    return tuple(
        Question(
            Code(found.code),
            what,
            found.choices,
            f"{OPTIONS[found.code]} {found.choices[0] if found.choices else ''}".strip(),
        )
        for found in findings
        if severity(Code(found.code)) is Severity.QUESTION
    )
