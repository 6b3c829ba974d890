"""Queries on plans of centres: a plan is named and owned; what it says is in versions that never change."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Row, Select, delete, func, select
from sqlalchemy.orm import Session, aliased

from app.errors import RefusedError
from app.store.tables.agg import PublishedPlan
from app.store.tables.plan import Plan, PlanVersion

DRAFT, SENT, PUBLISHED, WITHDRAWN = "draft", "sent", "published", "withdrawn"
LONGEST_NAME = 120
CITY = ""  # the region of a plan for the whole city


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What one version of a plan says."""

    run_id: int
    result: Mapping[str, object]
    parameters: Mapping[str, object] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord:
    """A plan as it stands."""

    id: int
    name: str
    owner: str
    region: str
    state: str
    created_at: dt.datetime
    version: int
    at: dt.datetime
    run_id: int
    parameters: Mapping[str, object]
    result: Mapping[str, object]
    can_undo: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanLine:
    """A plan in a list: without its regions."""

    id: int
    name: str
    owner: str
    region: str
    state: str
    created_at: dt.datetime
    version: int
    at: dt.datetime
    run_id: int
    sites: tuple[str, ...]  # keys of the centres to open
    minutes_before: float | None
    minutes_after: float | None
    gap: float
    can_undo: bool


# ------------------------------------------------------------------ making
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
    plan = _locked(session, plan_id)
    if plan.state != DRAFT:
        raise RefusedError("plans.closed", plan=plan_id, state=plan.state)
    newest = select(PlanVersion).where(PlanVersion.plan_id == plan_id).order_by(PlanVersion.id.desc())
    return session.scalars(newest.limit(1)).one()


def _locked(session: Session, plan_id: int) -> Plan:
    plan = session.scalars(select(Plan).where(Plan.id == plan_id).with_for_update()).one_or_none()
    if plan is None:
        raise RefusedError("plans.none", plan=plan_id)
    return plan


# ------------------------------------------------------------------ states
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
    plan = _locked(session, plan_id)
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


# ----------------------------------------------------------------- privacy
FEWEST_AREAS = 3  # a region of fewer neighbourhoods would tell a neighbourhood's own figure
REGION_FIGURES = ("region_need", "region_population", "mean_minutes", "p95_minutes")
NEED_STEP = 50  # persons in need are told in such steps: two plans a neighbourhood apart do not tell it


def shown(result: Mapping[str, object]) -> dict[str, object]:
    """The plan without figures that would give away one neighbourhood's.

    A region of fewer than three neighbourhoods loses its figures; where that is the only one, so does the
    next smallest, or the city's total would give it back. Persons in need of a region are rounded.
    """
    centres = [dict(place) for kind in ("existing", "new") for place in _list(result.get(kind))]
    by_size = sorted(centres, key=lambda place: int(str(place["region_areas"])))
    hidden = [place for place in by_size if int(str(place["region_areas"])) < FEWEST_AREAS]
    if len(hidden) == 1:
        hidden = by_size[:2]
    for place in hidden:
        place.update(dict.fromkeys(REGION_FIGURES))
    for place in centres:
        place["region_need"] = _stepped(place.get("region_need"))
    count = len(_list(result.get("existing")))
    return {
        **result,
        "existing": centres[:count],
        "new": centres[count:],
        "groups": _shown_groups(result),
    }


def _shown_groups(result: Mapping[str, object]) -> dict[str, object]:
    """Persons of each group in steps; none where the plan counts fewer than three neighbourhoods."""
    groups = result.get("groups")
    few = int(str(result.get("areas", FEWEST_AREAS))) < FEWEST_AREAS
    told: dict[str, object] = {}
    for name, figures in (groups if isinstance(groups, dict) else {}).items():
        hidden = {what: None if few else _stepped(figures.get(what)) for what in ("persons", "nearer")}
        told[name] = {**figures, **hidden}
    return told


def _stepped(persons: object) -> int | None:
    return None if persons is None else NEED_STEP * round(float(str(persons)) / NEED_STEP)


def _list(value: object) -> list[dict[str, object]]:
    return value if isinstance(value, list) else []


# ----------------------------------------------------------------- reading
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


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLine:
    """One entry of a plan's history."""

    id: int
    name: str
    at: dt.datetime
    actor: str
    sites: tuple[str, ...]


def versions(session: Session, plan_id: int) -> list[VersionLine]:
    """A plan's history, newest first."""
    v = PlanVersion
    query = select(v.id, v.name, v.at, v.actor, v.result["new"].label("new")).where(v.plan_id == plan_id)
    rows = session.execute(query.order_by(v.id.desc())).all()
    return [
        VersionLine(id=row.id, name=row.name, at=row.at, actor=row.actor, sites=keys(row.new)) for row in rows
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
    return tuple(str(site["key"]) for site in _list(new))
