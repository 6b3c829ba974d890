"""What its maker does with a proposal: changes it, sends it up, takes it back."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import cast

import streamlit as st

from app.dashboard import tables
from app.dashboard.screens.approval.steps import paper, paper_fields, post
from app.dashboard.session import word

Json = Mapping[str, object]
FIELDS = ("subject", "reason", "references", "annexes")


def forms(one: Json) -> None:
    """Send it up; before that, change what the letter says."""
    key = f"approval_send_{one['id']}"
    if one["state"] == "returned":
        _why(one)
    tables.title(word("approval.send"), word("approval.send_note"))
    with st.form(key, border=True):
        paper_fields(key)
        st.form_submit_button(
            word("approval.send_up"),
            type="primary",
            icon=":material/send:",
            on_click=_send,
            args=(one["id"], key),
        )
    with st.expander(word("approval.edit"), icon=":material/edit:"):
        _edit(one)


def _why(one: Json) -> None:
    """Who sent it back, and why."""
    back = [event for event in cast(Sequence[Json], one["history"]) if event["decision"] == "returned"][-1]
    said = word("approval.came_back", step=back["step"], reason=back["reason"])
    st.html(f"<p class='pl-proof' role='status'>{escape(said)}</p>")


def _edit(one: Json) -> None:
    key = f"approval_edit_{one['id']}_{len(cast(Sequence[object], one['history']))}"
    content = cast(Json, one["content"])
    with st.form(key, border=False):
        st.text_input(
            word("approval.field_subject"),
            value=str(content["subject"]),
            key=f"{key}_subject",
            max_chars=300,
        )
        st.text_area(
            word("approval.field_reason"),
            value=str(content.get("reason", "")),
            key=f"{key}_reason",
            height=140,
            max_chars=4000,
        )
        for name in ("references", "annexes"):
            lines = "\n".join(cast(Sequence[str], content.get(name) or ()))
            st.text_area(
                word(f"approval.field_{name}"),
                value=lines,
                key=f"{key}_{name}",
                height=80,
                help=word(f"approval.help_{name}"),
            )
        st.form_submit_button(word("siting.save"), on_click=_save, args=(one["id"], key))


def withdrawal(one: Json) -> None:
    """Take it back, with a reason."""
    key = f"approval_withdraw_{one['id']}"
    with st.expander(word("approval.withdraw"), icon=":material/undo:"), st.form(key, border=False):
        st.text_area(word("approval.reason"), key=f"{key}_reason", max_chars=1000, height=80)
        st.form_submit_button(word("approval.withdraw_do"), on_click=_withdraw, args=(one["id"], key))


def _send(number: object, key: str) -> None:
    post(f"/proposals/{number}/send", paper(key))


def _save(number: object, key: str) -> None:
    post(f"/proposals/{number}/content", {name: st.session_state[f"{key}_{name}"] for name in FIELDS})


def _withdraw(number: object, key: str) -> None:
    post(f"/proposals/{number}/withdraw", {"reason": st.session_state[f"{key}_reason"]})
