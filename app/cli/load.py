"""`mahalle load` and `mahalle template`."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from app.cli.console import Desk, actor, desk
from app.errors import RefusedError
from app.i18n import number
from app.intake import KINDS, LoadOptions, Outcome, load
from app.intake.template import write_template
from survey.problems import Problem, Severity, explain, severity

SHOWN = 20
KIND_HELP = " | ".join(KINDS)
EXIT = {"stored": 0, "checked": 0, "refused": 1, "asked": 2}
Day = Annotated[dt.datetime | None, typer.Option(formats=["%Y-%m-%d"])]


def register(app: typer.Typer) -> None:
    """Add these commands to the application's."""
    app.command("load")(load_file)
    app.command("template")(make_template)


def load_file(  # one option for each thing that may not be guessed
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help=KIND_HELP)],
    file: Annotated[Path, typer.Argument(help="xlsx, xls, csv, GeoJSON, GeoPackage or zipped shapefile.")],
    check: Annotated[bool, typer.Option("--check", help="Report only; store nothing.")] = False,
    encoding: Annotated[str | None, typer.Option(help="Letters of a text file: utf-8, cp1254 ...")] = None,
    delimiter: Annotated[str | None, typer.Option(help="Separator of a text file.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Which sheet of a workbook.")] = None,
    header_row: Annotated[int | None, typer.Option(help="Row of the headings, counted from 1.")] = None,
    decimal: Annotated[Literal["comma", "point"] | None, typer.Option(help="Decimal mark.")] = None,
    dates: Annotated[Literal["dmy", "mdy"] | None, typer.Option(help="Order of day and month.")] = None,
    columns: Annotated[list[str] | None, typer.Option("--map", help='FIELD="Heading"; repeat it.')] = None,
    constants: Annotated[list[str] | None, typer.Option("--set", help="FIELD=VALUE for every row.")] = None,
    mapping: Annotated[str | None, typer.Option(help="Read with a saved mapping.")] = None,
    save_mapping: Annotated[str | None, typer.Option(help="Save how the columns were read.")] = None,
    crs: Annotated[str | None, typer.Option(help="Coordinate system, such as EPSG:5254.")] = None,
    layer: Annotated[str | None, typer.Option(help="Which layer of several.")] = None,
    repair: Annotated[bool, typer.Option("--repair", help="Mend invalid boundaries (at most 1 %).")] = False,
    code_system: Annotated[str | None, typer.Option(help="Whose codes these are: UAVT ...")] = None,
    valid_from: Day = None,
    valid_to: Day = None,
    constructed: Annotated[bool, typer.Option("--constructed", help="Boundaries are not official.")] = False,
    campaign: Annotated[str | None, typer.Option(help="Which area survey the file belongs to.")] = None,
    campaign_kind: Annotated[
        Literal["sample", "complete", "targeted"] | None, typer.Option(help="What a new survey is.")
    ] = None,
    year: Annotated[int | None, typer.Option(help="Year of the survey or the counts.")] = None,
    form: Annotated[str | None, typer.Option(help="Which questionnaire, if several are loaded.")] = None,
    simulation: Annotated[bool, typer.Option("--simulation", help="The data is simulated.")] = False,
    rejected: Annotated[Path | None, typer.Option(help="Where to write rejected rows.")] = None,
) -> None:
    """Take in a file: whole or not at all, every row accounted for, nothing guessed."""
    at = desk(context)
    options = LoadOptions(
        check=check,
        encoding=encoding,
        delimiter={"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter),
        sheet=sheet,
        header_row=header_row,
        decimal=decimal,
        dates=dates,
        columns=_pairs(columns),
        constants=_pairs(constants) | ({"year": str(year)} if year and kind == "population" else {}),
        mapping=mapping,
        save_mapping=save_mapping,
        crs=crs,
        layer=layer,
        repair=repair,
        code_system=code_system,
        valid_from=valid_from.date() if valid_from else None,
        valid_to=valid_to.date() if valid_to else None,
        constructed=constructed,
        campaign=campaign,
        campaign_kind=campaign_kind,
        year=year,
        form=form,
        simulation=simulation,
        rejected_to=rejected,
    )
    with at.store() as store:
        outcome = load(kind, file, options=options, store=store, actor=actor())
    show(at, outcome)
    at.document(outcome.as_dict(at.language))
    raise typer.Exit(EXIT[outcome.state])


def _pairs(words: Sequence[str] | None) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for word in words or ():
        name, mark, value = word.partition("=")
        if not mark:
            raise RefusedError("load.bad_pair", given=word)
        pairs[name.strip()] = value.strip().strip('"')
    return pairs


def show(at: Desk, outcome: Outcome) -> None:
    """Say what became of the file: counts first, then what to do."""
    at.say(f"load.{outcome.state}", file=outcome.file)
    for sheet in outcome.sheets:
        counts = {
            name: number(int(str(value)), at.language)
            for name, value in sheet.as_dict().items()
            if name != "sheet"
        }
        at.say("load.counts", sheet=sheet.sheet, **counts)
    for asked in outcome.questions:
        at.err.print(explain(asked, at.language), markup=False, highlight=False, soft_wrap=True)
    for level in (Severity.REJECT, Severity.WARNING):
        _list(at, [found for found in outcome.problems if severity(found.code) is level])
    findings = outcome.report.get("findings")
    if isinstance(findings, dict):
        for what, count in findings.items():
            at.say(what, count=number(count, at.language))
    if outcome.rejected_file:
        at.say("load.rejected_file", file=outcome.rejected_file)


def _list(at: Desk, found: Sequence[Problem]) -> None:
    for one in found[:SHOWN]:
        place = " ".join(part for part in (one.sheet, f"#{one.row}" if one.row else "", one.column) if part)
        at.err.print(
            ": ".join(part for part in (place, explain(one, at.language)) if part),
            markup=False,
            highlight=False,
            soft_wrap=True,
        )
    if len(found) > SHOWN:
        at.warn("load.more", count=number(len(found) - SHOWN, at.language))


def make_template(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(help=KIND_HELP)],
    to: Annotated[Path | None, typer.Option(help="File to write.")] = None,
) -> None:
    """Write an Excel form to fill for one kind of file."""
    at = desk(context)
    path = write_template(kind, to or Path(f"{kind}.xlsx"), at.language)
    at.say("load.template", file=path)
    at.document({"file": str(path)})
