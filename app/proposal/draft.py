"""Make a proposal from a plan, change it while it is the maker's, and read it."""

import datetime as dt

from app.errors import RefusedError
from app.proposal.content import Content
from app.store import audit, plans, proposals
from app.store.logins import Login
from app.store.proposals import DRAFT, RETURNED, Event, ProposalRecord
from app.store.session import Session, Store
from app.store.tables.plan import Proposal

EDITABLE = (DRAFT, RETURNED)


def draft(
    store: Store, plan_id: int, content: Content, *, formal: bool, actor: str, now: dt.datetime
) -> ProposalRecord:
    """Put a plan forward as a draft.

    Parameters
    ----------
    formal : by the head of department, at the step the settings name; else from the first step of the chain

    Raises
    ------
    RefusedError
        If the plan is no draft, or another proposal of it is under way.
    """
    chain = store.settings.approval_chain
    first = chain.index(store.settings.approval_formal_step) if formal else 0
    with store.session(Login.SERVICE) as session:
        plan = plans.get(session, plan_id)
        _require_free(session, plan)
        new = Proposal(
            plan_id=plan.id,
            version_id=plan.version,
            region=plan.region,
            created_at=now,
            created_by=actor,
            state=DRAFT,
            chain=list(chain),
            first=first,
            place=first,
            content=content.as_json(),
        )
        number = proposals.add(session, new, actor=actor, at=now)
        audit.record(session, actor=actor, action="proposal.drafted", detail=_about(number, plan.id))
        return proposals.get(session, number)


def _require_free(session: Session, plan: plans.PlanRecord) -> None:
    if plan.state != plans.DRAFT:
        raise RefusedError("plans.closed", plan=plan.id, state=plan.state)
    for other in proposals.of_plan(session, plan.id):
        if other.state in (*EDITABLE, proposals.SENT):
            raise RefusedError("proposals.under_way", plan=plan.id, proposal=other.id)


def _about(number: int, plan_id: int) -> dict[str, object]:
    return {"proposal": number, "plan": plan_id}


def edit(store: Store, proposal_id: int, content: Content, *, actor: str, now: dt.datetime) -> ProposalRecord:
    """Change what a draft, or one that came back, says.

    Raises
    ------
    RefusedError
        If there is none, or it is on its way or closed.
    """
    with store.session(Login.SERVICE) as session:
        row = require_editable(session, proposal_id)
        row.content = content.as_json()
        proposals.note(
            session, row.id, Event(decision="edited", content=content.as_json()), actor=actor, at=now
        )
        audit.record(session, actor=actor, action="proposal.edited", detail=_about(row.id, row.plan_id))
        return proposals.get(session, row.id)


def require_editable(session: Session, proposal_id: int) -> Proposal:
    """The locked row of a proposal that is its maker's.

    Raises
    ------
    RefusedError
        If there is none, or it is on its way or closed.
    """
    row = proposals.locked(session, proposal_id)
    if row.state not in EDITABLE:
        raise RefusedError("proposals.not_yours_now", proposal=proposal_id, state=row.state)
    return row


def listing(store: Store, *, region: str | None = None) -> list[ProposalRecord]:
    """Proposals, newest first; with a region, its own and the city-wide ones."""
    with store.session(Login.SERVICE) as session:
        return proposals.listing(session, region=region)


def one(store: Store, proposal_id: int) -> ProposalRecord:
    """A proposal by number.

    Raises
    ------
    RefusedError
        If there is none.
    """
    with store.session(Login.SERVICE) as session:
        return proposals.get(session, proposal_id)
