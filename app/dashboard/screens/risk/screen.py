"""The screen: choices, map, legend and profile, table; what reacts reruns without the page around it."""

import datetime as dt
from html import escape
from pathlib import Path

import streamlit as st

from app.auth.roles import Action
from app.dashboard.screens.risk import controls, map_panel, side, table_panel, take_away
from app.dashboard.screens.risk.choice import Choice, resolve
from app.dashboard.screens.risk.state import LINKED, want, wish, write_link
from app.dashboard.session import may, reader, require_visitor, settings, sorry, word
from app.errors import MahalleError
from app.views import Comparison, MapRun, compare, current_run, page_of

STYLE = (Path(__file__).parent / "risk.css").read_text("utf-8")
MONTH_DAYS = 30.44
TABLE = "tablo"
SIDES = (1.8, 1)


def show() -> None:
    """Show the screen."""
    if not may(Action.MAP_READ):
        st.error(word("risk.not_allowed"))
        return
    st.html(f"<style>{STYLE}</style>")
    st.html(
        f"<a class='mh-skip' href='#{TABLE}'>{escape(word('risk.skip_map'))}</a>"
        f"<h1 class='mh-head'>{escape(word('risk.heading'))}</h1>"
    )
    _body()


@st.fragment
def _body() -> None:
    """All that reacts."""
    require_visitor()
    try:
        choice = _begin()
    except MahalleError as error:
        _empty(error)
        return
    try:
        _view(choice)
    except MahalleError as error:
        sorry(error)


def _begin() -> Choice:
    """What is looked at; at first, the table begins at the page of a neighbourhood that a link named."""
    choice = resolve(reader(), wish())
    if st.session_state.pop(LINKED, False) and choice.code:
        page = page_of(reader(), choice.run, choice.about.key, choice.ask, code=choice.code)
        want(page=page or 0)
        choice = resolve(reader(), wish())
    return choice


def _empty(error: MahalleError) -> None:
    """Nothing published yet: what has to happen first; any other failure says itself."""
    if error.key != "views.no_run":
        sorry(error)
        return
    key = "risk.empty_next" if may(Action.RUN_MAKE) else "risk.empty_wait"
    st.html(
        f"<section class='mh-empty'><h2>{escape(word('risk.empty'))}</h2><p>{escape(word(key))}</p></section>"
    )


def _view(choice: Choice) -> None:
    write_link(choice)
    _age(choice.run)
    controls.choose(choice)
    comparison = _compared(choice) if choice.compare else None
    with st.container(key="mh_split_map"):
        drawn, legend = st.columns(SIDES, gap="medium")
    with st.container(key="mh_split_risk"):
        table, chosen = st.columns(SIDES, gap="medium")
    with drawn:
        controls.look(choice)
        map_panel.draw(choice, comparison)
        controls.toggles(choice)
    with legend:
        side.legend(choice, comparison)
        side.what_it_is(choice)
    with table:
        _table(choice)
    with chosen:
        side.neighbourhood(choice)


def _compared(choice: Choice) -> Comparison:
    return compare(reader(), choice.run, choice.about.key, district=choice.district)


def _table(choice: Choice) -> None:
    text = escape(word("risk.table_heading", where=choice.district or word("risk.whole_city")))
    st.html(f"<h2 class='mh-title' id='{TABLE}' tabindex='-1'>{text}</h2>")
    search, buttons = st.columns((1.25, 1), vertical_alignment="bottom")
    with search:
        table_panel.search(choice)
    with buttons:
        take_away.buttons(choice)
    table_panel.show_table(choice)


def _age(run: MapRun) -> None:
    """Say so if a newer map is in force, or this one is past its time."""
    if not run.is_current:
        newest = current_run(reader())
        st.warning(word("risk.superseded", title=run.title, newest=newest.title), icon=":material/history:")
        st.button(word("risk.show_current"), on_click=want, kwargs={"run": ""})
        return
    months = int((dt.datetime.now(dt.UTC) - run.published_at).days / MONTH_DAYS)
    if months >= settings().renewal_months:
        st.warning(word("risk.due", months=months), icon=":material/schedule:")
