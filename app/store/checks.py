"""Queries on the checks of runs."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.store.tables.checks import RunCheck
from app.store.tables.plan import Estimate, RiskMap


class CountedMap(NamedTuple):
    """A map of records: its key, kind, and the records behind each area."""

    key: str
    kind: str
    cases: Mapping[str, int]


def counted_maps(session: Session, run_id: int) -> list[CountedMap]:
    """Maps of records by neighbourhood, of everybody and all channels, in order of key."""
    wanted = select(RiskMap.id, RiskMap.key, RiskMap.kind).where(
        RiskMap.run_id == run_id,
        RiskMap.definition["level"].astext.is_distinct_from("district"),
        (RiskMap.kind == "reach") & (RiskMap.definition["channel"].astext == "")
        | (RiskMap.kind == "indicator") & (RiskMap.unit == "per 1000"),
    )
    found = []
    for map_id, key, kind in session.execute(wanted.order_by(RiskMap.key.collate("C"))).all():
        rows = session.execute(select(Estimate.area_code, Estimate.base).where(Estimate.map_id == map_id))
        found.append(CountedMap(key, kind, {row.area_code: row.base for row in rows}))
    return found


def save(
    session: Session, run_id: int, content: Sequence[Mapping[str, object]], *, actor: str, at: dt.datetime
) -> None:
    """Keep the checks of a run in place of earlier ones."""
    values = {"actor": actor, "at": at, "content": {"maps": [dict(one) for one in content]}}
    new = insert(RunCheck).values(run_id=run_id, **values)
    session.execute(new.on_conflict_do_update(index_elements=[RunCheck.run_id], set_=values))


def of_run(session: Session, run_id: int) -> RunCheck | None:
    """The checks of a run, if they were made."""
    return session.get(RunCheck, run_id)
