"""Documents on a screen: made on request, then offered for download."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

import streamlit as st

from app.dashboard import work
from app.dashboard.session import service, visitor, word

KINDS = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
}


def offer(slot: str, kind: str, arguments: Mapping[str, object], label: str) -> None:
    """A button that has documents made, and their downloads once they are."""
    now = work.of(slot)
    if now is not None and work.is_open(now):
        work.watch(str(now["id"]), label)
        return
    if (ended := work.take(slot)) is not None:
        made = work.result(ended)
        if made is None:
            return
        st.session_state[f"{slot}_files"] = (str(ended["id"]), _names(made))
    st.button(
        label,
        key=f"{slot}_ask",
        icon=":material/description:",
        on_click=work.ask,
        args=(slot, kind, {**arguments, "language": visitor().language}),
    )
    found = cast(tuple[str, Sequence[str]] | None, st.session_state.get(f"{slot}_files"))
    if found:
        _downloads(slot, *found)


def _names(made: Mapping[str, object]) -> Sequence[str]:
    return [str(name) for name in cast(Sequence[object], made.get("files") or ())]


def _downloads(slot: str, work_id: str, names: Sequence[str]) -> None:
    """A button a file; its bytes are fetched when it is pressed, not on every run of the page."""
    ask = service()
    for name in names:
        st.download_button(
            word("plans.download", name=name),
            data=partial(ask.file, f"/jobs/{work_id}/files/{name}"),
            file_name=name,
            mime=KINDS.get(name.rpartition(".")[2], "application/octet-stream"),
            key=f"{slot}_{name}",
            icon=":material/download:",
            on_click="ignore",
        )
