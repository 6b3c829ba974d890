"""`mahalle export` and `mahalle report`: the published run as files."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import actor, desk
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


def make_report(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("report.pdf"),
) -> None:
    """Write the published map and its plan as a PDF report."""
    from app.report import write_report

    at = desk(context)
    with at.store() as store:
        file = write_report(store, out, at.language)
        _note(store, "report", [file])
    at.say("export.written", file=file)
    at.document({"files": [str(file)]})


def _note(store: Store, action: str, files: list[Path]) -> None:
    """What left the store, and who took it."""
    with store.session(Login.SERVICE) as session:
        audit.record(session, actor=actor(), action=action, detail={"files": [file.name for file in files]})
