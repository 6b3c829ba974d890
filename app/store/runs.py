"""Queries on runs: save a draft, move it through its states, read what it holds."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from app.errors import RefusedError
from app.store.copying import copy_rows
from app.store.packing import Floats, Packed, pack, unpack
from app.store.tables.agg import About
from app.store.tables.plan import Estimate, Need, NeedDraws, RiskMap, Run, RunStep

NEXT = {"draft": "checked", "checked": "approved", "approved": "published"}


class EstimateRow(NamedTuple):
    """One area's value on one map, as stored."""

    area_code: str
    value: float | None
    lower: float | None
    upper: float | None
    cv: float | None
    direct: float | None
    base: int
    risk_class: int | None
    reliability: str
    shown: str
    exceedance: float | None = None
    rank_lower: int | None = None
    rank_upper: int | None = None
    membership: float | None = None
    cluster: int | None = None
    rose: float | None = None


class NeedRow(NamedTuple):
    """Persons in need of one area and group."""

    area_code: str
    grp: str
    population: float
    persons: float
    lower: float
    upper: float
    visits: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMap:
    """One map about to be saved."""

    key: str
    kind: str
    topic: str
    indicator: str
    grp: str
    sex: str
    unit: str
    year: int
    definition: Mapping[str, object]
    rows: Sequence[EstimateRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run about to be saved as a draft."""

    title: str
    boundary_id: int
    year: int
    created_at: dt.datetime
    created_by: str
    inputs_sha: str
    tables_sha: str
    parameters: Mapping[str, object]
    code_version: str
    is_simulation: bool


def try_lock(session: Session, number: int) -> bool:
    """Take a lock that ends with the transaction; False if another holds it."""
    return bool(session.scalar(text("SELECT pg_try_advisory_xact_lock(:number)"), {"number": number}))


def holds(session: Session) -> str:
    """What the store holds: nothing, demonstration, real."""
    return session.scalars(select(About.holds)).one()


def frozen_base(session: Session) -> dict[str, float] | None:
    """City means of the first published run: the base that later indices are measured against."""
    kept = Run.state.in_(("published", "superseded"))
    query = select(Run.parameters).where(kept).order_by(Run.id).limit(1)
    found = session.scalar(query)
    base = (found or {}).get("index_base")
    return (
        {str(topic): float(mean) for topic, mean in base.items()} if isinstance(base, dict) and base else None
    )


def save(
    session: Session,
    new: NewRun,
    maps: Sequence[NewMap],
    need: Sequence[NeedRow],
    zones: Mapping[str, int],
    *,
    draws: Mapping[str, Floats] | None = None,
) -> int:
    """Store a draft; returns its number.

    Parameters
    ----------
    draws : by group of `need`, (n_areas, draws) persons in need, areas in the order of its rows
    """
    run = Run(
        state="draft",
        title=new.title,
        boundary_id=new.boundary_id,
        year=new.year,
        created_at=new.created_at,
        created_by=new.created_by,
        inputs_sha=new.inputs_sha,
        tables_sha=new.tables_sha,
        parameters=dict(new.parameters),
        code_version=new.code_version,
        seconds={},
        is_simulation=new.is_simulation,
    )
    session.add(run)
    session.flush()
    session.add(RunStep(run_id=run.id, state="draft", actor=new.created_by, at=new.created_at, note=""))
    stored = [_map(run.id, one) for one in maps]
    session.add_all(stored)
    session.flush()
    lines = ((row.id, *line) for row, one in zip(stored, maps, strict=True) for line in one.rows)
    copy_rows(session, "plan.estimates", ("map_id", *EstimateRow._fields), lines)
    copy_rows(session, "plan.need", ("run_id", *NeedRow._fields), ((run.id, *row) for row in need))
    copy_rows(
        session,
        "plan.zones",
        ("run_id", "area_code", "zone"),
        ((run.id, c, int(z)) for c, z in zones.items()),
    )
    for group, drawn in (draws or {}).items():
        session.add(NeedDraws(run_id=run.id, grp=group, **pack(drawn)._asdict()))
    session.flush()
    return run.id


def _map(run_id: int, one: NewMap) -> RiskMap:
    names = ("key", "kind", "topic", "indicator", "grp", "sex", "unit", "year")
    return RiskMap(run_id=run_id, definition=dict(one.definition), **{n: getattr(one, n) for n in names})


def note_seconds(session: Session, run_id: int, seconds: Mapping[str, float]) -> None:
    """Store how long each stage took."""
    session.execute(update(Run).where(Run.id == run_id).values(seconds=dict(seconds)))


def get(session: Session, run_id: int | None = None, *, state: str | None = None) -> Run:
    """A run by number, or the newest (of a state).

    Raises
    ------
    RefusedError
        If there is none.
    """
    query = select(Run).order_by(Run.id.desc())
    if run_id is not None:
        query = query.where(Run.id == run_id)
    if state is not None:
        query = query.where(Run.state == state)
    run = session.scalars(query.limit(1)).first()
    if run is None:
        raise RefusedError("runs.none", run=run_id or "-", state=state or "-")
    return run


def newest_for_plans(session: Session) -> Run:
    """The published run, else the newest draft.

    Raises
    ------
    RefusedError
        If there is no run.
    """
    try:
        return get(session, state="published")
    except RefusedError:
        return get(session)


def all_runs(session: Session) -> list[Run]:
    """Every run, newest first."""
    return list(session.scalars(select(Run).order_by(Run.id.desc())))


def steps(session: Session, run_id: int) -> list[RunStep]:
    """Who moved a run, when, in order."""
    return list(session.scalars(select(RunStep).where(RunStep.run_id == run_id).order_by(RunStep.id)))


def advance(session: Session, run: Run, to: str, *, actor: str, at: dt.datetime, note: str = "") -> None:
    """Move a run one step on.

    Raises
    ------
    RefusedError
        If the run is not in the state before.
    """
    if NEXT.get(run.state) != to:
        raise RefusedError("runs.order", run=run.id, state=run.state, to=to, next=NEXT.get(run.state, "-"))
    if to == "published":
        session.execute(update(Run).where(Run.state == "published").values(state="superseded"))
    run.state = to
    session.add(RunStep(run_id=run.id, state=to, actor=actor, at=at, note=note))
    session.flush()


def need(session: Session, run_id: int, group: str) -> dict[str, tuple[float, float]]:
    """(population, persons in need) of each area for a group.

    Raises
    ------
    RefusedError
        If the run has no such group; names those it has.
    """
    rows = session.execute(
        select(Need.area_code, Need.population, Need.persons).where(Need.run_id == run_id, Need.grp == group)
    ).all()
    if not rows:
        raise RefusedError("runs.no_group", group=group, groups=", ".join(need_groups(session, run_id)))
    return {row.area_code: (row.population, row.persons) for row in rows}


def drawn_groups(session: Session, run_id: int) -> list[str]:
    """Names of the groups whose draws a run keeps."""
    return list(
        session.scalars(select(NeedDraws.grp).where(NeedDraws.run_id == run_id).order_by(NeedDraws.grp))
    )


def need_draws(session: Session, run_id: int, group: str) -> tuple[list[str], Floats]:
    """Codes of the areas, and (n_areas, draws) persons in need of a group, joint over areas and groups.

    Raises
    ------
    RefusedError
        If the run keeps no draws of the group.
    """
    row = session.get(NeedDraws, (run_id, group))
    if row is None:
        kept = ", ".join(drawn_groups(session, run_id))
        raise RefusedError("runs.no_group", group=group, groups=kept)
    query = select(Need.area_code).where(Need.run_id == run_id, Need.grp == group).order_by(Need.id)
    codes = list(session.scalars(query))
    return codes, unpack(Packed(row.draws, row.scale, row.payload), len(codes))


def summary(session: Session, run_id: int) -> list[dict[str, object]]:
    """Every map of a run for everybody, with areas by class and by reliability; no area's value."""
    query = select(RiskMap.key, RiskMap.kind, RiskMap.year, RiskMap.definition)
    query = query.where(RiskMap.run_id == run_id, RiskMap.sex == "").order_by(RiskMap.kind, RiskMap.key)
    wanted = ("title", "counts_by_class", "reliability_counts", "level", "source", "staff")
    return [
        {"key": row.key, "kind": row.kind, "year": row.year}
        | {name: row.definition[name] for name in wanted if name in row.definition}
        for row in session.execute(query)
    ]


def visits(session: Session, run_id: int) -> dict[str, tuple[float]]:
    """Visits a year of each area."""
    query = select(Need.area_code, Need.visits).where(Need.run_id == run_id, Need.grp == "all")
    return {row.area_code: (row.visits,) for row in session.execute(query)}


def need_groups(session: Session, run_id: int) -> list[str]:
    """Names of the groups whose persons in need are known."""
    return list(session.scalars(select(Need.grp).where(Need.run_id == run_id).distinct().order_by(Need.grp)))


def estimates(session: Session, run_id: int, key: str) -> list[EstimateRow]:
    """All areas of one map, in order of code."""
    query = select(*(getattr(Estimate, name) for name in EstimateRow._fields))
    query = query.join(RiskMap, RiskMap.id == Estimate.map_id)
    query = query.where(RiskMap.run_id == run_id, RiskMap.key == key)
    return [EstimateRow(*row) for row in session.execute(query.order_by(Estimate.area_code.collate("C")))]


def newest_published_at(session: Session) -> dt.datetime | None:
    """When the published map was published."""
    query = select(func.max(RunStep.at)).join(Run, Run.id == RunStep.run_id)
    return session.scalar(query.where(Run.state == "published", RunStep.state == "published"))
