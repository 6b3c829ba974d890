"""`mahalle demo`: the demonstration city, from files to a map and a plan."""

import datetime as dt
import json
import time
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from app.cli.console import Desk, actor, desk, lay_out
from app.cli.load import show
from app.errors import MahalleError
from app.store.session import Store

INSTANCE = "demo"
ORDER = ("areas", "population", "groups", "centres", "sites", "form", "survey", "cases")
CENTRES = 3
PEOPLE = ("benzetim: planlamacı", "benzetim: daire başkanı")


def register(app: typer.Typer) -> None:
    """Add this command to the application's."""
    app.command("demo")(demo)


def demo(
    context: typer.Context,
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="End after the files; start no server.")
    ] = False,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("out"),
    centres: Annotated[int, typer.Option(help="How many new centres to recommend.")] = CENTRES,
) -> None:
    """Make the simulated city, load it, map it, plan for it and write the results (BENZETİM)."""
    given = desk(context)
    at = lay_out(instance=INSTANCE, language=given.language, as_json=given.as_json)
    out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    summary = _run(at, out, centres)
    summary["seconds_total"] = round(time.perf_counter() - began, 2)
    (out / "summary.json").write_text(
        json.dumps(summary, ensure_ascii=False, indent=1, default=str) + "\n", "utf-8"
    )
    at.say("demo.done", folder=out, seconds=round(time.perf_counter() - began))
    if not no_serve:
        at.say("demo.no_server")
    at.document(summary)


def _run(at: Desk, out: Path, centres: int) -> dict[str, object]:
    """Every step in the order a municipality takes them."""
    from app.demo import files
    from app.export import export_run
    from app.recommend import RecommendOptions, recommend
    from app.refresh import RefreshOptions, move, refresh
    from app.report import write_report
    from app.store import indicators, plans
    from app.store.logins import Login

    seconds: dict[str, float] = {}
    clock = time.perf_counter()

    def lap(stage: str) -> None:
        nonlocal clock
        seconds[stage] = round(time.perf_counter() - clock, 2)
        at.say("demo.stage", stage=stage, seconds=seconds[stage])
        clock = time.perf_counter()

    source = out / "girdi"
    files.write(source)
    lap("simulate")
    now = dt.datetime.now(dt.UTC)
    with at.store() as store:
        loads = {kind: _load(at, store, kind, source / files.FILES[kind]) for kind in ORDER}
        lap("load")
        text = resources.files("app.demo.data").joinpath("indicators.toml").read_text("utf-8")
        indicators.save(store, text, actor=actor(), at=now)
        made = refresh(store, RefreshOptions(indicators=text, seed=files.SEED), actor=actor(), now=now)
        for state, who in zip(
            ("checked", "approved", "published"), (PEOPLE[0], PEOPLE[1], PEOPLE[1]), strict=True
        ):
            move(store, made.run_id, state, actor=who, now=dt.datetime.now(dt.UTC))
        lap("refresh")
        options = RecommendOptions(new=centres, run_id=made.run_id, seed=files.SEED)
        plan = recommend(store, options, actor=PEOPLE[0], now=now)
        with store.session(Login.SERVICE) as session:
            plans.publish(session, int(str(plan["plan"])))
        lap("recommend")
        export_run(store, out, at.language)
        lap("export")
        write_report(store, out / "report.pdf", at.language)
        lap("report")
    return {
        "simulation": "BENZETİM",
        "loads": loads,
        "areas": made.areas,
        "run": {
            name: getattr(made, name) for name in ("run_id", "maps", "sampled_areas", "need_persons", "zones")
        },
        "inputs_sha": made.inputs_sha,
        "tables_sha": made.tables_sha,
        "plan": {
            name: plan[name] for name in ("plan", "objective_person_minutes", "bound_person_minutes", "gap")
        },
        "new_centres": [site["key"] for site in plan["new"]] if isinstance(plan["new"], list) else [],
        "seconds": seconds,
        "seconds_refresh": dict(made.seconds),
    }


def _load(at: Desk, store: Store, kind: str, path: Path) -> dict[str, object]:
    """Load one file the way `mahalle load` does; a demonstration that loses a row is a defect."""
    from app.intake import LoadOptions, load

    options = LoadOptions(
        simulation=True,
        constructed=kind == "areas",
        code_system="TÜİK" if kind == "areas" else None,
        valid_from=dt.date(2026, 1, 1) if kind == "areas" else None,
        campaign_kind="sample" if kind == "survey" else None,
    )
    outcome = load(kind, path, options=options, store=store, actor=actor())
    show(at, outcome)
    if outcome.state != "stored":
        raise MahalleError("demo.not_loaded", file=path.name)
    return {"sheets": [sheet.as_dict() for sheet in outcome.sheets]}
