"""`mahalle demo`: the demonstration city, from files to a map and a plan."""

import contextlib
import datetime as dt
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.console import Desk, actor, desk, lay_out
from app.cli.load import show
from app.cli.serve import watch
from app.errors import MahalleError
from app.i18n import say
from app.store.session import Store

if TYPE_CHECKING:
    from app.refresh import RunSummary

INSTANCE = "demo"
ORDER = ("areas", "population", "groups", "centres", "sites", "form", "survey", "cases")
CENTRES = 3
PROPOSED_PLACE, PROPOSED_LON, PROPOSED_LAT = "Konyaaltı, önerilen bina", 30.63, 36.87
PLANNER, HEAD = "benzetim: planlamacı", "benzetim: daire başkanı"
STEPS = (("checked", PLANNER), ("approved", HEAD), ("published", HEAD))


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
    codes: Annotated[bool, typer.Option("--codes", help="Only print fresh codes to sign in with.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the pages.")] = 8501,
) -> None:
    """Make the simulated city, map it, plan for it, write the results and open the pages (BENZETİM)."""
    given = desk(context)
    at = lay_out(instance=INSTANCE, language=given.language, as_json=given.as_json)
    if codes:
        at.document({"codes": _codes(at)})
        return
    out.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    summary = _run(at, out, centres)
    summary["seconds_total"] = round(time.perf_counter() - began, 2)
    (out / "summary.json").write_text(
        json.dumps(summary, ensure_ascii=False, indent=1, default=str) + "\n", "utf-8"
    )
    at.say("demo.done", folder=out, seconds=round(time.perf_counter() - began))
    if no_serve:
        at.document(summary)
        return
    _codes(at)
    watch(at, ["--port", str(port)], scheme="http", host="127.0.0.1", port=port)


def _codes(at: Desk) -> list[dict[str, object]]:
    """Make one account a role, and print a fresh code of each."""
    from app.demo.accounts import fresh_codes

    with at.store() as store:
        made = fresh_codes(store, now=_now())
    for one, role in made:
        at.say("demo.code", role=say(f"role.{role}", at.language), name=one.name, code=one.code)
    at.say("demo.codes_live", hours=made[0][0].minutes // 60)
    return [{"name": one.name, "role": role, "code": one.code} for one, role in made]


@dataclass(slots=True)
class _Laps:
    """Seconds by stage, said as they pass."""

    at: Desk
    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Time one stage."""
        began = time.perf_counter()
        yield
        self.seconds[stage] = round(time.perf_counter() - began, 2)
        self.at.say("demo.stage", stage=stage, seconds=self.seconds[stage])


def _run(at: Desk, out: Path, centres: int) -> dict[str, object]:
    """Every step in the order a municipality takes them."""
    from app.demo import files
    from app.export import export_run
    from app.report import write_report

    source, lap = out / "girdi", _Laps(at)
    with lap("simulate"):
        files.write(source)
    with at.store() as store:
        with lap("load"):
            loads = {kind: _load(at, store, kind, source / files.FILES[kind]) for kind in ORDER}
        with lap("refresh"):
            made = _draft(store, seed=files.SEED)
        with lap("examine"):
            _answer_for(store, made.run_id)
        with lap("recommend"):
            plan = _plan(store, made.run_id, centres, seed=files.SEED)
        with lap("export"):
            export_run(store, out, at.language)
        with lap("report"):
            write_report(store, out / "report.pdf", at.language)
    told = ("run_id", "maps", "sampled_areas", "need_persons", "zones", "inputs_sha", "tables_sha")
    proof = ("plan", "objective_person_minutes", "bound_person_minutes", "gap")
    return {
        "simulation": "BENZETİM",
        "loads": loads,
        "areas": made.areas,
        "run": {name: getattr(made, name) for name in told},
        "plan": {name: plan[name] for name in proof},
        "new_centres": [site["key"] for site in plan["new"]] if isinstance(plan["new"], list) else [],
        "seconds": lap.seconds,
        "seconds_refresh": dict(made.seconds),
    }


def _draft(store: Store, *, seed: int) -> "RunSummary":
    """Set the indicators and refresh."""
    from app.refresh import RefreshOptions, refresh
    from app.store import indicators

    text = resources.files("app.demo.data").joinpath("indicators.toml").read_text("utf-8")
    indicators.save(store, text, actor=actor(), at=_now())
    return refresh(store, RefreshOptions(indicators=text, seed=seed), actor=actor(), now=_now())


def _answer_for(store: Store, run_id: int) -> None:
    """Check the models, and move the draft through its states by simulated people."""
    from app.refresh import examine, move

    examine(store, run_id, actor=actor(), now=_now())
    for state, who in STEPS:
        move(store, run_id, state, actor=who, now=_now())


def _plan(store: Store, run_id: int, centres: int, *, seed: int) -> dict[str, object]:
    """Recommend centres, try a place that somebody proposed, and publish the plan."""
    from app.recommend import Pin, RecommendOptions, SaveAs, publish_plan, recommend, try_pin

    options = RecommendOptions(new=centres, run_id=run_id, seed=seed, alternatives=True)
    save = SaveAs(name=f"{centres} yeni merkez")
    plan = recommend(store, options, actor=STEPS[0][1], now=_now(), save=save)
    number = int(str(plan["plan"]))
    place = Pin(name=PROPOSED_PLACE, lon=PROPOSED_LON, lat=PROPOSED_LAT)
    pin = try_pin(store, number, place, actor=STEPS[0][1], now=_now())
    publish_plan(store, number, actor=STEPS[1][1])
    return {**plan, "pins": [pin]}


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


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
