"""What the checks of a run's models say, map by map, in sentences."""

import datetime as dt
from collections.abc import Mapping, Sequence
from html import escape
from typing import cast

import streamlit as st

from app.auth.roles import Action
from app.dashboard import tables, work
from app.dashboard.places import METHOD_PAGE
from app.dashboard.session import may, service, visitor, word
from app.i18n import day
from app.views import WARNING, Sentence, sentences

Json = Mapping[str, object]
KINDS = {"good": "good", "mind": "sent", "bad": "closed"}
MARKS = {True: "▲", False: "✓"}


def show(run: int, titles: Mapping[str, str]) -> None:
    """The page of checks of one run; a button where there is none yet."""
    tables.title(word("check.heading"), word("check.note"))
    slot = f"checks_{run}"
    if (now := work.of(slot)) is not None and work.is_open(now):
        work.watch(str(now["id"]), word("check.heading"))
        return
    if (ended := work.take(slot)) is not None:
        work.result(ended)
    found = service().get(f"/runs/{run}/checks")
    maps = cast(Sequence[Json], found["maps"])
    if not found["at"]:
        st.html(f"<p class='pl-quiet'>{escape(word('check.missing'))}</p>")
        if may(Action.RUN_CHECK):
            _ask(slot, run)
        return
    names = cast(Mapping[str, str], found["names"])
    st.html("".join(_one(one, titles, names) for one in maps))
    made = day(dt.datetime.fromisoformat(str(found["at"])), visitor().language)
    how = f"<a href='/yontem?{METHOD_PAGE}=checking' target='_self'>{escape(word('check.how'))}</a>"
    st.html(f"<p class='pl-quiet'>{escape(word('check.made', day=made))} {how}</p>")


def _ask(slot: str, run: int) -> None:
    st.button(
        word("check.ask"),
        key=f"{slot}_ask",
        icon=":material/fact_check:",
        on_click=work.ask,
        args=(slot, "examine", {"run": run}),
    )


def _one(one: Json, titles: Mapping[str, str], names: Mapping[str, str]) -> str:
    """A map: its verdict, and its sentences under it; warnings are open at once."""
    verdict, key = str(one["verdict"]), str(one["key"])
    said = sentences(one, names, visitor().language)
    badge = tables.badge(word(f"check.{verdict}"), KINDS[verdict])
    lines = "".join(map(line, sorted(said, key=lambda sentence: sentence.level != WARNING)))
    advice = f"<p>{escape(word('check.bad_next'))}</p>" if verdict == "bad" else ""
    opened = "" if verdict == "good" else " open"
    return (
        f"<details class='ck-map'{opened}><summary>{escape(titles.get(key, key))} {badge}</summary>"
        f"{advice}<ul class='ck-lines'>{lines}</ul></details>"
    )


def line(sentence: Sentence) -> str:
    """One finding as an item of a list."""
    warns = sentence.level == WARNING
    mark = f"<span aria-hidden='true'>{MARKS[warns]}</span>"
    return f"<li class='{'ck-warn' if warns else 'ck-fine'}'>{mark} {escape(sentence.text)}</li>"
