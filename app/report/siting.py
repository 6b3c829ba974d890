"""Chapters on the plan: where, for whom, how much nearer, and how sure."""

from collections.abc import Collection, Mapping, Sequence
from typing import cast

from app.i18n import Language, catalogue, number, say
from app.report import blocks
from app.report.blocks import Block
from app.report.pictures import PLAN, Pictures
from app.report.risk import titles_of_groups
from app.views import Contents, Plan
from app.words import proof_lines, travel_lines

Centre = Mapping[str, object]
EVERYBODY = "all"
SEXES = ("female", "male")


def chapters(contents: Contents, pictures: Pictures, language: Language) -> list[Block]:
    """The plan's map and its chapter; a run without a plan says how to get one."""
    title = say("report.plan", language)
    if contents.plan is None:
        return [blocks.section(title, [blocks.paragraph(say("report.plan_none", language))])]
    found = []
    if file := pictures.get(PLAN):
        name = say("map.plan_title", language)
        found.append(blocks.section(name, [blocks.picture(file, name)], landscape=True))
    return [*found, blocks.section(title, _plan(contents.plan, contents, language))]


def _plan(plan: Plan, contents: Contents, language: Language) -> list[Block]:
    new, old = cast(Sequence[Centre], plan["new"]), cast(Sequence[Centre], plan["existing"])
    return [
        blocks.paragraph(say("report.plan_lead", language, new=len(new), existing=len(old))),
        blocks.heading(say("report.sites", language)),
        sites(new, language),
        blocks.heading(say("report.regions", language)),
        regions([*new, *old], language),
        blocks.heading(say("report.gains", language)),
        gains(plan, contents, language),
        blocks.heading(say("report.proof", language)),
        blocks.bullets([served(plan, contents, language), *proof(plan, language)]),
    ]


def sites(new: Sequence[Centre], language: Language) -> Block:
    """What each recommended building is and needs."""
    head = [
        say(f"report.site_{name}", language)
        for name in ("name", "district", "ownership", "rent", "step_free", "decisions")
    ]
    rows = [
        [
            f"{place}. {site['name']}",
            str(site.get("district") or "–"),
            word("report.ownership", site.get("ownership"), language),
            amount(site.get("rent"), language),
            word("report.answer", site.get("step_free"), language),
            str(site.get("decisions") or "–"),
        ]
        for place, site in enumerate(new, start=1)
    ]
    return blocks.table(head, rows, widths=[3, 1.3, 1.1, 1.2, 1.2, 2], text_columns=(0, 1, 2, 4, 5))


def regions(centres: Sequence[Centre], language: Language) -> Block:
    """What each centre would answer for."""
    head = [
        say(f"report.region_{name}", language)
        for name in ("centre", "areas", "people", "need", "mean", "p95")
    ]
    rows = [
        [
            str(centre["name"]),
            *(amount(centre.get(f"region_{name}"), language) for name in ("areas", "population", "need")),
            *(minutes(centre.get(f"{name}_minutes"), language) for name in ("mean", "p95")),
        ]
        for centre in centres
    ]
    return blocks.table(head, rows, widths=[3.2, 1.2, 1.3, 1.4, 1.2, 1.2])


def gains(plan: Plan, contents: Contents, language: Language) -> Block:
    """Minutes before and after: of those served, then by group."""
    groups = cast(Mapping[str, Centre], plan["groups"])
    names = titles(groups, contents, language)
    head = [
        say(f"report.gain_{name}", language)
        for name in ("group", "persons", "mean_before", "mean_after", "p95_before", "p95_after")
    ]
    rows = [
        [
            names[name],
            amount(groups[name].get("persons"), language),
            *(
                minutes(groups[name].get(f"{what}_{when}"), language)
                for what in ("mean", "p95")
                for when in ("before", "after")
            ),
        ]
        for name in names
    ]
    return blocks.table(head, rows, widths=[2.4, 1.4, 1.2, 1.2, 1.2, 1.2])


