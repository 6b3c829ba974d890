"""What the step whose turn it is decided: noted with the number and date of its paper in EBYS."""

import datetime as dt
import re
from collections.abc import Mapping

import streamlit as st

from app.dashboard import tables
from app.dashboard.session import refused, service, word
from app.errors import MahalleError

Json = Mapping[str, object]
WRITTEN_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-](\d{4})")


def form(one: Json) -> None:
    """Pass it on, or send it back with a reason."""
    step = str(one["waits_at"])
    last = one["place"] == len(list_of(one["chain"])) - 1
    key = f"approval_step_{one['id']}_{one['place']}"
    tables.title(word("approval.decide", step=step), word("approval.decide_note"))
    with st.form(key, border=True):
        paper_fields(key)
        word_ = "approval.approve" if last else "approval.pass"
        st.form_submit_button(
            word(word_), type="primary", on_click=_decide, args=(one["id"], step, key, "pass")
        )
    with st.form(f"{key}_back", border=True):
        st.text_area(word("approval.reason"), key=f"{key}_reason", max_chars=1000, height=90)
        st.form_submit_button(
            word("approval.return"),
            icon=":material/undo:",
            on_click=_decide,
            args=(one["id"], step, key, "return"),
        )


def list_of(value: object) -> list[object]:
    """A list of what the service said."""
    return value if isinstance(value, list) else []


def paper_fields(key: str) -> None:
    """Number and date of a signed paper."""
    left, right = st.columns(2)
    left.text_input(
        word("approval.ebys_number"), key=f"{key}_number", max_chars=60, placeholder="E-12345678-100"
    )
    today = dt.datetime.now(dt.UTC).date()
    right.text_input(word("approval.ebys_date"), key=f"{key}_date", value=f"{today:%d.%m.%Y}", max_chars=10)


def paper(key: str) -> dict[str, str]:
    """What was written into the fields."""
    return {
        "ebys_number": str(st.session_state[f"{key}_number"]),
        "ebys_date": iso_day(str(st.session_state[f"{key}_date"])),
    }


def iso_day(written: str) -> str:
    """A day as people write it, as ISO; what is no day stays as it is, to be refused with its words.

    >>> iso_day("7.3.2026"), iso_day("07/03/2026"), iso_day("yarın")
    ('2026-03-07', '2026-03-07', 'yarın')
    """
    found = WRITTEN_DAY.fullmatch(written.strip())
    return f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}" if found else written.strip()


def _decide(number: object, step: str, key: str, verdict: str) -> None:
    reason = str(st.session_state.get(f"{key}_reason", "")) if verdict == "return" else ""
    signed = paper(key) if verdict == "pass" else {}
    post(f"/proposals/{number}/step", {"step": step, "verdict": verdict, "reason": reason, **signed})


def post(path: str, body: Json) -> None:
    """Have something noted; what is refused is said on the page."""
    try:
        service().post(path, body)
    except MahalleError as error:
        refused(error)
