"""Queries on proposals: a plan put forward, and everything that happened to it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import RefusedError
from app.store.plans import keys
from app.store.tables.plan import PlanVersion, Proposal, ProposalStep

DRAFT, SENT, RETURNED, APPROVED, WITHDRAWN = "draft", "sent", "returned", "approved", "withdrawn"
CITY = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing about to be noted."""

    decision: str  # drafted, edited, sent, passed, returned, approved, withdrawn
    step: str = ""
    reason: str = ""
    ebys_number: str = ""
    ebys_date: dt.date | None = None
    content: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """One thing that happened to a proposal."""

    at: dt.datetime
    actor: str
    step: str
    decision: str
    reason: str
    ebys_number: str
    ebys_date: dt.date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRecord:
    """A proposal as it stands, with its history in order."""

    id: int
    plan_id: int
    version_id: int
    plan_name: str
    sites: tuple[str, ...]  # keys of the centres that are proposed
    region: str
    created_at: dt.datetime
    created_by: str
    state: str
    chain: Sequence[str]
    first: int
    place: int
    content: Mapping[str, object]
    history: Sequence[StepRecord]

    @property
    def waits_at(self) -> str:
        """Name of the step whose turn it is; '' where it is nobody's."""
        return self.chain[self.place] if self.state == SENT else ""


def add(session: Session, new: Proposal, *, actor: str, at: dt.datetime) -> int:
    """Store a draft; returns its number."""
    session.add(new)
    session.flush()
    note(session, new.id, Event(decision="drafted", content=new.content), actor=actor, at=at)
    return new.id


def note(session: Session, proposal_id: int, event: Event, *, actor: str, at: dt.datetime) -> None:
    """Append to a proposal's history."""
    step = ProposalStep(
        proposal_id=proposal_id,
        at=at,
        actor=actor,
        step=event.step,
        decision=event.decision,
        reason=event.reason,
        ebys_number=event.ebys_number,
        ebys_date=event.ebys_date,
        content=dict(event.content),
    )
    session.add(step)
    session.flush()


def locked(session: Session, proposal_id: int) -> Proposal:
    """A proposal that nobody else changes until the transaction ends.

    Raises
    ------
    RefusedError
        If there is none.
    """
    found = session.scalars(
        select(Proposal).where(Proposal.id == proposal_id).with_for_update()
    ).one_or_none()
    if found is None:
        raise RefusedError("proposals.none", proposal=proposal_id)
    return found


def get(session: Session, proposal_id: int) -> ProposalRecord:
    """A proposal by number.

    Raises
    ------
    RefusedError
        If there is none.
    """
    found = _records(session, proposal_id=proposal_id)
    if not found:
        raise RefusedError("proposals.none", proposal=proposal_id)
    return found[0]


def listing(session: Session, *, region: str | None = None) -> list[ProposalRecord]:
    """Proposals, newest first; with a region, those for it and those for the whole city."""
    return _records(session, region=region)


def of_plan(session: Session, plan_id: int) -> list[ProposalRecord]:
    """Proposals made from a plan, newest first."""
    return _records(session, plan_id=plan_id)


def _records(
    session: Session, *, proposal_id: int | None = None, region: str | None = None, plan_id: int | None = None
) -> list[ProposalRecord]:
    v = PlanVersion
    query = select(Proposal, v.name, v.result["new"].label("new")).join(v, v.id == Proposal.version_id)
    if proposal_id is not None:
        query = query.where(Proposal.id == proposal_id)
    if plan_id is not None:
        query = query.where(Proposal.plan_id == plan_id)
    if region is not None:
        query = query.where(Proposal.region.in_((region, CITY)))
    rows = [(row[0], str(row[1]), row[2]) for row in session.execute(query.order_by(Proposal.id.desc()))]
    told = _histories(session, [proposal.id for proposal, _, _ in rows])
    return [_record(row, name, new, told.get(row.id, [])) for row, name, new in rows]


def _histories(session: Session, numbers: Sequence[int]) -> dict[int, list[StepRecord]]:
    steps = select(ProposalStep).where(ProposalStep.proposal_id.in_(numbers)).order_by(ProposalStep.id)
    told: dict[int, list[StepRecord]] = {}
    for row in session.scalars(steps):
        values = {name: getattr(row, name) for name in StepRecord.__dataclass_fields__}
        told.setdefault(row.proposal_id, []).append(StepRecord(**values))
    return told


def _record(row: Proposal, name: str, new: object, history: Sequence[StepRecord]) -> ProposalRecord:
    same = ("id", "plan_id", "version_id", "region", "created_at", "created_by", "state", "first", "place")
    return ProposalRecord(
        **{field_: getattr(row, field_) for field_ in same},
        plan_name=name,
        sites=keys(new),
        chain=tuple(row.chain),
        content=row.content,
        history=tuple(history),
    )
