"""For whom a plan is good, in words."""

from collections.abc import Sequence

from app.i18n import Language, number, say
from app.words.figures import (
    NOTHING,
    Json,
    Table,
    minutes,
    names,
    part,
    people,
    percent,
    rows_of,
    step,
    table,
    value,
)

IN_MINUTES = ("mean", "median", "p95", "tail")
INDICES = ("gini", "concentration")


def frontier_table(plan: Json, language: Language) -> Table:
    """Plans between the shortest mean way and the shortest ways of the worst-served."""
    points = rows_of(part(plan, "fairness"), "points")
    first = value(points[0]["mean_minutes"]) if points else None
    rows = [
        [
            f"{place}{' *' if point.get('chosen') else ''}",
            names(point.get("sites")),
            minutes(point["mean_minutes"], language),
            minutes(point["tail_minutes"], language),
            _price(point, first, language),
            percent(point["gap"], language, digits=2),
        ]
        for place, point in enumerate(points, start=1)
    ]
    columns = {"place": 0.6, "sites": 4.0, "mean": 1.0, "tail": 1.3, "price": 1.3, "gap": 1.0}
    return table("frontier", columns, rows, language, words=("place", "sites"))


def _price(point: Json, first: float | None, language: Language) -> str:
    mean = value(point["mean_minutes"])
    return (
        NOTHING
        if point.get("price") is None or first is None or mean is None
        else step(mean - first, language, digits=2)
    )


def access_table(plan: Json, language: Language) -> Table:
    """Spread of ways over persons in need, before and after."""
    both = part(part(plan, "fairness"), "access")
    before, after = part(both, "before"), part(both, "after")
    rows = []
    if after:
        rows = [
            _access_row(name, before.get(name), after.get(name), language) for name in (*IN_MINUTES, *INDICES)
        ]
        then, now = part(before, "beyond"), part(after, "beyond")
        rows += [
            [
                say("study.access_beyond", language, minutes=limit),
                percent(then.get(limit), language),
                percent(now[limit], language),
            ]
            for limit in now
        ]
    rows += _catchment_rows(part(part(plan, "fairness"), "catchment"), language)
    columns = {"measure": 3.5, "before": 1.0, "after": 1.0}
    return table("access", columns, rows, language, words=("measure",))


def _access_row(name: str, before: object, after: object, language: Language) -> list[str]:
    if name in INDICES:
        told = [
            NOTHING if one is None else number(value(one) or 0.0, language, digits=2)
            for one in (before, after)
        ]
    else:
        told = [minutes(one, language) for one in (before, after)]
    return [say(f"study.access_{name}", language), *told]


def _catchment_rows(found: Json, language: Language) -> list[list[str]]:
    if not found:
        return []
    places = number(value(found["places_per_1000"]) or 0.0, language, digits=1)
    return [
        [say("study.access_places", language), NOTHING, places],
        [say("study.access_reached", language), NOTHING, percent(found["reached_share"], language)],
    ]


def district_table(plan: Json, language: Language) -> Table:
    """Mean and worst-served ways by district, those that gain least at the end."""
    given = rows_of(part(plan, "fairness"), "districts")
    ordered = sorted(given, key=lambda one: (-_gain(one), str(one["district"])))
    names_of = ("mean_before", "mean_after", "tail_before", "tail_after")
    rows = [
        [
            str(one["district"]),
            people(one.get("persons"), language),
            *(minutes(one.get(name), language) for name in names_of),
        ]
        for one in ordered
    ]
    columns = {"district": 2.0, "persons": 1.2, **dict.fromkeys(names_of, 1.2)}
    return table("district", columns, rows, language, words=("district",))


def _gain(one: Json) -> float:
    before, after = (value(one.get(f"mean_{when}")) for when in ("before", "after"))
    return 0.0 if before is None or after is None else before - after


def points(plan: Json) -> Sequence[Json]:
    """Points of the frontier."""
    return rows_of(part(plan, "fairness"), "points")
