"""The row of choices above the map."""

from collections.abc import Mapping
from typing import NamedTuple

import streamlit as st

from app.dashboard.screens.risk.choice import (
    YES,
    Choice,
    base_key,
    maps_in,
    parts_of,
    resolve,
    section_of,
    sections,
)
from app.dashboard.screens.risk.state import taking, want, wish
from app.dashboard.session import reader, visitor, word
from app.i18n import day
from app.views import describe, districts, runs, shades

CLASS = "class"  # the usual way to look; in a wish and a link it is left out
SECTION = "section"  # no field of its own: another topic means its first map


class _List(NamedTuple):
    """One labelled list: its name, width, options, what is chosen, and the field of the wish it changes."""

    name: str
    width: float
    options: Mapping[str, str]
    chosen: str
    field: str


def choose(choice: Choice) -> None:
    """Topic, map, part, district, published run; a list with nothing to choose is left out."""
    lists = [one for one in _lists(choice) if len(one.options) > 1]
    columns = st.columns([one.width for one in lists], vertical_alignment="bottom")
    for column, one in zip(columns, lists, strict=True):
        with column:
            _select(one)


def _lists(choice: Choice) -> list[_List]:
    language, maps, key = visitor().language, describe(reader(), choice.run), choice.about.key
    section = section_of(choice.about)
    names = {"": word("risk.all_districts")} | {d.name: d.name for d in districts(reader(), choice.run)}
    return [
        _List("section", 2.0, sections(maps, language), section, SECTION),
        _List("map", 2.6, maps_in(maps, section, language), base_key(key), "key"),
        _List("part", 1.5, parts_of(maps, key, language), key, "key"),
        _List("district", 1.8, names, choice.district, "district"),
        _List("run", 2.3, _runs(), str(choice.run.run_id), "run"),
    ]


def look(choice: Choice) -> None:
    """Which way to look at the map: its classes, or how sure, which rank, clusters, what rose."""
    offered = (CLASS, *shades(reader(), choice.run, choice.about.key))
    if len(offered) == 1:
        return
    widget = "risk_shade"
    st.session_state[widget] = choice.shade or CLASS
    st.segmented_control(
        word("aspect.look"),
        offered,
        format_func={shade: word(f"aspect.{shade}_short") for shade in offered}.__getitem__,
        key=widget,
        required=True,
        label_visibility="collapsed",
        on_change=taking(widget, "shade"),
    )


def toggles(choice: Choice) -> None:
    """What is drawn over the colours, under the map."""
    with st.container(horizontal=True, gap="medium"):
        _toggle("zones", choice.zones, field="zones")
        if not choice.shade:
            _toggle("compare", choice.compare, field="compare")


def _runs() -> dict[str, str]:
    language = visitor().language
    return {str(run.run_id): f"{run.title} · {day(run.published_at, language)}" for run in runs(reader())}


def _select(one: _List) -> None:
    """A list whose present value is always the wish's."""
    widget = f"risk_{one.name}"
    st.session_state[widget] = one.chosen
    st.selectbox(
        word(f"risk.{one.name}"),
        list(one.options),
        format_func=lambda key: one.options.get(key, key),
        key=widget,
        on_change=_change_section if one.field == SECTION else taking(widget, one.field),
    )


def _toggle(name: str, on: bool, *, field: str) -> None:
    widget = f"risk_{name}"
    st.session_state[widget] = on

    def _take() -> None:
        want(**{field: YES if st.session_state[widget] else "0"})

    st.toggle(word(f"risk.{name}"), key=widget, on_change=_take)


def _change_section() -> None:
    """Another topic: its own map."""
    section = str(st.session_state["risk_section"])
    maps = describe(reader(), resolve(reader(), wish()).run)
    first = next(iter(maps_in(maps, section, visitor().language)), "")
    want(key=first)
