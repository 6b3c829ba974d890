"""What the screen remembers: which plan is open; also in its address, so that a link leads back."""

import re
from collections.abc import Mapping, Sequence
from typing import cast

import streamlit as st

from app.auth.roles import Action
from app.dashboard.session import may

NEW = 0
PLAN, SLOT, CLICKED = "siting_plan", "siting_work", "siting_clicked"
SAME = (
    "new",
    "at_least",
    "at_most",
    "required",
    "left_out",
    "closable",
    "apart_m",
    "budget",
    "others",
    "phases",
    "by_visits",
    "step_free_only",
    "ownership",
    "alternatives",
)
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


def may_change(plan: Json) -> bool:
    """Whether this person may calculate the plan anew."""
    return may(Action.PLAN_MAKE) and plan["state"] == "draft" and plan["mine"] is True


def asked_before(plan: Json) -> dict[str, object]:
    """What the plan was asked, as it is asked again."""
    given = cast(Json, plan["parameters"])
    group = str(given.get("group") or "all")
    groups = given.get("groups") or ({} if group == "all" else {group: 1.0})
    same = {name: given[name] for name in SAME if name in given}
    return {**same, "groups": groups, "for_region": plan["region"]}


def note_click(plan: int, answer: object) -> None:
    """Remember where the map was clicked."""
    at = answer.get("last_clicked") if isinstance(answer, Mapping) else None
    if isinstance(at, Mapping):
        st.session_state[f"{CLICKED}_{plan}"] = (round(float(at["lat"]), 5), round(float(at["lng"]), 5))


def clicked(plan: int) -> tuple[float, float] | None:
    """Latitude and longitude of the last click on the map, None before one."""
    return cast(tuple[float, float] | None, st.session_state.get(f"{CLICKED}_{plan}"))
