"""The wish in the session: one place that widgets, the map and the table write to."""

from collections.abc import Callable

import streamlit as st

from app.dashboard.screens.risk.choice import Choice, Wish, changed

WISH = "risk_wish"
LINKED = "risk_linked"  # a link named a neighbourhood: the table begins at its page
VALUE = "risk_value"  # an exact figure asked for, with what it belongs to


def wish() -> Wish:
    """What is asked for; at first what the link says."""
    if WISH not in st.session_state:
        linked = Wish.from_link(st.query_params.to_dict())
        st.session_state.update({WISH: linked, LINKED: bool(linked.code)})
    found: Wish = st.session_state[WISH]
    return found


def want(**fields: object) -> None:
    """Change the wish."""
    st.session_state[WISH] = changed(wish(), **fields)


def taking(widget: str, field: str) -> Callable[[], None]:
    """What a widget does when it changes: its value becomes a field of the wish."""

    def _take() -> None:
        value = str(st.session_state[widget])
        want(**{field: value}, **({"near": ""} if field == "district" else {}))

    return _take


def write_link(choice: Choice) -> None:
    """Put the link to this view into the address bar, if it is not there."""
    link = choice.link()
    if st.query_params.to_dict() != link:
        st.query_params.from_dict(link)
