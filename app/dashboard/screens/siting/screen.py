"""The screen: on the left what is asked, on the right the plan it gave."""

from collections.abc import Sequence
from typing import cast

import streamlit as st

from app.auth.roles import Action
from app.dashboard import tables, work
from app.dashboard.screens.siting import form, plan_view
from app.dashboard.screens.siting.state import NEW, SLOT, Json, choose, chosen, write_link
from app.dashboard.screens.siting.words import keyed, plan_label
from app.dashboard.session import may, service, sorry, word
from app.errors import MahalleError

NOTHING_YET = ("runs.none", "places.no_areas")


def show() -> None:
    """Show the screen."""
    tables.style()
    if not may(Action.PLAN_READ):
        st.error(word("siting.not_allowed"))
        return
    tables.heading(word("screen.siting"), word("siting.lead"))
    try:
        _body()
    except MahalleError as error:
        if error.key in NOTHING_YET:
            tables.empty(word("siting.no_run"), word("siting.no_run_next"))
        else:
            sorry(error)


def _body() -> None:
    work.pick_up(SLOT, "recommend", "pin")
    going = _going()
    choices = service().get("/siting")
    every = cast(Sequence[Json], service().get("/plans")["plans"])
    lines = [line for line in every if line["state"] != "withdrawn"]
    number = chosen(lines)
    write_link(number)
    plan = service().get(f"/plans/{number}") if number else None
    with st.container(key="mh_split_siting"):
        left, right = st.columns((1, 2.5), gap="medium")
    with left:
        _picker(lines, number)
        form.ask(choices, plan, going=going is not None)
    with right:
        with st.container():  # always there, so that what stands below keeps its place and its open tab
            if going is not None:
                work.watch(str(going["id"]), word("siting.calculating"))
        if plan is not None:
            plan_view.show(plan, lines, choices, going=going is not None)
        elif going is None:
            _invite(choices)


def _going() -> Json | None:
    """The calculation that goes on; one that ended opens its plan, or says why there is none."""
    ended = work.take(SLOT)
    if ended is None:
        return work.of(SLOT)
    made = work.result(ended)
    if made is not None:
        choose(int(str(made["plan"])))
        st.toast(word("siting.done"))
    return None


def _picker(lines: Sequence[Json], number: int) -> None:
    """Which plan is open; the first entry begins a new one."""
    by_number = {int(str(line["id"])): line for line in lines}
    options = [*([NEW] if may(Action.PLAN_MAKE) or not lines else []), *by_number]
    if number not in options:
        number = options[0]
        choose(number)
    labels = {one: plan_label(line) for one, line in by_number.items()} | {NEW: word("siting.new_plan")}
    widget = keyed(f"siting_pick_{number}_{len(lines)}")
    st.selectbox(
        word("siting.plan"),
        options,
        index=options.index(number),
        format_func=labels.__getitem__,
        key=widget,
        on_change=_picked,
        args=(widget,),
    )


def _picked(widget: str) -> None:
    choose(int(st.session_state[widget]))


def _invite(choices: Json) -> None:
    """No plan is open: what to do on the left."""
    if not choices["sites"]:
        tables.empty(word("siting.no_sites"), word("siting.no_sites_next"))
    elif may(Action.PLAN_MAKE):
        tables.empty(word("siting.begin"), word("siting.begin_next"))
    else:
        tables.empty(word("siting.no_plan"), word("siting.no_plan_next"))
