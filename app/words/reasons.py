"""Why these places and no others, in words."""

from collections.abc import Mapping, Sequence
from typing import cast

from app.i18n import Language, number, say
from app.words.figures import (
    NOTHING,
    Json,
    Table,
    minutes,
    names,
    part,
    people,
    rows_of,
    step,
    table,
    value,
)


def reason_table(plan: Json, language: Language) -> Table:
    """What each site is for, what would replace it, and how far the minutes may be wrong."""
    rows = [
        [
            str(site["name"]),
            step(site["loss_minutes"], language),
            people(site.get("longer"), language),
            names([site["substitute"]] if site.get("substitute") else ()),
            step(site.get("substitute_minutes"), language, digits=2),
            minutes(site.get("shorter_minutes"), language),
            _margin(site.get("safe_factor"), language),
        ]
        for site in rows_of(part(plan, "reasons"), "sites")
    ]
    columns = {
        "site": 2.4,
        "loss": 1.1,
        "longer": 1.1,
        "substitute": 2.4,
        "cost": 1.1,
        "shorter": 1.1,
        "margin": 1.2,
    }
    return table("reason", columns, rows, language, words=("site", "substitute"))


def _margin(factor: object, language: Language) -> str:
    """By how much the ways to a site may grow before another is better."""
    found = value(factor)
    if found is None:
        return NOTHING
    return f"+{say('study.percent', language, value=number(max(found - 1, 0) * 100, language, digits=1))}"


def served_table(plan: Json, language: Language, titles: Mapping[str, str]) -> Table:
    """Who is nearest to each new site, by group."""
    sites = rows_of(part(plan, "reasons"), "sites")
    groups = [name for name in titles if sites and name in part(sites[0], "served")]
    rows = [
        [str(site["name"]), *(people(part(site, "served").get(name), language) for name in groups)]
        for site in sites
    ]
    return Table(
        title=say("study.served", language),
        note=say("study.served_note", language),
        head=[say("study.served_site", language), *(titles[name] for name in groups)],
        rows=rows if groups else [],
        numbers=tuple(range(1, len(groups) + 1)),
        widths=(2.6, *([1.1] * len(groups))),
    )


def why_not_table(plan: Json, language: Language) -> Table:
    """What a centre in each other district would cost."""
    rows = [
        _instead(str(one["district"]), one, language) for one in rows_of(part(plan, "reasons"), "districts")
    ]
    columns = {"district": 1.5, "enters": 2.4, "displaced": 2.4, "extra": 1.1, "lose": 1.1, "gain": 1.1}
    return table("why_not", columns, rows, language, words=("district", "enters", "displaced"))


def pin_table(plan: Json, language: Language) -> Table:
    """What each place that was tried would cost."""
    rows = [
        _instead(f"{pin['name']} ({pin['district']})", pin, language, pinned=True)
        for pin in cast(Sequence[Json], plan.get("pins") or ())
    ]
    columns = {"place": 2.6, "displaced": 2.6, "extra": 1.2, "lose": 1.2, "gain": 1.2}
    return table("pin", columns, rows, language, words=("place", "displaced"))


def _instead(what: str, one: Json, language: Language, *, pinned: bool = False) -> list[str]:
    status = str(one.get("status"))
    if status in ("no_candidate", "no_room"):
        said = [what, say(f"study.why_{status}", language), NOTHING, NOTHING, NOTHING, NOTHING]
        return said[:1] + said[2:] if pinned else said
    entering = [] if pinned else [names(one.get("enters"))]
    return [
        what,
        *entering,
        names(one.get("displaced")),
        step(one.get("extra_minutes"), language, digits=2),
        people(one.get("lose"), language),
        people(one.get("gain"), language),
    ]
