"""The page around the screens: who is signed in, where they may go, in which language."""

import contextlib
import importlib
from collections.abc import Callable
from functools import partial
from html import escape

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app import views
from app.auth.roles import Role
from app.dashboard import look
from app.dashboard.places import SCREENS, Screen, first_for
from app.dashboard.session import reader, refused, require_visitor, service, visitor, word
from app.errors import MahalleError, SignedOutError


def _show(screen: Screen) -> None:
    module = importlib.import_module(f"app.dashboard.screens.{screen.module}")
    show: Callable[[], None] = module.show
    show()


def _refuse(screen: Screen) -> None:
    """In place of a screen that the role may not open; nothing of it is even imported."""
    look.heading(word("screen.closed"))
    who = visitor()
    said = word("screen.closed_why", screen=word(screen.key), role=word(f"role.{who.role}"))
    st.warning(look.plain(said), icon=":material/lock:")
    first = first_for(who.role)
    go = escape(word("screen.closed_go", screen=word(first.key)))
    st.html(f"<a class='mahalle-link' href='/{first.place}' target='_self'>{go}</a>")


def _page(screen: Screen, role: Role) -> StreamlitPage:
    """A screen's page: in the menu of whoever may open it, a refusal at its address for the others."""
    opens = screen.opens_for(role)
    return st.Page(
        partial(_show if opens else _refuse, screen),
        title=word(screen.key),
        url_path=screen.place,
        visibility="visible" if opens else "hidden",
    )


def _change_language() -> None:
    other = "en" if visitor().language == "tr" else "tr"
    try:
        service().post("/me/language", {"language": other})
    except MahalleError as error:
        refused(error)


def _leave() -> None:
    with contextlib.suppress(SignedOutError):
        service().post("/sign-out")


def _person() -> None:
    """At the foot of the side bar: who this is, the other language, the way out."""
    who = visitor()
    region = f"  \n{look.plain(who.region_name)}" if who.region_name else ""
    with st.sidebar:
        st.markdown(f"**{look.plain(who.display)}**  \n{word(f'role.{who.role}')}{region}")
        left, right = st.columns(2)
        left.button(word("signin.other_language"), on_click=_change_language, width="stretch")
        right.button(word("screen.leave"), on_click=_leave, width="stretch")


def main() -> None:
    """One run of the page."""
    st.set_page_config(page_title="Mahalle", layout="wide")
    who = require_visitor()
    look.style()
    pages = {screen.place: _page(screen, who.role) for screen in SCREENS}
    # every screen keeps its own address for all roles, so that a shared link means the same to everybody
    start = st.Page(
        lambda: st.switch_page(pages[first_for(who.role).place]), default=True, visibility="hidden"
    )
    chosen = st.navigation([start, *pages.values()], position="sidebar")
    try:
        simulated = views.holds(reader()) == "demonstration"
    except MahalleError:
        simulated = False
    if simulated:
        look.simulation_band(word("views.simulation"))
    _person()
    with st.sidebar:
        look.own_words(who.language)
    chosen.run()


if __name__ == "__main__":
    main()
