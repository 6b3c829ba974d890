"""Long work on a screen: how far it is, a way to stop it, what came of it."""

from collections.abc import Mapping
from typing import cast

import streamlit as st

from app.client import Json
from app.dashboard.session import require_visitor, service, sorry, visitor, word
from app.errors import MahalleError
from app.i18n import Language, say

OPEN = ("waiting", "running")


def read(work_id: str) -> Json:
    """One piece of work as it stands."""
    return service().get(f"/jobs/{work_id}")


def is_open(work: Json) -> bool:
    """Whether it still waits or runs."""
    return work["state"] in OPEN


@st.fragment(run_every=1.0)
def watch(work_id: str) -> None:
    """Follow work until it ends, then run the page again; an open page does not keep a session awake."""
    require_visitor(acts=False)
    try:
        work = read(work_id)
    except MahalleError as error:
        sorry(error)
        return
    if not is_open(work):
        st.rerun()
    waiting = work["state"] == "waiting"
    text = word("jobs.waiting") if waiting else word(str(work["stage"]) or "jobs.begins")
    st.progress(min(max(float(str(work["share"])), 0.02), 1.0), text=text)
    st.button(word("jobs.cancel"), key=f"cancel-{work_id}", on_click=_cancel, args=(work_id,))


def _cancel(work_id: str) -> None:
    try:
        service().post(f"/jobs/{work_id}/cancel")
    except MahalleError as error:
        sorry(error)


def failure(work: Json, language: Language) -> str:
    """Why work failed or that it was cancelled, in words; empty if it did neither."""
    if work["state"] == "cancelled":
        return say("jobs.cancelled", language)
    error = work.get("error")
    if not isinstance(error, Mapping):
        return ""
    fields = cast(Mapping[str, object], error.get("fields", {}))
    return say(str(error["error"]), language, **fields)


def result(work: Json) -> Json | None:
    """What the work made; says why if it made nothing."""
    told = failure(work, visitor().language)
    if told:
        st.error(told)
        return None
    return cast(Json | None, work.get("result"))


def file_url(work_id: str, name: str) -> str:
    """Where the browser fetches a file that the work made."""
    return f"/files/{work_id}/{name}"
