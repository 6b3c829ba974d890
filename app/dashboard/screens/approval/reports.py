"""Reports of the published map and of a period, made on request."""

import datetime as dt

import streamlit as st

from app.dashboard import papers, tables
from app.dashboard.screens.siting.words import keyed
from app.dashboard.session import word

KINDS = ("book", "risk-map", "recommendations")
PARTS = ("", "-H1", "-H2", "-Q1", "-Q2", "-Q3", "-Q4")
YEARS = 4


def show() -> None:
    """Each report with its button."""
    for kind in KINDS:
        tables.title(word(f"approval.report_{kind}"), word(f"approval.report_{kind}_note"))
        papers.offer(f"approval_report_{kind}", "report", {"report": kind}, word("approval.report_make"))
    tables.title(word("approval.report_activity"), word("approval.report_activity_note"))
    year, part = st.columns(2)
    last = dt.datetime.now(dt.UTC).year
    chosen = year.selectbox(
        word("approval.report_year"), range(last, last - YEARS, -1), index=1, key="approval_year"
    )
    piece = part.selectbox(
        word("approval.report_part"),
        PARTS,
        format_func={piece: _part(piece) for piece in PARTS}.__getitem__,
        key=keyed("approval_part"),
    )
    slot = f"approval_report_activity_{chosen}{piece}"
    arguments = {"report": "activity", "period": f"{chosen}{piece}"}
    papers.offer(slot, "report", arguments, word("approval.report_make"))


def _part(piece: str) -> str:
    return word(f"approval.part_{piece.strip('-') or 'year'}")
