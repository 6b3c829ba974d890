"""`mahalle refresh`, `runs` and `indicators`."""

import datetime as dt
from pathlib import Path
from typing import Annotated, cast

import typer

from app.cli.console import Desk, actor, desk
from app.i18n import number
from app.store import indicators as stored
from app.store import runs, surveys
from app.store.logins import Login
from app.store.session import Store
from app.store.tables.plan import Run
from survey.indicators import check, read_indicators, suggest
from survey.problems import Code, Refused, explain

run_commands = typer.Typer(
    no_args_is_help=True, help="Numbered risk maps: list, show, examine, check, approve, publish."
)
indicator_commands = typer.Typer(no_args_is_help=True, help="Indicators: check, set, show, suggest.")
RunNumber = Annotated[int | None, typer.Argument(help="Number of the run; the newest that fits otherwise.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the application's."""
    app.command("refresh")(refresh_map)
    app.add_typer(run_commands, name="runs")
    app.add_typer(indicator_commands, name="indicators")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def refresh_map(
    context: typer.Context,
    if_due: Annotated[
        bool, typer.Option("--if-due", help="Only if the published map has reached its age.")
    ] = False,
    campaign: Annotated[str | None, typer.Option(help="Which area survey; the newest otherwise.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 0,
    title: Annotated[str | None, typer.Option(help="Name of the map.")] = None,
) -> None:
    """Make a city-wide numbered draft of the risk map."""
    from app.refresh import RefreshOptions, is_due, refresh  # models take a second to import

    at = desk(context)
    with at.store() as store:
        if if_due and not is_due(store, now=_now()):
            at.say("refresh.not_due", months=at.settings.renewal_months)
            at.document({"due": False})
            return
        options = RefreshOptions(indicators=stored.text(store), campaign=campaign, seed=seed, title=title)
        made = refresh(store, options, actor=actor(), now=_now())
    need = number(made.need_persons, at.language)
    at.say(
        "refresh.made",
        run=made.run_id,
        maps=made.maps,
        areas=made.areas,
        sampled=made.sampled_areas,
        need=need,
    )
    if made.suspicious:
        said = "suspicious_most" if made.changed_without is None else "suspicious"
        at.say(f"refresh.{said}", interviews=made.suspicious, changed=made.changed_without)
    at.say("refresh.next", run=made.run_id)
    names = (
        "run_id",
        "maps",
        "areas",
        "sampled_areas",
        "need_persons",
        "zones",
        "suspicious",
        "changed_without",
        "inputs_sha",
        "tables_sha",
        "seconds",
    )
    at.document({name: getattr(made, name) for name in names})


@run_commands.command("list")
def list_runs(context: typer.Context) -> None:
    """All runs, newest first."""
    at = desk(context)
    with at.store() as store, store.session(Login.REFRESH) as session:
        found = [_as_dict(run) for run in runs.all_runs(session)]
    for run in found:
        at.say("runs.line", **run)
    at.document({"runs": found})


@run_commands.command("show")
def show_run(context: typer.Context, run: RunNumber = None) -> None:
    """One run: state, who moved it, seconds by stage."""
    at = desk(context)
    with at.store() as store, store.session(Login.REFRESH) as session:
        found = runs.get(session, run)
        document = {**_as_dict(found), "seconds": found.seconds, "inputs_sha": found.inputs_sha}
        steps = [
            {"state": s.state, "actor": s.actor, "at": s.at.isoformat(timespec="seconds"), "note": s.note}
            for s in runs.steps(session, found.id)
        ]
    at.say("runs.line", **document)
    for step in steps:
        at.say("runs.step", **step)
    at.document({**document, "steps": steps})


def _as_dict(run: Run) -> dict[str, object]:
    made = run.created_at.isoformat(timespec="seconds")
    return {
        "run": run.id,
        "state": run.state,
        "title": run.title,
        "year": run.year,
        "made": made,
        "by": run.created_by,
    }


def _move(context: typer.Context, run: int | None, to: str, note: str, title: str | None = None) -> None:
    from app.refresh import move

    at = desk(context)
    with at.store() as store:
        moved = move(store, run, to, actor=actor(), now=_now(), note=note, title=title)
    at.say(f"runs.{to}", run=moved)
    at.document({"run": moved, "state": to})


Note = Annotated[str, typer.Option(help="Why, or the number of the decision.")]


@run_commands.command("check")
def check_run(context: typer.Context, run: RunNumber = None, note: Note = "") -> None:
    """Say that a draft was looked over."""
    _move(context, run, "checked", note)


@run_commands.command("examine")
def examine_run(context: typer.Context, run: RunNumber = None) -> None:
    """Ask the models behind a run whether they would have made such data."""
    from app.refresh import examine

    at = desk(context)
    with at.store() as store:
        found = examine(store, run, actor=actor(), now=_now())
    verdicts = [one["verdict"] for one in cast(list[dict[str, object]], found["maps"])]
    counted = {name: verdicts.count(name) for name in ("good", "mind", "bad")}
    at.say("check.done", run=found["run"], maps=len(verdicts), **counted)
    at.document(found)


@run_commands.command("approve")
def approve_run(context: typer.Context, run: RunNumber = None, note: Note = "") -> None:
    """Approve a checked run."""
    _move(context, run, "approved", note)


@run_commands.command("publish")
def publish_run(
    context: typer.Context,
    run: RunNumber = None,
    note: Note = "",
    title: Annotated[str | None, typer.Option(help='Its name, such as "2026 risk haritası".')] = None,
) -> None:
    """Publish an approved run: frozen, and shown from now on."""
    _move(context, run, "published", note, title)


@indicator_commands.command("check")
def check_indicators(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(help="TOML file; the store's own otherwise.")] = None,
    form: Annotated[str | None, typer.Option(help="Which questionnaire.")] = None,
) -> None:
    """Explain each indicator against the loaded form."""
    at = desk(context)
    with at.store() as store:
        text = file.read_text("utf-8") if file else stored.text(store)
        good = _explain(at, store, text, form)
    raise typer.Exit(0 if good else 1)


def _explain(at: Desk, store: Store, text: str, form: str | None) -> bool:
    with store.session(Login.SERVICE) as session:
        _, questionnaire = surveys.form(session, form)
    try:
        found = check(read_indicators(text), questionnaire)
    except Refused as refusal:
        found = refusal.problems
    good = all(one.code is Code.INDICATOR_OK for one in found)
    for one in found:
        at.out.print(
            explain(one, at.language), markup=False, highlight=False, soft_wrap=True
        ) if not at.as_json else None
    at.document(
        {
            "good": good,
            "findings": [
                {"code": str(o.code), "entry": o.given, "message": explain(o, at.language)} for o in found
            ],
        }
    )
    return good


@indicator_commands.command("set")
def set_indicators(
    context: typer.Context,
    file: Path,
    form: Annotated[str | None, typer.Option(help="Which questionnaire.")] = None,
) -> None:
    """Use a TOML file from now on, after checking it."""
    at = desk(context)
    with at.store() as store:
        text = file.read_text("utf-8")
        if not _explain(at, store, text, form):
            raise typer.Exit(1)
        stored.save(store, text, actor=actor(), at=_now())


@indicator_commands.command("show")
def show_indicators(context: typer.Context) -> None:
    """Print the indicators in use."""
    at = desk(context)
    with at.store() as store:
        text = stored.text(store)
    at.out.print(text, markup=False, highlight=False) if not at.as_json else None
    at.document({"indicators": text})


@indicator_commands.command("suggest")
def suggest_indicators(
    context: typer.Context,
    to: Annotated[Path, typer.Option(help="File to write.")] = Path("indicators.toml"),
    form: Annotated[str | None, typer.Option(help="Which questionnaire.")] = None,
) -> None:
    """Draft indicators from the loaded form, to be read line by line."""
    at = desk(context)
    with at.store() as store, store.session(Login.SERVICE) as session:
        _, questionnaire = surveys.form(session, form)
    to.write_text(suggest(questionnaire), "utf-8")
    at.say("indicators.suggested", file=to)
    at.document({"file": str(to)})
