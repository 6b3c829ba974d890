"""Proposals: where each one is, what it says, and what this person may do with it now."""

import datetime as dt
from collections.abc import Mapping, Sequence
from html import escape
from typing import cast

import streamlit as st

from app.auth.roles import Action
from app.dashboard import look, papers, tables
from app.dashboard.screens.approval import maker, steps
from app.dashboard.screens.siting.words import keyed, minutes, ownership, people
from app.dashboard.session import may, service, visitor, word
from app.i18n import day
from app.words import proof_lines

Json = Mapping[str, object]
KINDS = {"draft": "draft", "sent": "sent", "returned": "closed", "approved": "good", "withdrawn": "closed"}
EDITABLE = ("draft", "returned")


def show() -> None:
    """The list, and the chosen proposal with its chain."""
    found = cast(Sequence[Json], service().get("/proposals")["proposals"])
    if not found:
        tables.empty(word("approval.no_proposals"), word("approval.no_proposals_next"))
        return
    by_number = {int(str(one["id"])): one for one in sorted(found, key=_waiting_first)}
    chosen = st.selectbox(
        word("approval.proposal"),
        list(by_number),
        format_func={number: _label(one) for number, one in by_number.items()}.__getitem__,
        key=keyed("approval_proposal"),
    )
    _one(service().get(f"/proposals/{chosen}"))


def _waiting_first(one: Json) -> tuple[bool, bool, int]:
    """What waits for this person comes first."""
    mine = one["mine"] is True and one["state"] in EDITABLE
    return (not (mine or one["my_turn"]), one["state"] in ("approved", "withdrawn"), -int(str(one["id"])))


def _label(one: Json) -> str:
    content = cast(Json, one["content"])
    state = word(f"approval.state_{one['state']}", step=one["waits_at"])
    return f"{one['id']}. {content['subject']} · {state}"


def _one(one: Json) -> None:
    _head(one)
    tables.chain(_chain(one), word("approval.chain"))
    _brief(cast(Json, one["brief"]))
    left, right = st.columns((1.25, 1), gap="large")
    with left:
        _letter(one)
        number = one["id"]
        papers.offer(
            f"approval_papers_{number}_{len(cast(Sequence[object], one['history']))}",
            "papers",
            {"proposal": number},
            word("approval.make_papers"),
        )
    with right:
        if one["my_turn"]:
            steps.form(one)
        elif one["mine"] is True and one["state"] in EDITABLE and _may_send(one):
            maker.forms(one)
        else:
            st.html(f"<p class='pl-quiet'>{escape(_waits(one))}</p>")
        if one["mine"] is True and one["state"] in (*EDITABLE, "sent") and _may_send(one):
            maker.withdrawal(one)
    _history(one)


def _may_send(one: Json) -> bool:
    return may(Action.PROPOSAL_FORMAL if one["first"] else Action.PROPOSAL_SEND)


def _waits(one: Json) -> str:
    if one["state"] == "sent":
        return word("approval.waits", step=one["waits_at"])
    return word(f"approval.note_{one['state']}")


def _head(one: Json) -> None:
    content = cast(Json, one["content"])
    state = str(one["state"])
    badge = tables.badge(word(f"approval.state_{state}", step=one["waits_at"]), KINDS[state])
    said = word(
        "approval.about",
        plan=one["plan_name"] or one["plan_id"],
        region=one["region_name"] or word("siting.whole_city"),
        who=look.person(one["created_by"]),
        day=_day(str(one["created_at"])),
    )
    st.html(
        f"<div><h2 class='pl-name'>{escape(str(content['subject']))}</h2>{badge}</div>"
        f"<p class='pl-quiet'>{escape(said)}</p>"
    )


def _day(moment: str) -> str:
    return day(dt.datetime.fromisoformat(moment), visitor().language)


def _chain(one: Json) -> list[tuple[str, str, str]]:
    """Each step with what it decided since the proposal was sent last."""
    said: dict[str, Json] = {}
    for event in cast(Sequence[Json], one["history"]):
        if event["decision"] == "sent":
            said = {}
        if event["step"]:
            said[str(event["step"])] = event
    names, first, place = (
        cast(Sequence[str], one["chain"]),
        int(str(one["first"])),
        int(str(one["place"])),
    )
    found = []
    for number, name in enumerate(names):
        if number < first:
            continue
        if name in said:
            state = "back" if said[name]["decision"] == "returned" else "done"
            found.append((name, state, _paper(said[name])))
        elif one["state"] == "sent" and number == place:
            found.append((name, "now", word("approval.now_here")))
        else:
            found.append((name, "later", word("approval.later")))
    return found


def _paper(event: Json) -> str:
    words = word(f"documents.decision_{event['decision']}")
    when = (
        day(dt.date.fromisoformat(str(event["ebys_date"])), visitor().language) if event["ebys_date"] else ""
    )
    return " · ".join(part for part in (words, str(event["ebys_number"]), when) if part)


def _brief(brief: Json) -> None:
    """What is proposed and what it brings."""
    everybody = cast(Json, brief["everybody"])
    before, after = (minutes(everybody.get(f"mean_{when}")) for when in ("before", "after"))
    sites = cast(Sequence[Json], brief["new"])
    tables.facts(
        [
            (str(len(sites)), word("documents.fact_new")),
            (f"{before} → {after}", word("siting.fact_mean")),
            (people(everybody.get("nearer")), word("documents.fact_nearer")),
        ]
    )
    names = ", ".join(f"{site['name']} ({ownership(site['ownership'])})" for site in sites)
    st.html(
        f"<p class='pl-proof'>{escape(names)}. {escape(' '.join(proof_lines(brief, visitor().language)))}</p>"
    )


def _letter(one: Json) -> None:
    """What the letter says beside what the plan itself says."""
    content = cast(Json, one["content"])
    parts = [f"<h3>{escape(word('approval.letter'))}</h3>"]
    parts.append(f"<p>{escape(str(content.get('reason') or word('approval.no_own_reason')))}</p>")
    for name in ("references", "annexes"):
        lines = cast(Sequence[str], content.get(name) or ())
        if lines:
            items = "".join(f"<li>{escape(str(line))}</li>" for line in lines)
            parts.append(f"<p><strong>{escape(word(f'approval.field_{name}'))}</strong></p><ul>{items}</ul>")
    st.html(f"<section class='pl-letter'>{''.join(parts)}</section>")


def _history(one: Json) -> None:
    rows = [
        [
            _day(str(event["at"])),
            str(event["step"] or "–"),
            word(f"approval.did_{event['decision']}"),
            str(event["ebys_number"] or "–"),
            _short(event["ebys_date"]),
            look.person(event["actor"]),
            str(event["reason"] or "–"),
        ]
        for event in reversed(cast(Sequence[Json], one["history"]))
    ]
    names = ("noted", "step", "what", "number", "date", "who", "reason")
    tables.title(word("approval.history"))
    tables.table(word("approval.history"), [word(f"approval.history_{name}") for name in names], rows)


def _short(given: object) -> str:
    return day(dt.date.fromisoformat(str(given)), visitor().language) if given else "–"
