"""What a file asks, as fields of a form; the answers as options of the load."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import streamlit as st

from app.client import Json
from app.dashboard.session import word

Options = dict[str, object]
FLAG = re.compile(r"--([a-z-]+)(?:[ =](.*))?", re.DOTALL)
NUMBERS = frozenset({"header_row", "year"})


def field_of(option: str) -> tuple[str, str]:
    """Name of the load's option that a question's answer fills, and for `--map` the field.

    >>> field_of('--map area_code="Mahalle Kodu"'), field_of("--dates dmy")
    (('columns', 'area_code'), ('dates', ''))
    """
    found = FLAG.match(option)
    if found is None:
        return "", ""
    name = found[1].replace("-", "_")
    if name == "map":
        return "columns", (found[2] or "").partition("=")[0]
    return name, ""


def with_answer(options: Options, option: str, answer: object) -> Options:
    """The options with one question answered."""
    name, field = field_of(option)
    if name == "columns":
        known = cast(Mapping[str, str], options.get("columns", {}))
        return {**options, "columns": {**known, field: str(answer)}}
    if name == "repair":
        return {**options, "repair": answer is True}
    return {**options, name: int(str(answer)) if name in NUMBERS else answer}


def ask(questions: Sequence[Json], options: Options, go: Callable[[Options], None]) -> None:
    """Show every question; `go` hears the options once all are answered."""
    st.subheader(word("send.asks"))
    with st.form("answers", border=True):
        given = [_ask_one(place, question) for place, question in enumerate(questions)]
        sent = st.form_submit_button(word("send.answer"), type="primary")
    if not sent:
        return
    if any(answer in (None, "") for answer in given):
        st.warning(word("send.answer_all"))
        return
    for question, answer in zip(questions, given, strict=True):
        options = with_answer(options, str(question["option"]), answer)
    go(options)


def _ask_one(place: int, question: Json) -> object:
    label = str(question["message"])
    choices = cast(Sequence[str], question["choices"])
    name, _ = field_of(str(question["option"]))
    if name == "repair":
        return st.checkbox(label, key=f"answer-{place}") or None
    if choices:
        return st.selectbox(
            label,
            choices,
            index=None,
            key=f"answer-{place}",
            placeholder=word("send.choose"),
            format_func=_choice,
        )
    return st.text_input(label, key=f"answer-{place}")


def _choice(choice: str) -> str:
    """A choice in words where it is a code of ours, as it stands in the file otherwise."""
    key = f"send.choice_{choice}"
    said = word(key)
    return choice if said == key else said
