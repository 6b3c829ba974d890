"""Indicators: the file in use, a draft made from the form, and the check of every line."""

from collections.abc import Sequence
from html import escape
from typing import cast

import streamlit as st

from app.client import Json
from app.dashboard import look
from app.dashboard.session import refused, service, word
from app.errors import MahalleError

TEXT, TOLD = "admin_indicators", "admin_indicators_told"


def show() -> None:
    """The text, what can be done with it, and what the last check found."""
    st.subheader(word("admin.part_indicators"))
    st.write(word("admin.indicators_lead"))
    if TEXT not in st.session_state:
        st.session_state[TEXT] = str(service().get("/indicators")["text"])
    suggest, check, use = st.columns(3)
    suggest.button(word("admin.indicators_suggest"), on_click=_suggest, width="stretch")
    check.button(word("admin.indicators_check"), on_click=_send, args=(True,), width="stretch")
    use.button(word("admin.indicators_use"), on_click=_send, args=(False,), type="primary", width="stretch")
    _told()
    st.text_area(word("admin.indicators_text"), key=TEXT, height=420)


def _suggest() -> None:
    try:
        st.session_state[TEXT] = str(service().get("/indicators/suggestion")["text"])
        st.session_state.pop(TOLD, None)
    except MahalleError as error:
        refused(error)


def _send(check: bool) -> None:
    try:
        answer = service().post("/indicators", {"text": st.session_state[TEXT], "check": check})
        st.session_state[TOLD] = answer
    except MahalleError as error:
        refused(error)


def _told() -> None:
    told = cast(Json | None, st.session_state.get(TOLD))
    if told is None:
        return
    if told["stored"]:
        st.success(word("admin.indicators_stored"))
    elif told["good"]:
        st.success(word("admin.indicators_good"))
    else:
        st.error(word("admin.indicators_wrong"))
    rows = "".join(
        f'<tr class="{"good" if one["good"] else "reject"}"><td>{escape(str(one["entry"] or ""))}</td>'
        f"<td>{escape(str(one['message']))}</td></tr>"
        for one in cast(Sequence[Json], told["findings"])
    )
    head = [word(f"admin.indicators_{name}") for name in ("entry", "says")]
    with st.expander(word("admin.indicators_each"), expanded=not told["good"]):
        look.wide_table(head, rows, word("admin.indicators_each"))
