"""How sure a plan is, in words."""

from app.i18n import Language, number, say
from app.words.figures import (
    Json,
    Table,
    minutes,
    names,
    part,
    percent,
    rows_of,
    step,
    table,
    value,
)

PROVEN = 1e-6  # a smaller gap is rounding


def certainty_lines(plan: Json, language: Language) -> list[str]:
    """What other needs, as likely as the estimate, would have chosen, and what choosing wrongly costs."""
    found = part(plan, "certainty")
    if not found:
        return [say("study.certainty_none", language)]
    if not found.get("known"):
        return [say(f"study.certainty_not_{found['why']}", language)]
    lost, cautious = part(found, "regret_minutes"), part(found, "cautious")
    lines = [
        say("study.certainty_drawn", language, draws=number(float(str(found["draws"])), language)),
        say(
            "study.certainty_best",
            language,
            share=percent(found["best_share"], language),
            mean=number(value(lost["mean"]) or 0.0, language, digits=2),
            p95=number(value(lost["p95"]) or 0.0, language, digits=2),
        ),
    ]
    if (value(found["largest_gap"]) or 0.0) <= PROVEN:
        lines.append(say("study.certainty_proven", language))
    return [*lines, _cautious(cautious, language)]


def _cautious(found: Json, language: Language) -> str:
    if found.get("same"):
        return say("study.cautious_same", language)
    return say(
        "study.cautious_other",
        language,
        sites=names(found.get("sites")),
        extra=step(found.get("extra_minutes"), language, digits=2),
        own=minutes(found.get("own_worst_minutes"), language),
        worst=minutes(found.get("worst_minutes"), language),
    )


def inclusion_table(plan: Json, language: Language) -> Table:
    """How often each site is in the best plan, alone and with its near substitutes."""
    rows = [
        [
            str(site["name"]),
            str(site.get("district") or ""),
            say(
                "study.share_error",
                language,
                share=_whole(site["inclusion"], language),
                error=_whole(site["error"], language),
            ),
            percent(site["group_inclusion"], language),
            say("report.answer_true" if site.get("chosen") else "report.answer_false", language),
        ]
        for site in rows_of(part(plan, "certainty"), "sites")
    ]
    columns = {"site": 3.0, "district": 1.5, "share": 1.4, "group": 1.6, "chosen": 0.9}
    return table("inclusion", columns, rows, language, words=("site", "district", "chosen"))


def _whole(share: object, language: Language) -> str:
    return number((value(share) or 0.0) * 100, language)


def near_table(plan: Json, language: Language) -> Table:
    """Other plans that are almost as good."""
    rows = [
        [
            names(other.get("enters")),
            names(other.get("leaves")),
            step(other.get("extra_minutes"), language, digits=2),
            percent(other.get("share"), language),
        ]
        for other in rows_of(part(plan, "certainty"), "near")
    ]
    columns = {"enters": 3.0, "leaves": 3.0, "extra": 1.2, "share": 1.4}
    return table("near", columns, rows, language, words=("enters", "leaves"))
