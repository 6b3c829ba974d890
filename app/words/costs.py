"""What a plan costs and whom it needs, in words."""

from app.i18n import Language, number, say
from app.words.figures import NOTHING, Json, Table, part, people, rows_of, table, value


def cost_table(plan: Json, language: Language) -> Table:
    """Money and staff of each new centre, and of all together."""
    sites = rows_of(plan, "new")
    rows = [
        [
            str(site["name"]),
            _money(site.get("opening_cost"), language),
            _money(_yearly(site), language),
            _money(site.get("five_year_cost"), language),
            people(site.get("staff"), language),
            str(site.get("decisions") or NOTHING),
        ]
        for site in sites
    ]
    costs = part(plan, "costs")
    if costs and len(sites) > 1:
        rows.append(
            [
                say("study.cost_all", language),
                _money(costs.get("opening"), language),
                NOTHING,
                _money(costs.get("five_years"), language),
                people(costs.get("staff"), language),
                NOTHING,
            ]
        )
    columns = {"site": 2.6, "opening": 1.3, "yearly": 1.3, "five": 1.4, "staff": 0.9, "decisions": 2.0}
    return table("cost", columns, rows, language, words=("site", "decisions"))


def _yearly(site: Json) -> float | None:
    """Running cost and rent of a year."""
    running, rent = value(site.get("yearly_cost")), value(site.get("rent"))
    return None if running is None and rent is None else (running or 0.0) + 12 * (rent or 0.0)


def _money(given: object, language: Language) -> str:
    found = value(given)
    return NOTHING if found is None else number(found, language)


def beside_lines(plan: Json, language: Language) -> list[str]:
    """Which services of others a new centre would stand beside."""
    lines = []
    for site in rows_of(plan, "new"):
        near = [
            say(
                "study.beside_one",
                language,
                name=str(other["name"]),
                owner=say(f"study.owner_{other['owner']}", language),
                metres=number(float(str(other["metres"])), language),
            )
            for other in rows_of(site, "beside")
        ]
        if near:
            lines.append(say("study.beside", language, site=str(site["name"]), others="; ".join(near)))
    return lines or [say("study.beside_none", language)]
