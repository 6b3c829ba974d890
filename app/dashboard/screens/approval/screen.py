"""The screen: proposals and risk maps that wait for somebody's word."""

import streamlit as st

from app.auth.roles import Action
from app.dashboard import tables
from app.dashboard.screens.approval import proposals, reports, runs
from app.dashboard.session import may, sorry, word
from app.errors import MahalleError

PARTS = (
    ("proposals", Action.PROPOSAL_READ, proposals.show),
    ("runs", Action.RUN_READ, runs.show),
    ("reports", Action.REPORT_MAKE, reports.show),
)


def show() -> None:
    """Show the parts this person may see."""
    tables.style()
    parts = [(name, make) for name, needs, make in PARTS if may(needs)]
    if not parts:
        st.error(word("approval.not_allowed"))
        return
    tables.heading(word("screen.approval"), word("approval.lead"))
    for (_, make), tab in zip(
        parts, st.tabs([word(f"approval.tab_{name}") for name, _ in parts]), strict=True
    ):
        with tab:
            try:
                make()
            except MahalleError as error:
                sorry(error)
