"""`mahalle recommend` and `plans`."""

import datetime as dt
from typing import Annotated

import typer

from app.cli.console import Desk, actor, desk
from app.errors import RefusedError
from app.i18n import number
from app.store import plans
from app.store.logins import Login
from app.store.plans import PlanLine

plan_commands = typer.Typer(no_args_is_help=True, help="Plans of centres: list, try a place, publish.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application's."""
    app.command("recommend")(recommend_centres)
    app.add_typer(plan_commands, name="plans")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def recommend_centres(
    context: typer.Context,
    centres: Annotated[
        int | None, typer.Option(help="How many new centres to open; with a budget as many as it pays.")
    ] = None,
    group: Annotated[
        list[str] | None, typer.Option(help="Whose need, GROUP or GROUP=WEIGHT; everybody otherwise.")
    ] = None,
    region: Annotated[str, typer.Option(help="Only people and candidates of this service region.")] = "",
    name: Annotated[str, typer.Option(help="Name of the plan.")] = "",
    alternatives: Annotated[
        bool,
        typer.Option(
            "--alternatives", help="Work out what else was possible, how sure, for whom, in what order."
        ),
    ] = False,
    at_most: Annotated[
        list[str] | None, typer.Option(help="GROUP=K: most new centres in a group of districts.")
    ] = None,
    budget: Annotated[
        float | None, typer.Option(help="Five years' cost of all new centres, at most.")
    ] = None,
    phases: Annotated[str, typer.Option(help="New centres open at the end of each phase, as 1,3,5.")] = "",
    apart: Annotated[float, typer.Option(help="Metres between any two new centres, at least.")] = 0.0,
    require: Annotated[list[str] | None, typer.Option(help="Key of a site that opens in any case.")] = None,
    leave_out: Annotated[list[str] | None, typer.Option(help="Key of a site that may not open.")] = None,
    closable: Annotated[
        list[str] | None, typer.Option(help="Key of an own centre that may close for one more new one.")
    ] = None,
    others: Annotated[
        str, typer.Option(help="Service that others' centres give too, or * for any; they count as served.")
    ] = "",
    at_least: Annotated[
        list[str] | None, typer.Option(help="GROUP=K: least number of new centres in a group of districts.")
    ] = None,
    priority: Annotated[
        list[str] | None, typer.Option(help="GROUP=FACTOR on a ratio scale; the total is kept.")
    ] = None,
    run: Annotated[
        int | None, typer.Option(help="Run whose need is served; the published one otherwise.")
    ] = None,
    visits: Annotated[
        bool, typer.Option("--visits", help="Serve visits a year, not persons in need.")
    ] = False,
    step_free: Annotated[bool, typer.Option("--step-free", help="Only sites with step-free access.")] = False,
    ownership: Annotated[
        list[str] | None, typer.Option(help="Only sites so held: own, allotted, rented.")
    ] = None,
    time_limit: Annotated[
        float, typer.Option(help="Seconds; the best plan so far comes with its gap.")
    ] = 60.0,
    seed: Annotated[int, typer.Option(help="Seed of the search.")] = 0,
) -> None:
    """Recommend where to open new centres beside the existing ones."""
    from app.recommend import RecommendOptions, SaveAs, recommend

    at = desk(context)
    options = RecommendOptions(
        new=centres,
        groups=_factors([word if "=" in word else f"{word}=1" for word in group or ()]),
        region=region,
        alternatives=alternatives,
        at_least={name: int(k) for name, k in _factors(at_least).items()},
        at_most={name: int(k) for name, k in _factors(at_most).items()},
        budget=budget,
        phases=_whole_numbers(phases),
        apart_m=apart,
        required=tuple(require or ()),
        left_out=tuple(leave_out or ()),
        closable=tuple(closable or ()),
        others=others,
        priority=_factors(priority),
        run_id=run,
        by_visits=visits,
        step_free_only=step_free,
        ownership=tuple(ownership or ()),
        time_limit_seconds=time_limit,
        seed=seed,
    )
    with at.store() as store:
        plan = recommend(store, options, actor=actor(), now=_now(), save=SaveAs(name=name))
    _tell(at, plan)
    at.say("plans.next", plan=plan["plan"])
    at.document(plan)


def _whole_numbers(given: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in given.split(",") if word.strip())
    except ValueError:
        raise RefusedError("load.bad_pair", given=given) from None


def _factors(words: list[str] | None) -> dict[str, float]:
    pairs: dict[str, float] = {}
    for word in words or ():
        name, _, value = word.partition("=")
        try:
            pairs[name.strip()] = float(value.replace(",", "."))
        except ValueError:
            raise RefusedError("load.bad_pair", given=word) from None
    return pairs


def _tell(at: Desk, plan: dict[str, object]) -> None:
    from app.words import certainty_lines, travel_lines

    before, after, new = plan["before"], plan["after"], plan["new"]
    assert isinstance(before, dict)
    assert isinstance(after, dict)
    assert isinstance(new, list)
    for site in new:
        at.say(
            "recommend.site",
            **{
                **site,
                "mean": number(site["mean_minutes"], at.language, digits=1),
                "need": number(site["region_need"], at.language),
            },
        )
    shown = {
        name: number(float(str(words["mean_minutes"])), at.language, digits=1)
        for name, words in (("before", before), ("after", after))
    }
    worst = {
        f"{name}_worst": number(float(str(words["p95_minutes"])), at.language, digits=1)
        for name, words in (("before", before), ("after", after))
    }
    at.say("recommend.minutes", **shown, **worst)
    gap = float(str(plan["gap"])) * 100
    at.say(
        "recommend.proven" if plan["status"] == "optimal" else "recommend.gap",
        gap=number(gap, at.language, digits=2),
    )
    for line in certainty_lines(plan, at.language) if plan.get("certainty") else ():
        at.write(line)
    at.say("recommend.error", minutes=number(float(str(plan["point_error_minutes"])), at.language, digits=1))
    travel = plan["travel"]
    assert isinstance(travel, dict)
    for line in travel_lines(travel, at.language):
        at.write(line)


@plan_commands.command("try")
def try_place(
    context: typer.Context,
    plan: Annotated[int, typer.Argument(help="Number of a draft.")],
    name: Annotated[str, typer.Option(help="Name of the place.")],
    lon: Annotated[float, typer.Option(help="Longitude, degrees.")],
    lat: Annotated[float, typer.Option(help="Latitude, degrees.")],
) -> None:
    """Try a place somebody names beside a plan: its cost in minutes, and whose way it changes."""
    from app.recommend import Pin, try_pin

    at = desk(context)
    with at.store() as store:
        found = try_pin(store, plan, Pin(name=name, lon=lon, lat=lat), actor=actor(), now=_now())
    at.say(
        "council.tried_one",
        place=found["name"],
        extra=number(float(str(found["extra_minutes"])), at.language, digits=2),
        lose=number(float(str(found["lose"])), at.language),
        gain=number(float(str(found["gain"])), at.language),
    )
    at.document(found)


@plan_commands.command("list")
def list_plans(context: typer.Context) -> None:
    """All plans, newest first."""
    at = desk(context)
    with at.store() as store, store.session(Login.SERVICE) as session:
        found = [_plan_line(plan) for plan in plans.all_plans(session)]
    for line in found:
        at.say("plans.line", **line)
    at.document({"plans": found})


def _plan_line(plan: PlanLine) -> dict[str, object]:
    made = plan.created_at.isoformat(timespec="seconds")
    sites = ", ".join(plan.sites)
    same = {"plan": plan.id, "name": plan.name, "run": plan.run_id, "state": plan.state}
    return {**same, "region": plan.region, "sites": sites, "made": made}


@plan_commands.command("publish")
def publish_plan(
    context: typer.Context,
    plan: Annotated[int | None, typer.Argument(help="Number of the plan; the newest otherwise.")] = None,
) -> None:
    """Let planners, exports and reports show a plan."""
    from app.recommend import publish_plan

    at = desk(context)
    with at.store() as store:
        done = publish_plan(store, plan, actor=actor())
    at.say("plans.published", plan=done)
    at.document({"plan": done, "state": "published"})


# --------------------------------------------------------------- indicators
