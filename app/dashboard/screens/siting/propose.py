"""Make the proposal of a plan; its further way is on the approval screen."""

from collections.abc import Mapping, Sequence
from typing import cast

import streamlit as st

from app.auth.roles import Action
from app.dashboard import tables
from app.dashboard.look import plain
from app.dashboard.session import may, refused, service, visitor, word
from app.errors import MahalleError

Json = Mapping[str, object]
FIELDS = ("subject", "reason", "references", "annexes")
OPEN = ("draft", "sent", "returned")


def show(plan: Json) -> None:
    """What became of the plan's proposals, and the form for a new one."""
    made = cast(Sequence[Json], plan["proposals"])
    for one in made:
        state = word(f"approval.state_{one['state']}", step=one["waits_at"])
        st.markdown(plain(word("siting.proposal_line", proposal=one["id"], state=state)))
    if made and may(Action.PROPOSAL_READ):
        st.html(f"<p class='pl-quiet'>{word('siting.proposal_where')}</p>")
    if any(one["state"] in OPEN for one in made):
        return
    if plan["state"] != "draft":
        tables.empty(word("siting.no_proposal"), word("siting.proposal_of_draft"))
    elif may(Action.PROPOSAL_FORMAL):
        _form(plan, "/proposals/formal")
    elif may(Action.PROPOSAL_DRAFT) and plan["region"] == visitor().region:
        _form(plan, "/proposals")
    else:
        tables.empty(word("siting.no_proposal"), word("siting.proposal_not_yours"))


def _form(plan: Json, path: str) -> None:
    tables.title(word("siting.make_proposal"), word("siting.make_proposal_note"))
    key = f"siting_proposal_{plan['id']}"
    given = {"subject": word("siting.usual_subject")}
    with st.form(key, border=False):
        for name in FIELDS:
            _field(name, f"{key}_{name}", given.get(name, ""))
        st.form_submit_button(
            word("siting.propose"), type="primary", on_click=_draft, args=(path, int(str(plan["id"])), key)
        )


def _field(name: str, key: str, value: str) -> None:
    label = word(f"approval.field_{name}")
    if name == "subject":
        st.text_input(label, value=value, key=key, max_chars=300)
    else:
        st.text_area(
            label,
            value=value,
            key=key,
            height=120 if name == "reason" else 80,
            max_chars=4000,
            help=word(f"approval.help_{name}"),
        )


def _draft(path: str, plan: int, key: str) -> None:
    body = {name: st.session_state[f"{key}_{name}"] for name in FIELDS}
    try:
        service().post(path, {"plan": plan, **body})
    except MahalleError as error:
        refused(error)
