"""Make plans and change drafts, each change a version of its own."""

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import RefusedError
from app.store.plans.reading import get
from app.store.plans.records import CITY, DRAFT, LONGEST_NAME, Draft
from app.store.plans.states import locked
from app.store.tables.plan import Plan, PlanVersion


def save(session: Session, draft: Draft, *, region: str = CITY, actor: str, at: dt.datetime) -> int:
    """Store a new plan as a draft; returns its number."""
    plan = Plan(created_at=at, created_by=actor, region=region, state=DRAFT)
    session.add(plan)
    session.flush()
    _append(session, plan.id, draft, before=None, actor=actor, at=at)
    return plan.id


def revise(session: Session, plan_id: int, draft: Draft, *, actor: str, at: dt.datetime) -> int:
    """Give a draft a new version; returns its number. An empty name keeps the name.

    Raises
    ------
    RefusedError
        If there is no such plan or it is not a draft.
    """
    now = _open(session, plan_id)
    name = draft.name or now.name
    kept = Draft(run_id=draft.run_id, result=draft.result, parameters=draft.parameters, name=name)
    return _append(session, plan_id, kept, before=now.id, actor=actor, at=at)


def rename(session: Session, plan_id: int, name: str, *, actor: str, at: dt.datetime) -> int:
    """Give a draft another name, as a version of its own.

    Raises
    ------
    RefusedError
        If it is not a draft, or the name is empty or too long.
    """
    now = _open(session, plan_id)
    named = Draft(run_id=now.run_id, result=now.result, parameters=now.parameters, name=parse_name(name))
    return _append(session, plan_id, named, before=now.id, actor=actor, at=at)


def parse_name(name: str) -> str:
    """A name on one line.

    Raises
    ------
    RefusedError
        If it is empty or longer than 120 characters.
    """
    words = " ".join(name.split())
    if not words or len(words) > LONGEST_NAME:
        raise RefusedError("plans.name", most=LONGEST_NAME)
    return words


def undo(session: Session, plan_id: int, *, actor: str, at: dt.datetime) -> int:
    """Return a draft to the version before, as a new version: nothing is lost.

    Raises
    ------
    RefusedError
        If it is not a draft or stands at its first version.
    """
    now = _open(session, plan_id)
    if now.before is None:
        raise RefusedError("plans.nothing_to_undo", plan=plan_id)
    past = session.get_one(PlanVersion, now.before)
    draft = Draft(run_id=past.run_id, result=past.result, parameters=past.parameters, name=past.name)
    return _append(session, plan_id, draft, before=past.before, actor=actor, at=at)


def copy(
    session: Session, plan_id: int, name: str, *, region: str | None = None, actor: str, at: dt.datetime
) -> int:
    """Begin a new draft with what a plan says; returns its number. Its region is the plan's unless given."""
    source = get(session, plan_id)
    where = source.region if region is None else region
    plan = Plan(created_at=at, created_by=actor, region=where, state=DRAFT, copied_from=source.id)
    session.add(plan)
    session.flush()
    said = Draft(
        run_id=source.run_id, result=source.result, parameters=source.parameters, name=parse_name(name)
    )
    _append(session, plan.id, said, before=None, actor=actor, at=at)
    return plan.id


def _append(
    session: Session, plan_id: int, draft: Draft, *, before: int | None, actor: str, at: dt.datetime
) -> int:
    version = PlanVersion(
        plan_id=plan_id,
        before=before,
        run_id=draft.run_id,
        at=at,
        actor=actor,
        name=draft.name,
        parameters=dict(draft.parameters),
        result=dict(draft.result),
    )
    session.add(version)
    session.flush()
    return version.id


def _open(session: Session, plan_id: int) -> PlanVersion:
    """The newest version of a draft, which nobody else changes until the transaction ends."""
    plan = locked(session, plan_id)
    if plan.state != DRAFT:
        raise RefusedError("plans.closed", plan=plan_id, state=plan.state)
    newest = select(PlanVersion).where(PlanVersion.plan_id == plan_id).order_by(PlanVersion.id.desc())
    return session.scalars(newest.limit(1)).one()
