"""Between the mean and the worst-served: a chart whose points can be chosen and made the plan."""

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from app import words
from app.dashboard import tables, work
from app.dashboard.screens.siting.state import SLOT, asked_before, may_change
from app.dashboard.screens.siting.words import keyed, minutes
from app.dashboard.session import visitor, word
from app.words.fairness import points

Json = Mapping[str, object]
FEWEST = 2
ROOM = 14.0  # per cent of the picture, left free round the points


def show(plan: Json, result: Json, *, going: bool) -> None:
    """The chart, its table, and the point that is chosen."""
    given = points(result)
    if len(given) < FEWEST:
        return
    told = words.frontier_table(result, visitor().language)
    tables.title(told.title, told.note)
    labels = {
        place: word(
            "siting.point",
            place=place + 1,
            mean=minutes(one["mean_minutes"]),
            tail=minutes(one["tail_minutes"]),
        )
        for place, one in enumerate(given)
    }
    own = next((place for place, one in enumerate(given) if one.get("chosen")), None)
    key = keyed(f"siting_point_{plan['id']}_{plan['version']}")
    taken = st.session_state.get(key, own)
    st.html(chart(given, taken))
    st.pills(
        word("siting.points"),
        list(labels),
        default=own,
        format_func=labels.__getitem__,
        key=key,
    )
    if taken is not None:
        _point(plan, given[int(taken)], going=going)
    tables.table(told.title, told.head, told.rows, numbers=told.numbers)


def _point(plan: Json, point: Json, *, going: bool) -> None:
    """The sites of a point, and the way to make it the plan."""
    sites = [dict(site) for site in _sites(point)]
    told = word("siting.point_sites", sites=", ".join(str(site["name"]) for site in sites))
    st.html(f"<p class='pl-proof'>{escape(told)}</p>")
    if point.get("chosen") or not may_change(plan):
        return
    body = {
        **asked_before(plan),
        "required": [str(site["key"]) for site in sites],
        "new": len(sites),
        "alternatives": True,
        "plan_id": int(str(plan["id"])),
    }
    st.button(
        word("siting.take_point"),
        key=keyed(f"siting_take_{plan['id']}_{plan['version']}"),
        icon=":material/check:",
        disabled=going,
        on_click=work.ask,
        args=(SLOT, "recommend", body),
    )


def _sites(point: Json) -> Sequence[Json]:
    given = point.get("sites")
    return given if isinstance(given, list) else []


def chart(given: Sequence[Json], taken: object) -> str:
    """The points as a picture: mean minutes to the right, those of the worst-served upwards."""
    mean, tail = ([float(str(one[f"{name}_minutes"])) for one in given] for name in ("mean", "tail"))
    marks = "".join(
        _mark(place, _scaled(x, mean), _scaled(y, tail), given[place], taken=place == taken)
        for place, (x, y) in enumerate(zip(mean, tail, strict=True))
    )
    mean_axis, tail_axis = (escape(word(f"siting.axis_{name}")) for name in ("mean", "tail"))
    label = escape(word("study.frontier"), quote=True)
    return (
        f"<div class='pl-chart' role='img' aria-label='{label}'>{marks}"
        f"<span class='pl-axis pl-right'>{mean_axis}</span>"
        f"<span class='pl-axis pl-up'>{tail_axis}</span></div>"
    )


def _mark(place: int, right: float, up: float, point: Json, *, taken: bool) -> str:
    kind = " pl-taken" if taken else " pl-own" if point.get("chosen") else ""
    return f"<span class='pl-spot{kind}' style='left:{right:.1f}%;bottom:{up:.1f}%'>{place + 1}</span>"


def _scaled(value: float, values: Sequence[float]) -> float:
    """Place of a value between the least and the largest, per cent, with room at both ends."""
    least, most = min(values), max(values)
    return 50.0 if most <= least else ROOM + (100 - 2 * ROOM) * (value - least) / (most - least)
