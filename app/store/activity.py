"""Counts of a period: what came in, what was done. Small numbers are hidden by whoever shows them."""

import datetime as dt

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.store.tables.geo import Area
from app.store.tables.plan import Plan, ProposalStep, RunStep
from app.store.tables.survey import Batch, Case, Household

CASE_FIELDS = ("kind", "reason", "subject", "priority", "channel")
Counts = dict[str, int]


def batches(session: Session, first: dt.date, last: dt.date) -> Counts:
    """Files taken in by kind."""
    return _by(session, Batch.kind, func.date(Batch.received_at).between(first, last))


def households(session: Session, first: dt.date, last: dt.date) -> Counts:
    """Visits by outcome; a visit without a day counts on the day its file came."""
    day = func.coalesce(
        Household.day,
        select(func.date(Batch.received_at)).where(Batch.id == Household.batch_id).scalar_subquery(),
    )
    return _by(session, Household.outcome, day.between(first, last) & ~Household.superseded)


def cases(session: Session, field: str, first: dt.date, last: dt.date) -> Counts:
    """Applications and tip-offs by one of `CASE_FIELDS`."""
    return _by(session, getattr(Case, field), Case.day.between(first, last))


def cases_by_district(session: Session, first: dt.date, last: dt.date) -> Counts:
    """Applications and tip-offs by district of the boundary version they were taken in with."""
    query = select(Area.district, func.count()).select_from(Case)
    query = query.join(Area, (Area.boundary_id == Case.boundary_id) & (Area.code == Case.area_code))
    rows = session.execute(query.where(Case.day.between(first, last)).group_by(Area.district)).all()
    return {str(name): int(count) for name, count in sorted(rows)}


def steps(session: Session, first: dt.date, last: dt.date) -> Counts:
    """Runs made and published, plans made, and proposals drafted, sent, returned and approved."""
    run_steps = _by(session, RunStep.state, func.date(RunStep.at).between(first, last))
    proposal_steps = _by(session, ProposalStep.decision, func.date(ProposalStep.at).between(first, last))
    plans = session.scalar(
        select(func.count()).select_from(Plan).where(func.date(Plan.created_at).between(first, last))
    )
    return {
        "runs_made": run_steps.get("draft", 0),
        "runs_published": run_steps.get("published", 0),
        "plans": int(plans or 0),
        **{
            f"proposals_{word}": proposal_steps.get(word, 0)
            for word in ("drafted", "sent", "returned", "approved")
        },
    }


def _by(session: Session, column: InstrumentedAttribute[str], where: ColumnElement[bool]) -> Counts:
    rows = session.execute(select(column, func.count()).where(where).group_by(column)).all()
    return {str(name): int(count) for name, count in sorted(rows, key=lambda row: (-row[1], str(row[0])))}
