"""The proposal in plain words for the council (PDF): a question, and the answer in a few sentences."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from app.i18n import Language, number, say
from app.report import blocks
from app.report.annex import FILE, write_with_map
from app.report.blocks import Block
from app.report.source import PlanSource, of_plan, of_proposal, stamps
from app.store.session import Store
from app.words import balance_lines, certainty_lines, order_lines, proof_lines, travel_line
from app.words.figures import Json, minutes, names, part, people, percent, rows_of, step, value

HALF_HOUR = "30"
NEAREST_DISTRICTS = 3


def write_council(
    store: Store,
    path: Path,
    language: Language,
    *,
    plan_id: int | None = None,
    proposal_id: int | None = None,
) -> Path:
    """Write what a council reads of a plan or a proposal; equal contents are equal bytes.

    Raises
    ------
    RefusedError
        If there is no such plan or proposal, or the run of the plan is not published.
    """
    source = of_proposal(store, proposal_id) if proposal_id is not None else of_plan(store, plan_id or 0)
    return write_with_map(source, council(source, language), path, language)


def council(source: PlanSource, language: Language) -> dict[str, object]:
    """Everything the template needs."""
    run, plan = source.contents.run, source.shown
    marks = [
        say(key, language) for key in stamps(simulation=run.is_simulation, constructed=source.constructed)
    ]
    title = source.plan.name or say("documents.annex_plan", language, plan=source.plan.id)
    line = say("documents.annex_line", language, title=run.title, number=run.run_id, plan=source.plan.id)
    asked = [
        blocks.section(say(f"council.{name}", language), [answer], new_page=False)
        for name, answer in answers(plan, language).items()
    ]
    picture = blocks.section(
        say("map.plan_title", language),
        [blocks.picture(FILE, say("map.plan_title", language))],
        landscape=True,
    )
    return {
        "language": language,
        "title": title,
        "kicker": say("council.kicker", language),
        "line": line,
        "stamps": marks,
        "warnings": [say("report.warning", language)] if run.is_simulation else [],
        "footer": "  ·  ".join([*marks, line]),
        "facts": _facts(plan, language),
        "sections": [*asked, picture],
    }


def _facts(plan: Json, language: Language) -> Block:
    everybody = part(part(plan, "groups"), "all")
    return blocks.facts(
        [
            (str(len(rows_of(plan, "new"))), say("documents.fact_new", language)),
            (minutes(everybody.get("mean_before"), language), say("documents.fact_before", language)),
            (minutes(everybody.get("mean_after"), language), say("documents.fact_after", language)),
            (people(everybody.get("nearer"), language), say("documents.fact_nearer", language)),
        ]
    )


def answers(plan: Json, language: Language) -> dict[str, Block]:
    """Answer to each question that the plan can answer, in order."""
    told: dict[str, list[str]] = {
        "what": _what(plan, language),
        "why": _why(plan, language),
        "gain": _gain(plan, language),
        "places": _places(plan, language),
        "district": _districts(plan, language),
        "sure": [*proof_lines(plan, language), *certainty_lines(plan, language)[1:]],
        "cost": _cost(plan, language),
        "order": _order(plan, language),
        "tried": _tried(plan, language),
        "even": balance_lines(plan, language),
        "decide": _decisions(plan, language),
        "unknown": [travel_line(part(plan, "travel"), language), say("council.unknown_need", language)],
    }
    return {name: _block(lines) for name, lines in told.items() if lines}


def _block(lines: Sequence[str]) -> Block:
    return blocks.paragraph(lines[0]) if len(lines) == 1 else blocks.bullets(list(lines))


def _what(plan: Json, language: Language) -> list[str]:
    new = rows_of(plan, "new")
    existing = str(len(rows_of(plan, "existing")))
    lines = [say("council.what_new", language, count=len(new), sites=names(new), existing=existing)]
    if closed := rows_of(plan, "closed"):
        lines.append(say("council.what_closed", language, sites=names(closed)))
    return lines


def _why(plan: Json, language: Language) -> list[str]:
    before = part(part(part(plan, "fairness"), "access"), "before")
    everybody = part(part(plan, "groups"), "all")
    lines = [say("council.why_mean", language, mean=minutes(everybody.get("mean_before"), language))]
    if before:
        far = percent(part(before, "beyond").get(HALF_HOUR), language)
        lines.append(say("council.why_far", language, share=far, tail=minutes(before.get("tail"), language)))
    return lines


def _gain(plan: Json, language: Language) -> list[str]:
    everybody = part(part(plan, "groups"), "all")
    after = part(part(part(plan, "fairness"), "access"), "after")
    lines = [
        say(
            "council.gain_mean",
            language,
            mean=minutes(everybody.get("mean_after"), language),
            nearer=people(everybody.get("nearer"), language),
        )
    ]
    if after:
        far = percent(part(after, "beyond").get(HALF_HOUR), language)
        lines.append(say("council.gain_far", language, share=far, tail=minutes(after.get("tail"), language)))
    return lines


def _places(plan: Json, language: Language) -> list[str]:
    return [
        say(
            "council.place",
            language,
            site=str(site["name"]),
            longer=people(site.get("longer"), language),
            loss=minutes(site.get("loss_minutes"), language),
            substitute=names([site["substitute"]] if site.get("substitute") else ()),
        )
        for site in rows_of(part(plan, "reasons"), "sites")
    ]


def _districts(plan: Json, language: Language) -> list[str]:
    """The districts where a centre would cost least, and what not being chosen does not mean."""
    given = [one for one in rows_of(part(plan, "reasons"), "districts") if one.get("enters")]
    nearest = [
        say(
            "council.district_one",
            language,
            district=str(one["district"]),
            extra=step(one.get("extra_minutes"), language, digits=2),
        )
        for one in given[:NEAREST_DISTRICTS]
    ]
    if not nearest:
        return []
    return [
        say("council.district_lead", language, districts="; ".join(nearest)),
        say("council.district_note", language),
    ]


def _cost(plan: Json, language: Language) -> list[str]:
    costs = part(plan, "costs")
    five = value(costs.get("five_years"))
    if five is None:
        return []
    lines = [say("council.cost_five", language, amount=number(five, language))]
    if costs.get("staff") is not None:
        lines.append(say("council.cost_staff", language, staff=people(costs["staff"], language)))
    if value(costs.get("unknown")):
        lines.append(say("council.cost_unknown", language, count=people(costs["unknown"], language)))
    return lines


def _order(plan: Json, language: Language) -> list[str]:
    """What opens when; nothing to say where nothing was worked out."""
    phases = [
        say(
            "council.order_one",
            language,
            phase=place,
            sites=names(phase.get("opens")),
            mean=minutes(phase["mean_minutes"], language),
        )
        for place, phase in enumerate(rows_of(part(plan, "phases"), "phases"), start=1)
    ]
    return [*phases, *order_lines(plan, language)] if phases else []


def _tried(plan: Json, language: Language) -> list[str]:
    return [
        say(
            "council.tried_one",
            language,
            place=str(pin["name"]),
            extra=step(pin.get("extra_minutes"), language, digits=2),
            lose=people(pin.get("lose"), language),
            gain=people(pin.get("gain"), language),
        )
        for pin in rows_of(plan, "pins")
    ]


def _decisions(plan: Json, language: Language) -> list[str]:
    """Which places need which decision."""
    by_decision: dict[str, list[Mapping[str, object]]] = {}
    for site in rows_of(plan, "new"):
        needed = str(site.get("decisions") or "")
        by_decision.setdefault(needed, []).append(site)
    return [
        say(
            "council.decide_one" if needed else "council.decide_none",
            language,
            decision=needed,
            sites=names(sites),
        )
        for needed, sites in sorted(by_decision.items(), key=lambda one: one[0] == "")
    ]
