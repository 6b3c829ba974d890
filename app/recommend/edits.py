"""Edits of a plan: a name, a step back, a copy, publishing and withdrawing; each is written to the audit."""

import datetime as dt

from app.store import audit, plans
from app.store.logins import Login
from app.store.session import Store


def rename_plan(store: Store, plan_id: int, name: str, *, actor: str, now: dt.datetime) -> None:
    """Give a draft another name.

    Raises
    ------
    RefusedError
        If it is not a draft, or the name is empty or too long.
    """
    with store.session(Login.SERVICE) as session:
        plans.rename(session, plan_id, name, actor=actor, at=now)
        audit.record(session, actor=actor, action="plan.renamed", detail={"plan": plan_id})


def undo_plan(store: Store, plan_id: int, *, actor: str, now: dt.datetime) -> None:
    """Return a draft to how it was before its last edit; nothing is lost.

    Raises
    ------
    RefusedError
        If it is not a draft, or nothing was edited.
    """
    with store.session(Login.SERVICE) as session:
        plans.undo(session, plan_id, actor=actor, at=now)
        audit.record(session, actor=actor, action="plan.undone", detail={"plan": plan_id})


def copy_plan(
    store: Store, plan_id: int, name: str, *, actor: str, now: dt.datetime, region: str | None = None
) -> int:
    """Begin a draft with what another plan says; returns its number.

    Raises
    ------
    RefusedError
        If there is no such plan, or the name is empty or too long.
    """
    with store.session(Login.SERVICE) as session:
        made = plans.copy(session, plan_id, name, region=region, actor=actor, at=now)
        audit.record(session, actor=actor, action="plan.copied", detail={"plan": made, "from": plan_id})
    return made


def publish_plan(store: Store, plan_id: int | None, *, actor: str) -> int:
    """Let planners, exports and reports show a plan, the newest if none is named; returns its number.

    Raises
    ------
    RefusedError
        If there is no such plan, or it was withdrawn.
    """
    with store.session(Login.SERVICE) as session:
        found = plans.get(session, plan_id).id
        plans.publish(session, found)
        audit.record(session, actor=actor, action="plan.published", detail={"plan": found})
    return found


def withdraw_plan(store: Store, plan_id: int, *, actor: str, reason: str = "") -> None:
    """Take a plan out of use.

    Raises
    ------
    RefusedError
        If there is no such plan, or a proposal made from it is on its way.
    """
    with store.session(Login.SERVICE) as session:
        plans.withdraw(session, plan_id)
        audit.record(session, actor=actor, action="plan.withdrawn", purpose=reason, detail={"plan": plan_id})
