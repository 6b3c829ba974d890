"""Move plans through their states."""

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from app.errors import RefusedError
from app.store.plans.reading import get
from app.store.plans.records import DRAFT, PUBLISHED, SENT, WITHDRAWN
from app.store.plans.shown import shown
from app.store.tables.agg import PublishedPlan
from app.store.tables.plan import Plan

MOVES = {
    (DRAFT, SENT),
    (SENT, DRAFT),
    (DRAFT, PUBLISHED),
    (SENT, PUBLISHED),
    (DRAFT, WITHDRAWN),
    (PUBLISHED, WITHDRAWN),
    (PUBLISHED, PUBLISHED),
}


def move(session: Session, plan_id: int, to: str) -> None:
    """Set a plan's state.

    Raises
    ------
    RefusedError
        If there is no such plan, or its state does not lead there.
    """
    plan = locked(session, plan_id)
    if (plan.state, to) not in MOVES:
        raise RefusedError("plans.order", plan=plan_id, state=plan.state, to=to)
    plan.state = to
    session.flush()


def publish(session: Session, plan_id: int) -> None:
    """Copy a plan into what planners may read, without the figures of very small regions.

    Raises
    ------
    RefusedError
        If there is no such plan, or it was withdrawn.
    """
    move(session, plan_id, PUBLISHED)
    found = get(session, plan_id)
    said = {"name": found.name, "region": found.region, **shown(found.result)}
    session.merge(PublishedPlan(plan_id=found.id, run_id=found.run_id, result=said))


def withdraw(session: Session, plan_id: int) -> None:
    """Take a plan out of use; planners no longer see it.

    Raises
    ------
    RefusedError
        If there is no such plan, or it is on its way through the chain.
    """
    move(session, plan_id, WITHDRAWN)
    session.execute(delete(PublishedPlan).where(PublishedPlan.plan_id == plan_id))


def locked(session: Session, plan_id: int) -> Plan:
    """A plan that nobody else changes until the transaction ends.

    Raises
    ------
    RefusedError
        If there is none.
    """
    plan = session.scalars(select(Plan).where(Plan.id == plan_id).with_for_update()).one_or_none()
    if plan is None:
        raise RefusedError("plans.none", plan=plan_id)
    return plan
