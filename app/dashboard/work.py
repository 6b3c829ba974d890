"""Long work on a screen: asked for, watched, cancelled, found again after a closed tab, and what came of it.

A screen keeps the number of its work under a name of its own in the session, its `slot`.
"""

from collections.abc import Mapping
from typing import cast

import streamlit as st

from app.client import Json
from app.dashboard.session import refused, require_visitor, service, sorry, visitor, word
from app.errors import MahalleError
from app.i18n import Language, say

OPEN = ("waiting", "running")
SECONDS = 1.0


# ---------------------------------------------------------------- by number
def read(work_id: str) -> Json:
    """One piece of work as it stands."""
    return service().get(f"/jobs/{work_id}")


def is_open(work: Json) -> bool:
    """Whether it still waits or runs."""
    return work["state"] in OPEN


@st.fragment(run_every=SECONDS)
def watch(work_id: str, title: str = "") -> None:
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
    stage = word("jobs.waiting") if waiting else word(str(work["stage"]) or "jobs.begins")
    share = min(max(float(str(work["share"] or 0.0)), 0.02), 1.0)
    st.progress(share, text=f"{title}: {stage}" if title else stage)
    st.button(word("jobs.cancel"), key=f"cancel-{work_id}", on_click=_cancel, args=(work_id,))


def _cancel(work_id: str) -> None:
    try:
        service().post(f"/jobs/{work_id}/cancel")
    except MahalleError as error:
        refused(error)


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


# ------------------------------------------------------------------ by slot
def ask(slot: str, kind: str, arguments: Mapping[str, object] | None = None) -> None:
    """Have work done."""
    try:
        made = service().post("/jobs", {"kind": kind, "arguments": arguments or {}})
    except MahalleError as error:
        refused(error)
        return
    st.session_state[slot] = str(made["id"])


def pick_up(slot: str, *kinds: str) -> None:
    """Once a session: work of these kinds that is still going on, asked for before."""
    seen = f"{slot}_looked"
    if seen in st.session_state:
        return
    st.session_state[seen] = True
    jobs = cast(list[Json], service().get("/jobs")["jobs"])
    going = next((job for job in jobs if job["kind"] in kinds and is_open(job)), None)
    if going:
        st.session_state[slot] = str(going["id"])


def of(slot: str) -> Json | None:
    """The slot's work as it stands; None before any was asked for."""
    return read(str(st.session_state[slot])) if slot in st.session_state else None


def take(slot: str) -> Json | None:
    """The slot's work if it has ended, once: the slot is free after."""
    work = of(slot)
    if work is None or is_open(work):
        return None
    del st.session_state[slot]
    return work
