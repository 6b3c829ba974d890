"""Documents on a screen: made on request, then offered for download."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

import streamlit as st

from app.dashboard import working
from app.dashboard.session import service, visitor, word

KINDS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def offer(slot: str, kind: str, arguments: Mapping[str, object], label: str) -> None:
    """A button that has documents made, and their downloads once they are."""
    if working.is_going(slot):
        working.watch(slot, label)
        return
    if job := working.ended(slot):
        if working.complain(job):
            return
        st.session_state[f"{slot}_files"] = (str(job["id"]), _names(job))
    st.button(
        label,
        key=f"{slot}_ask",
        icon=":material/description:",
        on_click=working.ask,
        args=(slot, kind, {**arguments, "language": visitor().language}),
    )
    found = cast(tuple[str, Sequence[str]] | None, st.session_state.get(f"{slot}_files"))
    if found:
        _downloads(slot, *found)


def _names(job: Mapping[str, object]) -> Sequence[str]:
    result = cast(Mapping[str, object], job.get("result") or {})
    return [str(name) for name in cast(Sequence[object], result.get("files") or ())]


def _downloads(slot: str, work: str, names: Sequence[str]) -> None:
    """A button a file; its bytes are fetched when it is pressed, not on every run of the page."""
    ask = service()
    for name in names:
        st.download_button(
            word("plans.download", name=name),
            data=partial(ask.file, f"/jobs/{work}/files/{name}"),
            file_name=name,
            mime=KINDS.get(name.rpartition(".")[2], "application/octet-stream"),
            key=f"{slot}_{name}",
            icon=":material/download:",
            on_click="ignore",
        )
