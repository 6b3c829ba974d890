"""What the screen remembers: which plan is open; also in its address, so that a link leads back."""

import re
from collections.abc import Mapping, Sequence
from typing import cast

import streamlit as st

NEW = 0
PLAN, SLOT = "siting_plan", "siting_work"
Json = Mapping[str, object]


def chosen(lines: Sequence[Json]) -> int:
    """The open plan's number, NEW for none; at first what the link says, else the newest."""
    known = [int(str(line["id"])) for line in lines]
    if PLAN not in st.session_state:
        given = st.query_params.get("plan", "")
        wanted = int(given) if re.fullmatch(r"[0-9]{1,9}", given) else NEW
        st.session_state[PLAN] = wanted if wanted in known else (known[0] if known else NEW)
    if st.session_state[PLAN] not in (*known, NEW):
        st.session_state[PLAN] = NEW
    return cast(int, st.session_state[PLAN])


def choose(number: int) -> None:
    """Open another plan."""
    st.session_state[PLAN] = number


def write_link(number: int) -> None:
    """Put the open plan into the address."""
    link = {"plan": str(number)} if number else {}
    if st.query_params.to_dict() != link:
        st.query_params.from_dict(link)
