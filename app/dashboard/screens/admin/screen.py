"""The screen's parts, one a tab; a role sees those it may use."""

from collections.abc import Callable

import streamlit as st

from app.auth.roles import Action
from app.dashboard import look
from app.dashboard.screens.admin import accounts, indicators, machine, setup
from app.dashboard.session import may, sorry, word
from app.errors import MahalleError

PARTS: tuple[tuple[str, Action, Callable[[], None]], ...] = (
    ("setup", Action.RUN_READ, setup.show),
    ("users", Action.USERS_MANAGE, accounts.show),
    ("indicators", Action.INDICATORS_SET, indicators.show),
    ("jobs", Action.SYSTEM_READ, machine.jobs),
    ("backups", Action.BACKUP_MAKE, machine.backups),
    ("health", Action.SYSTEM_READ, machine.health),
    ("audit", Action.AUDIT_READ, machine.audit),
)


def show() -> None:
    """The whole screen."""
    look.heading(word("screen.admin"))
    parts = {name: part for name, action, part in PARTS if may(action)}
    asked = st.query_params.get("bolum")
    chosen = st.segmented_control(
        word("admin.part"),
        list(parts),
        default=asked if asked in parts else next(iter(parts)),
        required=True,
        format_func=lambda name: word(f"admin.part_{name}"),
        label_visibility="collapsed",
    )
    st.query_params["bolum"] = chosen
    try:
        parts[chosen]()
    except MahalleError as error:
        sorry(error)
