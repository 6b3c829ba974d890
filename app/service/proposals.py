"""Ways of proposals: drafted, sent up, decided step by step, withdrawn."""

import datetime as dt
from dataclasses import asdict

from app.auth.roles import REGIONAL, Action, Role, may
from app.errors import ForbiddenError, RefusedError
from app.proposal import Decision, decide, draft, edit, listing, one, read_content, send, withdraw
from app.service.plans import is_mine, own_region, require_readable
from app.service.ways import Asked, Door, Way
from app.store import places, plans
from app.store.logins import Login
from app.store.proposals import ProposalRecord


def as_json(asked: Asked, proposal: ProposalRecord) -> dict[str, object]:
    """A proposal with its history, and whether it is this person's."""
    history = [
        {
            **asdict(step),
            "at": step.at.isoformat(),
            "ebys_date": step.ebys_date.isoformat() if step.ebys_date else None,
        }
        for step in proposal.history
    ]
    same = ("id", "plan_id", "plan_name", "region", "created_by", "state", "first", "place", "waits_at")
    return {
        **{name: getattr(proposal, name) for name in same},
        "created_at": proposal.created_at.isoformat(),
        "sites": list(proposal.sites),
        "chain": list(proposal.chain),
        "region_name": region_name(asked, proposal.region),
        "content": proposal.content,
        "history": history,
        "mine": is_mine(asked.who, proposal.created_by, proposal.region),
        "my_turn": notes_step(asked, proposal.waits_at),
    }


def notes_step(asked: Asked, step: str) -> bool:
    """Whether it is this person's to note what a step of the chain decided."""
    if not step or not may(asked.who.role, Action.PROPOSAL_STEP):
        return False
    if asked.who.role is Role.HEAD:
        return step == asked.store.settings.approval_formal_step
    return step in asked.who.steps


def region_name(asked: Asked, region: str) -> str:
    """A service region by the name of its centre, where it is named after one."""
    if not region:
        return ""
    with asked.store.session(Login.SERVICE) as session:
        return places.region_name(session, region)


def _list(asked: Asked) -> object:
    found = listing(asked.store, region=own_region(asked.who))
    return {"proposals": [as_json(asked, proposal) for proposal in found]}


def _get(asked: Asked) -> ProposalRecord:
    proposal = one(asked.store, asked.number("id"))
    require_readable(asked.who, proposal.region)
    return proposal


def _show(asked: Asked) -> object:
    """One proposal, with what its plan brings in a few figures."""
    proposal = _get(asked)
    with asked.store.session(Login.SERVICE) as session:
        result = plans.shown(plans.version(session, proposal.version_id).result)
    new, groups = result["new"], result["groups"]
    assert isinstance(new, list)
    assert isinstance(groups, dict)
    brief = {
        "new": [{name: site.get(name) for name in ("name", "district", "ownership")} for site in new],
        "everybody": groups.get("all", {}),
        "gap": result["gap"],
        "required_price_minutes": result.get("required_price_minutes"),
        "verified": result.get("verified"),
    }
    return {**as_json(asked, proposal), "brief": brief}


# -------------------------------------------------------------- the maker's
def _draft(asked: Asked, *, formal: bool) -> object:
    with asked.store.session(Login.SERVICE) as session:
        plan = plans.get(session, _plan_number(asked))
    require_readable(asked.who, plan.region)
    if not formal and asked.who.role in REGIONAL and plan.region != asked.who.region:
        raise ForbiddenError("plans.not_your_region")
    content = read_content(asked.body)
    made = draft(asked.store, plan.id, content, formal=formal, actor=asked.who.actor, now=asked.at)
    return as_json(asked, made)


def _plan_number(asked: Asked) -> int:
    value = asked.body.get("plan")
    if not isinstance(value, int) or isinstance(value, bool):
        raise RefusedError("service.bad_field", field="plan")
    return value


def _draft_up(asked: Asked) -> object:
    return _draft(asked, formal=False)


def _draft_formal(asked: Asked) -> object:
    return _draft(asked, formal=True)


def _maker(asked: Asked) -> ProposalRecord:
    """A proposal that is this person's to change."""
    proposal = _get(asked)
    allowed = Action.PROPOSAL_FORMAL if proposal.first else Action.PROPOSAL_SEND
    if not may(asked.who.role, allowed) or not is_mine(asked.who, proposal.created_by, proposal.region):
        raise ForbiddenError("proposals.not_yours", proposal=proposal.id)
    return proposal


def _edit(asked: Asked) -> object:
    proposal = _maker(asked)
    content = read_content(asked.body)
    return as_json(asked, edit(asked.store, proposal.id, content, actor=asked.who.actor, now=asked.at))


def _send(asked: Asked) -> object:
    proposal = _maker(asked)
    signed = _decision(asked, step=proposal.chain[proposal.first])
    return as_json(asked, send(asked.store, proposal.id, signed, actor=asked.who.actor, now=asked.at))


def _withdraw(asked: Asked) -> object:
    proposal, reason = _maker(asked), asked.text("reason")
    return as_json(asked, withdraw(asked.store, proposal.id, reason, actor=asked.who.actor, now=asked.at))


# -------------------------------------------------------------- the chain's
def _step(asked: Asked) -> object:
    proposal = _get(asked)
    decision = _decision(asked, step=asked.text("step"))
    if not notes_step(asked, decision.step):
        raise ForbiddenError("proposals.not_your_step", step=decision.step)
    return as_json(asked, decide(asked.store, proposal.id, decision, actor=asked.who.actor, now=asked.at))


def _decision(asked: Asked, *, step: str) -> Decision:
    verdict = asked.text("verdict", "pass")
    if verdict not in ("pass", "return"):
        raise RefusedError("service.bad_field", field="verdict")
    given = asked.text("ebys_date", "")
    try:
        day = dt.date.fromisoformat(given) if given else None
    except ValueError:
        raise RefusedError("proposals.no_day", given=given[:20]) from None
    return Decision(
        step=step,
        verdict=verdict,
        reason=asked.text("reason", ""),
        ebys_number=asked.text("ebys_number", ""),
        ebys_date=day,
    )


_A = Action
WAYS = (
    Way(method="GET", path="/proposals", needs=_A.PROPOSAL_READ, answer=_list),
    Way(method="GET", path="/proposals/{id}", needs=_A.PROPOSAL_READ, answer=_show),
    Way(method="POST", path="/proposals", needs=_A.PROPOSAL_DRAFT, answer=_draft_up),
    Way(method="POST", path="/proposals/formal", needs=_A.PROPOSAL_FORMAL, answer=_draft_formal),
    # the maker's own: of a unit (send) or of the department (formal); `_maker` decides which
    Way(method="POST", path="/proposals/{id}/content", needs=Door.SIGNED_IN, answer=_edit),
    Way(method="POST", path="/proposals/{id}/send", needs=Door.SIGNED_IN, answer=_send),
    Way(method="POST", path="/proposals/{id}/withdraw", needs=Door.SIGNED_IN, answer=_withdraw),
    Way(method="POST", path="/proposals/{id}/step", needs=_A.PROPOSAL_STEP, answer=_step),
)
