"""Service regions of alike loads, in words."""

from app.i18n import Language, say
from app.words.figures import Json, Table, part, people, percent, rows_of, step, table


def balance_lines(plan: Json, language: Language) -> list[str]:
    """What dividing the city evenly among the centres costs."""
    found = part(plan, "balance")
    if not found.get("known"):
        return []
    key = "study.balance_kept" if found["balanced"] else "study.balance_missed"
    extra = step(found["extra_minutes"], language, digits=2)
    return [say(key, language, slack=percent(found["slack"], language), extra=extra)]


def balance_table(plan: Json, language: Language) -> Table:
    """Persons in need of each centre: the nearest, and evenly."""
    rows = [
        [str(one["name"]), people(one.get("nearest"), language), people(one.get("persons"), language)]
        for one in rows_of(part(plan, "balance"), "loads")
    ]
    columns = {"centre": 3.0, "nearest": 1.5, "even": 1.5}
    return table("balance", columns, rows, language, words=("centre",))
