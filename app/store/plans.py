"""Queries on plans of centres."""

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.store.tables.plan import Plan


def save(
    session: Session,
    run_id: int,
    document: Mapping[str, object],
    parameters: Mapping[str, object],
    *,
    actor: str,
    at: dt.datetime,
) -> int:
    """Store a plan as a draft; returns its number."""
    plan = Plan(
        run_id=run_id,
        created_at=at,
        created_by=actor,
        state="draft",
        parameters=dict(parameters),
        result=dict(document),
    )
    session.add(plan)
    session.flush()
    return plan.id


# a region's need is a sum over many neighbourhoods; per neighbourhood only its centre's name leaves
PUBLISH = """
INSERT INTO agg.plans (plan_id, run_id, result)
SELECT id, run_id, result FROM plan.plans WHERE id = :plan
ON CONFLICT (plan_id) DO UPDATE SET result = excluded.result
"""


def publish(session: Session, plan_id: int) -> None:
    """Copy a plan into what planners may read."""
    session.execute(text("UPDATE plan.plans SET state = 'published' WHERE id = :plan"), {"plan": plan_id})
    session.execute(text(PUBLISH), {"plan": plan_id})
