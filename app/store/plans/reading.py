"""Read plans, their versions, and lists of them."""

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session, aliased

from app.errors import RefusedError
from app.store.plans.records import CITY, PlanLine, PlanRecord, VersionLine
from app.store.plans.shown import as_list
from app.store.tables.plan import Plan, PlanVersion

_ANY = aliased(PlanVersion)
_NEWEST = select(func.max(_ANY.id)).where(_ANY.plan_id == Plan.id).correlate(Plan).scalar_subquery()


def get(session: Session, plan_id: int | None = None) -> PlanRecord:
    """A plan by number, or the newest.

    Raises
    ------
    RefusedError
        If there is none.
    """
    query = select(Plan, PlanVersion).join(PlanVersion, PlanVersion.id == _NEWEST).order_by(Plan.id.desc())
    if plan_id is not None:
        query = query.where(Plan.id == plan_id)
    found = session.execute(query.limit(1)).first()
    if found is None:
        raise RefusedError("plans.none", plan=plan_id or "-")
    return _record(*found)


def _record(plan: Plan, version: PlanVersion) -> PlanRecord:
    return PlanRecord(
        id=plan.id,
        name=version.name,
        owner=plan.created_by,
        region=plan.region,
        state=plan.state,
        created_at=plan.created_at,
        version=version.id,
        at=version.at,
        run_id=version.run_id,
        parameters=version.parameters,
        result=version.result,
        can_undo=version.before is not None,
    )


def version(session: Session, version_id: int) -> PlanRecord:
    """A plan as one of its versions says; its state is today's."""
    query = select(Plan, PlanVersion).join(Plan, Plan.id == PlanVersion.plan_id)
    return _record(*session.execute(query.where(PlanVersion.id == version_id)).one())


def versions(session: Session, plan_id: int) -> list[VersionLine]:
    """A plan's history, newest first."""
    v = PlanVersion
    query = select(v.id, v.name, v.at, v.actor, v.result["new"].label("new")).where(v.plan_id == plan_id)
    rows = session.execute(query.order_by(v.id.desc())).all()
    return [
        VersionLine(id=row.id, name=row.name, at=row.at, actor=row.actor, sites=_names(row.new))
        for row in rows
    ]


def all_plans(session: Session, *, region: str | None = None) -> list[PlanLine]:
    """Plans, newest first; with a region, those for it and those for the whole city."""
    query = _lines()
    if region is not None:
        query = query.where(Plan.region.in_((region, CITY)))
    return [_line(row) for row in session.execute(query)]


def _lines() -> Select[tuple[object, ...]]:
    p, v = Plan, PlanVersion
    columns = (
        *(p.id, p.created_by.label("owner"), p.region, p.state, p.created_at),
        *(v.id.label("version"), v.name, v.at, v.run_id, v.before),
        *(v.result[name].label(name) for name in ("new", "gap")),
        *(v.result[(name, "mean_minutes")].label(f"minutes_{name}") for name in ("before", "after")),
    )
    query: Select[tuple[object, ...]] = select(*columns).join(v, v.id == _NEWEST).order_by(p.id.desc())
    return query


def _line(row: Row[tuple[object, ...]]) -> PlanLine:
    given = row._mapping
    same = ("id", "owner", "region", "state", "created_at", "version", "name", "at", "run_id")
    return PlanLine(
        **{name: given[name] for name in same},
        minutes_before=given["minutes_before"],
        minutes_after=given["minutes_after"],
        gap=float(given["gap"] or 0.0),
        sites=keys(given["new"]),
        can_undo=given["before"] is not None,
    )


def keys(new: object) -> tuple[str, ...]:
    """Keys of the centres in a plan's list `new`."""
    return tuple(str(site["key"]) for site in as_list(new))


def _names(new: object) -> tuple[str, ...]:
    return tuple(str(site.get("name") or site["key"]) for site in as_list(new))
