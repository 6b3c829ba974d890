"""From an empty installation to the first published map: what is there, what comes next, and where."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import cast

import streamlit as st

from app.auth.roles import Action
from app.dashboard import work
from app.dashboard.session import may, service, visitor, word
from app.i18n import number

RUN = "admin_run"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: when it is done, what is counted, where it is done."""

    key: str
    counts: tuple[str, ...]
    place: str
    done: Callable[[Mapping[str, int]], bool]


STEPS = (
    Step("areas", ("areas",), "/saha-verisi?tur=areas", lambda n: n["areas"] > 0),
    Step(
        "population",
        ("population_years",),
        "/saha-verisi?tur=population",
        lambda n: n["population_years"] > 0,
    ),
    Step("groups", ("district_groups",), "/saha-verisi?tur=groups", lambda n: n["district_groups"] > 0),
    Step("centres", ("centres",), "/saha-verisi?tur=centres", lambda n: n["centres"] > 0),
    Step("sites", ("sites",), "/saha-verisi?tur=sites", lambda n: n["sites"] > 0),
    Step("form", ("forms",), "/saha-verisi?tur=form", lambda n: n["forms"] > 0),
    Step("indicators", ("indicators",), "/yonetim?bolum=indicators", lambda n: n["indicators"] > 0),
    Step(
        "data", ("households", "cases"), "/saha-verisi?tur=survey", lambda n: n["households"] + n["cases"] > 0
    ),
    Step("draft", ("runs",), "", lambda n: n["runs"] > 0),
    Step("published", ("published_runs",), "/onay", lambda n: n["published_runs"] > 0),
)


def show() -> None:
    """The checklist, and the button that makes a draft."""
    found = service().get("/setup")
    counts = cast(Mapping[str, int], found)
    done = [step.done(counts) for step in STEPS]
    st.subheader(word("admin.setup_title"))
    st.progress(sum(done) / len(STEPS), text=word("admin.setup_share", done=sum(done), all=len(STEPS)))
    _list(counts, done)
    _draft(counts)


def _list(counts: Mapping[str, int], done: list[bool]) -> None:
    following = done.index(False) if False in done else -1
    rows = "".join(
        _row(step, counts, is_done=is_done, is_next=place == following)
        for place, (step, is_done) in enumerate(zip(STEPS, done, strict=True))
    )
    st.html(f'<ol class="mahalle-steps" role="list">{rows}</ol>')


def _row(step: Step, counts: Mapping[str, int], *, is_done: bool, is_next: bool) -> str:
    name = escape(word(f"admin.step_{step.key}"))
    kind = "done" if is_done else "next" if is_next else "open"
    state = escape(word(f"admin.step_{kind}"))
    shown = {name: number(counts[name], visitor().language) for name in step.counts}
    told = escape(word(f"admin.count_{step.key}", **shown)) if is_done else ""
    go = word("admin.again" if is_done else "admin.go")
    link = f'<a href="{step.place}" target="_self">{escape(go)}<span class="hidden"> {name}</span></a>'
    return (
        f'<li class="{kind}"><span class="state">{state}</span><span class="name">{name}</span>'
        f'<span class="count">{told}</span>{link if step.place else ""}</li>'
    )


def _draft(counts: Mapping[str, int]) -> None:
    """Make a draft of the map, and follow it."""
    st.subheader(word("admin.draft_title"))
    ready = counts["areas"] and counts["population_years"] and (counts["households"] or counts["cases"])
    if not ready or not may(Action.RUN_MAKE):
        st.caption(word("admin.draft_not_yet"))
        return
    if counts.get("due"):
        st.warning(word("admin.due"))
    now = work.of(RUN)
    if now is not None and work.is_open(now):
        work.watch(str(now["id"]))
        return
    if now is not None and (made := work.result(now)) is not None:
        st.success(word("admin.draft_made", run=made["run"], maps=made["maps"], areas=made["areas"]))
        st.html(f'<a class="mahalle-link" href="/onay" target="_self">{escape(word("admin.draft_next"))}</a>')
    st.button(
        word("admin.draft_make"),
        on_click=work.ask,
        args=(RUN, "refresh"),
        type="primary" if now is None else "secondary",
    )
