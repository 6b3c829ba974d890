"""Long work on a screen: asked for, watched, cancelled, and found again after a closed tab."""

from collections.abc import Mapping
from typing import cast

import streamlit as st

from app import errors
from app.dashboard.session import require_visitor, service, sorry, word
from app.errors import MahalleError

OPEN = ("waiting", "running")
SECONDS = 1.0
Job = Mapping[str, object]


def ask(slot: str, kind: str, arguments: Mapping[str, object]) -> None:
    """Have work done; `slot` names its place on the screen."""
    try:
        st.session_state[slot] = str(service().post("/jobs", {"kind": kind, "arguments": arguments})["id"])
        st.session_state.pop(_ended(slot), None)
    except MahalleError as error:
        sorry(error)


def pick_up(slot: str, kind: str) -> None:
    """Once a session: work of this kind that is still going on, asked for before."""
    seen = f"{slot}_looked"
    if seen in st.session_state:
        return
    st.session_state[seen] = True
    jobs = cast(list[Job], service().get("/jobs")["jobs"])
    going = next((job for job in jobs if job["kind"] == kind and job["state"] in OPEN), None)
    if going:
        st.session_state[slot] = str(going["id"])


def is_going(slot: str) -> bool:
    """Whether work was asked for and has not ended."""
    return slot in st.session_state


def ended(slot: str) -> Job | None:
    """Work that has ended since the screen last asked; None otherwise. Told once."""
    found: Job | None = st.session_state.pop(_ended(slot), None)
    return found


def _ended(slot: str) -> str:
    return f"{slot}_ended"


@st.fragment(run_every=SECONDS)
def watch(slot: str, title: str) -> None:
    """The bar of work that goes on; when it ends the screen is made anew."""
    require_visitor(acts=False)
    if slot not in st.session_state:
        return
    work = str(st.session_state[slot])
    try:
        job = service().get(f"/jobs/{work}")
    except MahalleError as error:
        st.session_state.pop(slot, None)
        sorry(error)
        return
    if job["state"] not in OPEN:
        st.session_state.pop(slot, None)
        st.session_state[_ended(slot)] = job
        st.rerun()
    stage = word(str(job["stage"])) if job["stage"] else word("plans.stage_waiting")
    st.progress(float(str(job["share"] or 0.0)), text=f"{title}: {stage}")
    st.button(word("plans.cancel"), key=f"{slot}_cancel", on_click=_cancel, args=(work,))


def _cancel(work: str) -> None:
    service().post(f"/jobs/{work}/cancel")


def complain(job: Job) -> bool:
    """Say why work did not end well; False if it did."""
    if job["state"] == "done":
        return False
    if job["state"] == "cancelled":
        st.info(word("plans.cancelled"))
        return True
    said = cast(Mapping[str, object], job["error"] or {})
    kind = getattr(errors, str(said.get("kind")), MahalleError)
    fields = cast(Mapping[str, object], said.get("fields") or {})
    sorry(kind(str(said.get("error") or "jobs.died"), **fields))
    return True
