"""Send a proposal, note what each step of the chain decided, withdraw it."""

import datetime as dt
import re
from dataclasses import dataclass

from app.errors import RefusedError
from app.proposal.draft import require_editable
from app.store import audit, plans, proposals
from app.store.logins import Login
from app.store.proposals import APPROVED, RETURNED, SENT, WITHDRAWN, Event, ProposalRecord
from app.store.session import Session, Store
from app.store.tables.plan import Proposal

EBYS_NUMBER = re.compile(r"[\w][\w./\-() ]{0,59}")
LONGEST_REASON = 1000
PASS, RETURN = "pass", "return"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a step decided, as signed in the document system.

    Attributes
    ----------
    step : name of the step that is expected to have its turn; guards against two people at once
    verdict : "pass" or "return"
    reason : needed where it is returned
    ebys_number, ebys_date : of the signed paper; needed where it is passed on
    """

    step: str
    verdict: str = PASS
    reason: str = ""
    ebys_number: str = ""
    ebys_date: dt.date | None = None


def send(store: Store, proposal_id: int, signed: Decision, *, actor: str, now: dt.datetime) -> ProposalRecord:
    """Send a proposal up from its maker's step, with the number and date of the signed letter.

    It takes the plan as it stands now; the plan is closed until the proposal comes back.

    Raises
    ------
    RefusedError
        If it is not the maker's, the number or date is missing or wrong, or the plan is no draft.
    """
    with store.session(Login.SERVICE) as session:
        row = require_editable(session, proposal_id)
        _check_paper(row, signed, session, now)
        plans.move(session, row.plan_id, plans.SENT)
        row.version_id = plans.get(session, row.plan_id).version
        row.state, row.place = SENT, row.first
        event = _event("sent", row.chain[row.first], signed)
        proposals.note(session, row.id, event, actor=actor, at=now)
        _onward(session, row)
        _audit(session, row, "proposal.sent", actor)
        return proposals.get(session, row.id)


def decide(
    store: Store, proposal_id: int, decision: Decision, *, actor: str, now: dt.datetime
) -> ProposalRecord:
    """Note that the step whose turn it is passed a proposal on or returned it.

    Raises
    ------
    RefusedError
        If it is not that step's turn, a reason is missing, or number or date is missing or wrong.
    """
    with store.session(Login.SERVICE) as session:
        row = proposals.locked(session, proposal_id)
        if row.state != SENT or row.chain[row.place] != decision.step:
            raise RefusedError("proposals.not_here", proposal=proposal_id, step=decision.step)
        if decision.verdict == RETURN:
            _return(session, row, decision, actor=actor, now=now)
        else:
            _pass(session, row, decision, actor=actor, now=now)
        return proposals.get(session, row.id)


def _return(session: Session, row: Proposal, decision: Decision, *, actor: str, now: dt.datetime) -> None:
    if not decision.reason.strip():
        raise RefusedError("proposals.no_reason")
    if decision.ebys_number or decision.ebys_date:
        _check_paper(row, decision, session, now)
    row.state = RETURNED
    plans.move(session, row.plan_id, plans.DRAFT)
    proposals.note(session, row.id, _event("returned", decision.step, decision), actor=actor, at=now)
    _audit(session, row, "proposal.returned", actor)


def _pass(session: Session, row: Proposal, decision: Decision, *, actor: str, now: dt.datetime) -> None:
    _check_paper(row, decision, session, now)
    last = row.place == len(row.chain) - 1
    word = "approved" if last else "passed"
    proposals.note(session, row.id, _event(word, decision.step, decision), actor=actor, at=now)
    _onward(session, row)
    _audit(session, row, f"proposal.{word}", actor)


def _onward(session: Session, row: Proposal) -> None:
    """The next step has its turn; after the last, the proposal is approved."""
    if row.place == len(row.chain) - 1:
        row.state = APPROVED
    else:
        row.place += 1
    session.flush()


def withdraw(store: Store, proposal_id: int, reason: str, *, actor: str, now: dt.datetime) -> ProposalRecord:
    """Take a proposal back, wherever it is; its plan is a draft again.

    Raises
    ------
    RefusedError
        If there is none, no reason is given, or it is approved or withdrawn already.
    """
    if not reason.strip():
        raise RefusedError("proposals.no_reason")
    with store.session(Login.SERVICE) as session:
        row = proposals.locked(session, proposal_id)
        if row.state in (APPROVED, WITHDRAWN):
            raise RefusedError("proposals.closed", proposal=proposal_id, state=row.state)
        if row.state == SENT:
            plans.move(session, row.plan_id, plans.DRAFT)
        row.state = WITHDRAWN
        event = Event(decision="withdrawn", reason=_reason(reason))
        proposals.note(session, row.id, event, actor=actor, at=now)
        _audit(session, row, "proposal.withdrawn", actor)
        return proposals.get(session, row.id)


def _event(word: str, step: str, decision: Decision) -> Event:
    return Event(
        decision=word,
        step=step,
        reason=_reason(decision.reason),
        ebys_number=decision.ebys_number.strip(),
        ebys_date=decision.ebys_date,
    )


def _reason(given: str) -> str:
    if len(given) > LONGEST_REASON:
        raise RefusedError("proposals.too_long", text=LONGEST_REASON, line=LONGEST_REASON, lines=1)
    return given.strip()


def _check_paper(row: Proposal, decision: Decision, session: Session, now: dt.datetime) -> None:
    """A signed paper has a number and a day: not in the future, not before the paper it answers."""
    if not EBYS_NUMBER.fullmatch(decision.ebys_number.strip()) or decision.ebys_date is None:
        raise RefusedError("proposals.no_paper")
    if decision.ebys_date > (now + dt.timedelta(hours=14)).date():  # whatever the time zone, it is tomorrow
        raise RefusedError("proposals.future_paper", day=decision.ebys_date.isoformat())
    papers = [step.ebys_date for step in proposals.get(session, row.id).history if step.ebys_date]
    if papers and decision.ebys_date < papers[-1]:
        raise RefusedError(
            "proposals.paper_order", day=decision.ebys_date.isoformat(), before=papers[-1].isoformat()
        )


def _audit(session: Session, row: Proposal, action: str, actor: str) -> None:
    audit.record(session, actor=actor, action=action, detail={"proposal": row.id, "plan": row.plan_id})
