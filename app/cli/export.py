"""`mahalle export` and `mahalle report`: the published run as files."""

import datetime as dt
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import actor, desk
from app.i18n import Language
from app.store import audit
from app.store.logins import Login
from app.store.session import Store


def register(app: typer.Typer) -> None:
    """Add these commands to the application's."""
    app.command("export")(export_files)
    app.command("report")(make_report)


def export_files(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("out"),
) -> None:
    """Write the published map as risk.xlsx, risk.gpkg, risk.png and plan.json."""
    from app.export import export_run  # drawing and GDAL take a second to import

    at = desk(context)
    with at.store() as store:
        files = export_run(store, out, at.language)
        _note(store, "export", files)
    for file in files:
        at.say("export.written", file=file)
    if not any(file.name == "plan.json" for file in files):
        at.say("export.no_plan")
    at.document({"files": [str(file) for file in files]})


class Kind(StrEnum):
    """Reports that are not the whole book."""

    RISK_MAP = "risk-map"
    RECOMMENDATIONS = "recommendations"
    ACTIVITY = "activity"


def make_report(
    context: typer.Context,
    kind: Annotated[
        Kind | None, typer.Argument(help="DOCX and XLSX of one kind; the whole book as PDF otherwise.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write.")] = None,
    period: Annotated[
        str | None, typer.Option(help="Of an activity report: 2026, 2026-H1 or 2026-Q3; last year otherwise.")
    ] = None,
) -> None:
    """Write the published map and its plan as a PDF report, or one report as DOCX and XLSX."""
    from app.report import write_report

    at = desk(context)
    with at.store() as store:
        if kind is None:
            files = [write_report(store, out or Path("report.pdf"), at.language)]
        else:
            files = _report(store, kind, out or Path(f"{kind}.docx"), at.language, period)
        _note(store, "report", files)
    for file in files:
        at.say("export.written", file=file)
    at.document({"files": [str(file) for file in files]})


def _report(store: Store, kind: Kind, path: Path, language: Language, period: str | None) -> list[Path]:
    from app.report import read_period, write_activity, write_recommendations, write_risk_map

    if kind is Kind.RISK_MAP:
        return write_risk_map(store, path, language)
    if kind is Kind.RECOMMENDATIONS:
        return write_recommendations(store, path, language)
    today = dt.datetime.now(dt.UTC).date()
    given = read_period(period or str(today.year - 1), today=today)
    return write_activity(store, path, language, period=given)


def _note(store: Store, action: str, files: list[Path]) -> None:
    """What left the store, and who took it."""
    with store.session(Login.SERVICE) as session:
        audit.record(session, actor=actor(), action=action, detail={"files": [file.name for file in files]})
