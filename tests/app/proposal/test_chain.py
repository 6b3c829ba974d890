"""A proposal's way: drafted, sent, passed from step to step, back with a reason, approved."""

import datetime as dt

import pytest

from app.errors import RefusedError
from app.proposal import Content, Decision, decide, draft, edit, listing, one, read_content, send, withdraw
from app.store import audit, places, plans, runs
from app.store.logins import Login

NOW = dt.datetime(2026, 5, 4, 9, 0, tzinfo=dt.UTC)
TODAY = NOW.date()
LETTER = Content(subject="Yeni merkez", reason="İhtiyaç arttı.", references=("Alan taraması",))


def made_plan(store, region=""):
    result = {"new": [{"key": "S1", "region_areas": 9}], "existing": [], "gap": 0.0}
    result |= {"before": {"mean_minutes": 9.0}, "after": {"mean_minutes": 5.0}}
    with store.session(Login.SERVICE) as session:
        run = next((r.id for r in runs.all_runs(session)), None) or new_run(session)
        return plans.save(
            session, plans.Draft(run_id=run, result=result, name="A"), region=region, actor="ayşe", at=NOW
        )


def new_run(session):
    about = {"title": "x", "year": 2026, "created_at": NOW, "created_by": "t", "parameters": {}}
    about["boundary_id"] = places.current_boundary(session).id
    digests = {"inputs_sha": "", "tables_sha": "", "code_version": "", "is_simulation": True}
    return runs.save(session, runs.NewRun(**about, **digests), [], [], {})


def paper(step, day=TODAY, **more):
    return Decision(step=step, ebys_number="E-1234-56", ebys_date=day, **more)


@pytest.fixture
def sent(small_city):
    """A store with a proposal that was sent up."""
    plan = made_plan(small_city)
    made = draft(small_city, plan, LETTER, formal=False, actor="ayşe", now=NOW)
    return small_city, send(small_city, made.id, paper(made.chain[0]), actor="ayşe", now=NOW)


def plan_state(store, number):
    with store.session(Login.SERVICE) as session:
        return plans.get(session, number).state


def refused(key, call, *given, **more):
    with pytest.raises(RefusedError) as refusal:
        call(*given, **more)
    assert refusal.value.key == key
    return refusal.value.fields


def test_a_sent_proposal_waits_at_the_second_step_and_closes_its_plan(sent):
    store, proposal = sent
    assert (proposal.state, proposal.waits_at) == ("sent", store.settings.approval_chain[1])
    assert plan_state(store, proposal.plan_id) == "sent"
    assert [step.decision for step in proposal.history] == ["drafted", "sent"]
    assert proposal.history[1].ebys_number == "E-1234-56"
    with store.session(Login.SERVICE) as session:
        refused("plans.closed", plans.rename, session, proposal.plan_id, "B", actor="x", at=NOW)
        assert audit.first_broken(session) is None


def test_every_step_passes_it_on_and_the_last_approves(sent):
    store, proposal = sent
    while proposal.waits_at:
        proposal = decide(store, proposal.id, paper(proposal.waits_at), actor="makam", now=NOW)
    assert proposal.state == "approved"
    assert [s.step for s in proposal.history[1:]] == list(store.settings.approval_chain)
    assert proposal.history[-1].decision == "approved"
    refused("proposals.closed", withdraw, store, proposal.id, "geç", actor="x", now=NOW)


def test_it_comes_back_with_a_reason_is_corrected_and_sent_again(sent):
    store, proposal = sent
    step = proposal.waits_at
    refused(
        "proposals.no_reason",
        decide,
        store,
        proposal.id,
        Decision(step=step, verdict="return"),
        actor="x",
        now=NOW,
    )
    back = decide(
        store, proposal.id, Decision(step=step, verdict="return", reason="Harita eksik"), actor="x", now=NOW
    )
    assert (back.state, back.waits_at, back.history[-1].reason) == ("returned", "", "Harita eksik")
    assert plan_state(store, back.plan_id) == "draft"
    better = Content(subject="Yeni merkez (düzeltilmiş)")
    assert edit(store, back.id, better, actor="ayşe", now=NOW).content["subject"] == better.subject
    with store.session(Login.SERVICE) as session:
        version = plans.rename(session, back.plan_id, "B", actor="ayşe", at=NOW)
    again = send(store, back.id, paper(back.chain[0]), actor="ayşe", now=NOW)
    assert (again.state, again.version_id, again.plan_name) == ("sent", version, "B")


def test_only_the_step_whose_turn_it_is_decides(sent):
    store, proposal = sent
    late = paper(store.settings.approval_chain[-1])
    refused("proposals.not_here", decide, store, proposal.id, late, actor="x", now=NOW)


def test_a_step_needs_the_number_and_a_possible_date_of_its_paper(sent):
    store, proposal = sent
    step = proposal.waits_at
    for key, decision in (
        ("proposals.no_paper", Decision(step=step)),
        ("proposals.no_paper", Decision(step=step, ebys_number="=1+1", ebys_date=TODAY)),
        ("proposals.future_paper", paper(step, TODAY + dt.timedelta(days=2))),
        ("proposals.paper_order", paper(step, TODAY - dt.timedelta(days=1))),
    ):
        refused(key, decide, store, proposal.id, decision, actor="x", now=NOW)
    assert len(one(store, proposal.id).history) == 2


def test_a_proposal_on_its_way_is_not_edited_and_its_plan_not_proposed_twice(sent):
    store, proposal = sent
    refused("proposals.not_yours_now", edit, store, proposal.id, LETTER, actor="x", now=NOW)
    refused("plans.closed", draft, store, proposal.plan_id, LETTER, formal=False, actor="x", now=NOW)
    other = made_plan(store)
    draft(store, other, LETTER, formal=False, actor="x", now=NOW)
    refused("proposals.under_way", draft, store, other, LETTER, formal=False, actor="x", now=NOW)


def test_the_head_of_department_begins_at_the_formal_step(small_city):
    made = draft(small_city, made_plan(small_city), LETTER, formal=True, actor="müdür", now=NOW)
    formal = small_city.settings.approval_formal_step
    assert made.chain[made.first] == formal
    sent = send(small_city, made.id, paper(formal), actor="müdür", now=NOW)
    assert sent.waits_at == made.chain[made.chain.index(formal) + 1]


def test_a_withdrawn_proposal_frees_its_plan(sent):
    store, proposal = sent
    refused("proposals.no_reason", withdraw, store, proposal.id, " ", actor="x", now=NOW)
    assert withdraw(store, proposal.id, "Vazgeçildi", actor="ayşe", now=NOW).state == "withdrawn"
    assert plan_state(store, proposal.plan_id) == "draft"


def test_a_region_sees_its_own_and_the_citys(small_city):
    for region in ("", "C1", "C2"):
        draft(small_city, made_plan(small_city, region), LETTER, formal=False, actor="x", now=NOW)
    assert [p.region for p in listing(small_city, region="C1")] == ["C1", ""]
    assert len(listing(small_city)) == 3
    refused("proposals.none", one, small_city, 99)


def test_a_letter_needs_a_subject_and_an_end():
    refused("proposals.no_subject", Content, subject=" ")
    refused("proposals.too_long", Content, subject="x", reason="y" * 4001)
    found = read_content({"subject": " a  b ", "references": "bir\n\n iki ", "annexes": ["x", ""]})
    assert found == Content(subject="a b", references=("bir", "iki"), annexes=("x",))