def titles(groups: Collection[str], contents: Contents, language: Language) -> dict[str, str]:
    """Name of each group in words, everybody first, cells of sex and age last."""
    known = titles_of_groups(contents.maps, language) | {EVERYBODY: say("report.everybody", language)}
    ordered = sorted(groups, key=lambda name: (name != EVERYBODY, name not in known, name))
    return {name: known.get(name) or _cell(name, language) for name in ordered}


def served(plan: Plan, contents: Contents, language: Language) -> str:
    """Whose need the plan serves, in which unit, with which priorities."""
    weights = cast(Mapping[str, object], plan.get("weights") or {})
    factors = cast(Mapping[str, float], weights.get("priority") or {})
    names = titles_of_groups(contents.maps, language) | {EVERYBODY: say("report.everybody", language)}
    unit = "visits" if "visits" in str(weights.get("unit", "")) else "persons"
    given = [
        f"{names.get(name, name)} x {number(factor, language, digits=1)}" for name, factor in factors.items()
    ]
    priority = say("report.priorities", language, given=", ".join(given)) if given else ""
    line = say("report.served", language, group=_served_groups(weights, names, language))
    return f"{line} {say(f'report.served_{unit}', language)} {priority}".strip()


def _served_groups(weights: Mapping[str, object], names: Mapping[str, str], language: Language) -> str:
    """`Çocuklar` alone, `Çocuklar x 2,0, Yaşlılar x 1,0` for several."""
    given = cast(Mapping[str, float], weights.get("groups") or {str(weights.get("group") or EVERYBODY): 1.0})
    told = {names.get(name) or _cell(name, language): weight for name, weight in given.items()}
    if len(told) == 1:
        return next(iter(told))
    return ", ".join(f"{name} x {number(weight, language, digits=1)}" for name, weight in told.items())


def _cell(name: str, language: Language) -> str:
    """A cell of sex and ages: `kadın 65+` for `female 65+`; any other name as it is."""
    sex, _, ages = name.partition(" ")
    return f"{say(f'map.sex_{sex}', language)} {ages}" if sex in SEXES and ages else name


def proof(plan: Plan, language: Language) -> list[str]:
    """How good the choice is proven to be, in words, and what it does not know."""
    objective = float(str(plan["objective_person_minutes"]))
    error = float(str(plan.get("point_error_person_minutes") or 0))
    share = number(100 * error / objective, language, digits=1) if objective else "–"
    lines = [
        *proof_lines(plan, language),
        say("report.proof_saved", language, **_saved(plan, language)),
        say("report.proof_point", language, error=number(error, language), share=share),
        *travel_lines(cast(Mapping[str, object], plan["travel"]), language),
    ]
    if minimums := cast(Mapping[str, int], plan.get("minimums") or {}):
        given = ", ".join(f"{name}: {least}" for name, least in sorted(minimums.items()))
        lines.append(say("report.proof_minimums", language, minimums=given))
    unserved = cast(Sequence[str], plan.get("unserved") or ())
    lines.append(say("report.unserved" if unserved else "report.nobody_left", language, count=len(unserved)))
    return lines


def _saved(plan: Plan, language: Language) -> dict[str, str]:
    before, after = cast(Centre, plan["before"]), cast(Centre, plan["after"])
    names = {"before": before.get("mean_minutes"), "after": after.get("mean_minutes")}
    return {name: minutes(value, language) for name, value in names.items()}


def word(prefix: str, value: object, language: Language) -> str:
    """A value's name from the catalogue; the value itself if the catalogue has none, a dash for nothing."""
    if value is None or value == "":
        return "–"
    key = f"{prefix}_{str(value).lower()}"
    return say(key, language) if key in catalogue(language) else str(value)


def amount(value: object, language: Language) -> str:
    """A whole number, a dash for nothing."""
    return "–" if value in (None, "") else number(float(str(value)), language)


def minutes(value: object, language: Language) -> str:
    """Minutes with one digit, a dash for nothing."""
    return "–" if value is None else number(float(str(value)), language, digits=1)
