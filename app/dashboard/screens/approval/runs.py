"""Draft risk maps: looked over, checked and approved with a note, published and frozen under a name."""

import datetime as dt
from collections.abc import Mapping, Sequence
from html import escape
from typing import cast

import streamlit as st

from app.auth.roles import Action
from app.dashboard import look, tables
from app.dashboard.screens.approval import checks, noticed
from app.dashboard.screens.approval.steps import post
from app.dashboard.screens.siting.words import keyed
from app.dashboard.session import may, service, visitor, word
from app.i18n import day, number

Json = Mapping[str, object]
NEEDS = {"checked": Action.RUN_CHECK, "approved": Action.RUN_APPROVE, "published": Action.RUN_PUBLISH}
WAYS = {"checked": "check", "approved": "approve", "published": "publish"}
KINDS = {
    "draft": "draft",
    "checked": "sent",
    "approved": "sent",
    "published": "good",
    "superseded": "closed",
}
ORDER = ("draft", "checked", "approved", "published")
GRADES = ("A", "B", "C", "D")


def show() -> None:
    """The list, and the chosen run with what it holds and its next step."""
    found = cast(Sequence[Json], service().get("/runs")["runs"])
    if not found:
        tables.empty(word("approval.no_runs"), word("approval.no_runs_next"))
        return
    by_number = {int(str(run["id"])): run for run in sorted(found, key=_waiting_first)}
    chosen = st.selectbox(
        word("approval.run"),
        list(by_number),
        format_func={number: _label(run) for number, run in by_number.items()}.__getitem__,
        key=keyed("approval_run"),
    )
    _one(by_number[chosen])


def _waiting_first(run: Json) -> tuple[bool, int]:
    return (not run["next"], -int(str(run["id"])))


def _label(run: Json) -> str:
    state = word(f"approval.run_{run['state']}")
    return f"{run['id']}. {run['title']} · {state}"


def _one(run: Json) -> None:
    state = str(run["state"])
    badge = tables.badge(word(f"approval.run_{state}"), KINDS[state])
    said = word(
        "approval.run_about",
        year=run["year"],
        day=_day(str(run["made_at"])),
        who=look.person(run["made_by"]),
        seconds=number(float(str(run["seconds"])), visitor().language),
    )
    st.html(
        f"<div><h2 class='pl-name'>{escape(str(run['title']))}</h2>{badge}</div>"
        f"<p class='pl-quiet'>{escape(said)}</p>"
    )
    tables.chain(_chain(run), word("approval.run_way"))
    left, right = st.columns((1.6, 1), gap="large")
    with left:
        held = service().get(f"/runs/{run['id']}")
        maps = cast(Sequence[Json], held["maps"])
        titles = {str(one["key"]): _title(one) for one in maps}
        noticed.interviews(held)  # first what needs a decision, then what is there
        checks.show(int(str(run["id"])), titles)
        noticed.clusters(held, titles)
        _maps(maps)
    with right:
        _next(run)
        _notes(run)


def _day(moment: str) -> str:
    return day(dt.datetime.fromisoformat(moment), visitor().language)


def _chain(run: Json) -> list[tuple[str, str, str]]:
    done = {str(step["state"]): step for step in cast(Sequence[Json], run["steps"])}
    found = []
    for name in ORDER:
        label = word(f"approval.run_{name}")
        if name in done:
            who = look.person(done[name]["actor"])
            found.append((label, "done", f"{_day(str(done[name]['at']))} · {who}"))
        else:
            here = name == run["next"]
            found.append((label, "now" if here else "later", word("approval.later")))
    return found


def _title(one: Json) -> str:
    titles = cast(Mapping[str, str], one.get("title") or {})
    return titles.get(visitor().language) or titles.get("tr") or str(one["key"])


def _maps(maps: Sequence[Json]) -> None:
    """What the run holds: areas of each map by class and by reliability."""
    rows = []
    for one in maps:
        counts = cast(Sequence[int], one.get("counts_by_class") or [0] * 5)
        grades = cast(Mapping[str, int], one.get("reliability_counts") or {})
        cells = [number(count, visitor().language) for count in counts]
        cells += [number(int(grades.get(grade, 0)), visitor().language) for grade in GRADES]
        rows.append([_title(one), *cells])
    head = [word("documents.risk.column_title"), *(str(level) for level in range(1, 6)), *GRADES]
    tables.title(word("approval.maps"), word("approval.maps_note"))
    tables.table(word("approval.maps"), head, rows, numbers=range(1, 10))


def _next(run: Json) -> None:
    """The form of the next step, for who may take it."""
    to = str(run["next"])
    if not to:
        st.html(f"<p class='pl-quiet'>{escape(word('approval.run_frozen'))}</p>")
        return
    if not may(NEEDS[to]):
        st.html(f"<p class='pl-quiet'>{escape(word(f'approval.run_waits_{to}'))}</p>")
        return
    key = f"approval_run_{run['id']}_{to}"
    tables.title(word(f"approval.run_do_{to}"), word(f"approval.run_note_{to}"))
    with st.form(key, border=True):
        if to == "published":
            st.text_input(
                word("approval.run_name"), value=str(run["title"]), key=f"{key}_title", max_chars=120
            )
        st.text_area(word("approval.run_note"), key=f"{key}_note", max_chars=1000, height=90)
        st.form_submit_button(
            word(f"approval.run_do_{to}"), type="primary", on_click=_move, args=(run["id"], to, key)
        )


def _move(run: object, to: str, key: str) -> None:
    body = {"note": st.session_state[f"{key}_note"]}
    if to == "published":
        body["title"] = st.session_state[f"{key}_title"]
    post(f"/runs/{run}/{WAYS[to]}", body)


def _notes(run: Json) -> None:
    rows = [
        [
            word(f"approval.run_{step['state']}"),
            _day(str(step["at"])),
            look.person(step["actor"]),
            str(step["note"] or "–"),
        ]
        for step in reversed(cast(Sequence[Json], run["steps"]))
    ]
    head = [word(f"approval.history_{name}") for name in ("what", "noted", "who", "note")]
    tables.title(word("approval.history"))
    tables.table(word("approval.history"), head, rows)
