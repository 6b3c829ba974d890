"""What the reports in DOCX and XLSX share: title, line, stamps, notes."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from app.i18n import Language, day, number, say
from app.report import blocks
from app.report.blocks import Block
from app.report.book import Sheet
from app.report.paper import Look
from app.report.source import stamps
from app.views import Contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A report's contents before they are set.

    Attributes
    ----------
    line : what it is of: run or period
    front : what stands before the first chapter
    created : moment of the contents
    warnings : what a reader must know first
    """

    language: Language
    title: str
    line: str
    lead: str
    created: dt.datetime
    stamps: Sequence[str]
    warnings: Sequence[str]
    front: Sequence[Block]
    sections: Sequence[Block]
    sheets: Sequence[Sheet]

    @classmethod
    def of_run(
        cls,
        contents: Contents,
        *,
        title: str,
        lead: str,
        basis: str,
        sections: Sequence[Block],
        sheets: Sequence[Sheet],
        language: Language,
    ) -> "Frame":
        """A report of a published run, its legal basis and warnings on top."""
        run = contents.run
        constructed = bool(contents.areas["constructed"].any())
        warnings = [say("report.warning", language)] if run.is_simulation else []
        warnings += [say("documents.draft_why", language)] if constructed else []
        said = day(run.published_at, language)
        line = say(
            "documents.report_line", language, title=run.title, number=run.run_id, year=run.year, day=said
        )
        front = [
            *(blocks.callout(words) for words in warnings),
            blocks.paragraph(lead),
            blocks.callout(say("report.basis", language, basis=basis)),
        ]
        return cls(
            language=language,
            title=title,
            line=line,
            lead=lead,
            created=run.published_at,
            stamps=[say(k, language) for k in stamps(simulation=run.is_simulation, constructed=constructed)],
            warnings=warnings,
            front=front,
            sections=sections,
            sheets=sheets,
        )


def look_of(frame: Frame) -> Look:
    """How a report's pages look."""
    footer = "  ·  ".join([*frame.stamps, frame.title, frame.line])
    return Look(
        language=frame.language, title=frame.title, created=frame.created, footer=footer, stamps=frame.stamps
    )


def notes(frame: Frame) -> list[str]:
    """Lines of the workbook's first sheet."""
    return [*frame.warnings, frame.line, frame.lead]


def percent(share: float, language: Language) -> str:
    """`%45` or `45%`."""
    return say("report.percent", language, value=number(100 * share, language))
