"""What a reader takes away: files of the view, and a link that leads back to it."""

from functools import partial
from urllib.parse import urlencode, urlsplit

import streamlit as st

from app.dashboard.places import BY_MODULE
from app.dashboard.screens.risk.choice import Choice
from app.dashboard.session import reader, visitor, word
from app.maps.files import MAKERS, View


def buttons(choice: Choice) -> None:
    """Files and link, in two small windows."""
    with st.container(horizontal=True, horizontal_alignment="right", gap="small"):
        with st.popover(word("risk.download"), icon=":material/download:"):
            _files(choice)
        with st.popover(word("risk.share"), icon=":material/link:"):
            st.code(link_to(choice), language=None, wrap_lines=True)
            st.markdown(word("risk.share_note"))


def _files(choice: Choice) -> None:
    """Each file is made when it is asked for, not before."""
    language, change = visitor().language, choice.compare
    view = View(run=choice.run, about=choice.about, ask=choice.ask, language=language, with_change=change)
    door = reader()
    for ending, (make, kind) in MAKERS.items():
        st.download_button(
            word(f"risk.file_{ending}"),
            data=partial(make, door, view),
            file_name=f"{view.name}.{ending}",
            mime=kind,
            key=f"risk_file_{ending}",
            on_click="ignore",
            width="stretch",
        )
    st.markdown(word("risk.file_note"))


def link_to(choice: Choice) -> str:
    """The whole address of this view."""
    here = urlsplit(str(st.context.url or ""))
    return f"{here.scheme}://{here.netloc}/{BY_MODULE['risk'].place}?{urlencode(choice.link())}"
