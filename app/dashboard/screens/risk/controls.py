"""The row of choices above the map."""

from collections.abc import Callable, Mapping

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
from app.views import describe, districts, runs

WIDTHS = (2.0, 2.6, 1.5, 1.8, 2.3)


def choose(choice: Choice) -> None:
    """Topic, map, part, district, published run."""
    columns = st.columns(WIDTHS, vertical_alignment="bottom")
    language, maps = visitor().language, describe(reader(), choice.run)
    section = section_of(choice.about)
    with columns[0]:
        _select("section", sections(maps, language), section, on_change=_change_section)
    with columns[1]:
        _select("map", maps_in(maps, section, language), base_key(choice.about.key), field="key")
    with columns[2]:
        _select("part", parts_of(maps, choice.about.key, language), choice.about.key, field="key")
    with columns[3]:
        names = {"": word("risk.all_districts")} | {d.name: d.name for d in districts(reader(), choice.run)}
        _select("district", names, choice.district, field="district")
    with columns[4]:
        _select("run", _runs(), str(choice.run.run_id), field="run")


def toggles(choice: Choice) -> None:
    """What is drawn over the colours, under the map."""
    with st.container(horizontal=True, gap="medium"):
        _toggle("zones", choice.zones, field="zones")
        _toggle("compare", choice.compare, field="compare")


def _runs() -> dict[str, str]:
    language = visitor().language
    return {str(run.run_id): f"{run.title} · {day(run.published_at, language)}" for run in runs(reader())}


def _select(
    name: str,
    options: Mapping[str, str],
    chosen: str,
    *,
    field: str = "",
    on_change: Callable[[], None] | None = None,
) -> None:
    """A labelled list whose present value is always the wish's; none where there is nothing to choose."""
    if len(options) < 2:
        return
    widget = f"risk_{name}"
    st.session_state[widget] = chosen
    st.selectbox(
        word(f"risk.{name}"),
        list(options),
        format_func=lambda key: options.get(key, key),
        key=widget,
        on_change=on_change or taking(widget, field),
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
