"""In which order to open, in words."""

from app.i18n import Language, say
from app.words.figures import Json, Table, minutes, names, part, percent, rows_of, table


def order_lines(plan: Json, language: Language) -> list[str]:
    """Whether the last phase is the plan, and why there are no phases where there are none."""
    found = part(plan, "phases")
    if not found:
        return []
    if not found.get("known"):
        return [say(f"study.order_not_{found['why']}", language)]
    return [say("study.order_same" if found.get("same") else "study.order_other", language)]


def phase_table(plan: Json, language: Language) -> Table:
    """What opens when, and what keeping what was opened costs."""
    rows = [
        [
            str(place),
            names(phase.get("opens")),
            str(phase["open"]),
            minutes(phase["mean_minutes"], language),
            minutes(phase["best_minutes"], language),
            percent(phase["regret_share"], language, digits=1),
        ]
        for place, phase in enumerate(rows_of(part(plan, "phases"), "phases"), start=1)
    ]
    columns = {"phase": 0.7, "opens": 4.0, "open": 1.0, "mean": 1.2, "best": 1.4, "regret": 1.4}
    return table("phase", columns, rows, language, words=("phase", "opens"))
