"""Queries on plans of centres."""

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import RefusedError
from app.store.tables.agg import PublishedPlan
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


FEWEST_AREAS = 3  # a region of fewer neighbourhoods would tell a neighbourhood's own figure
REGION_FIGURES = ("region_need", "region_population", "mean_minutes", "p95_minutes")


def publish(session: Session, plan: Plan) -> None:
    """Copy a plan into what planners may read, without the figures of very small regions."""
    plan.state = "published"
    session.flush()
    result = shown(plan.result)
    session.merge(PublishedPlan(plan_id=plan.id, run_id=plan.run_id, result=result))


def shown(result: Mapping[str, object]) -> dict[str, object]:
    """The plan without figures that would give away one neighbourhood's.

    A region of fewer than three neighbourhoods loses its figures; where that is the only one, so does the
    next smallest, or the city's total would give it back.
    """
    centres = [dict(place) for kind in ("existing", "new") for place in _list(result.get(kind))]
    by_size = sorted(centres, key=lambda place: int(str(place["region_areas"])))
    hidden = [place for place in by_size if int(str(place["region_areas"])) < FEWEST_AREAS]
    if len(hidden) == 1:
        hidden = by_size[:2]
    for place in hidden:
        place.update(dict.fromkeys(REGION_FIGURES))
    count = len(_list(result.get("existing")))
    return {**result, "existing": centres[:count], "new": centres[count:]}


def _list(value: object) -> list[dict[str, object]]:
    return value if isinstance(value, list) else []


def get(session: Session, plan_id: int | None = None) -> Plan:
    """A plan by number, or the newest.

    Raises
    ------
    RefusedError
        If there is none.
    """
    query = select(Plan).order_by(Plan.id.desc())
    if plan_id is not None:
        query = query.where(Plan.id == plan_id)
    plan = session.scalars(query.limit(1)).first()
    if plan is None:
        raise RefusedError("plans.none", plan=plan_id or "-")
    return plan


def all_plans(session: Session) -> list[Plan]:
    """Every plan, newest first."""
    return list(session.scalars(select(Plan).order_by(Plan.id.desc())))
