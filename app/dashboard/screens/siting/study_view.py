"""The study of a plan: how sure it is, for whom it is good, in what order it opens, what it costs."""

from collections.abc import Mapping, Sequence
from html import escape

import streamlit as st

from app import words
from app.dashboard import tables
from app.dashboard.session import visitor, word

Json = Mapping[str, object]


def sure(result: Json) -> None:
    """How often each site is chosen, and which plans are almost the same."""
    language = visitor().language
    tables.title(word("study.certainty"), word("study.certainty_lead"))
    lines(words.certainty_lines(result, language))
    show([words.inclusion_table(result, language), words.near_table(result, language)])


def spread(result: Json) -> None:
    """How ways are spread over persons and districts."""
    language = visitor().language
    show([words.access_table(result, language), words.district_table(result, language)])


def order(result: Json) -> None:
    """What opens when."""
    language = visitor().language
    said = words.order_lines(result, language)
    if said:
        tables.title(word("study.order"))
        lines(said)
        show([words.phase_table(result, language)])


def balance(result: Json) -> None:
    """Regions of alike loads, as the map can show them."""
    language = visitor().language
    said = words.balance_lines(result, language)
    if said:
        tables.title(word("study.balance"))
        lines(said)
        told = words.balance_table(result, language)
        tables.table(told.title, told.head, told.rows, numbers=told.numbers)


def costs(result: Json) -> None:
    """Money, staff and decisions, and services of others beside the new centres."""
    language = visitor().language
    if "costs" in result:
        show([words.cost_table(result, language)])
        lines(words.beside_lines(result, language))


def show(given: Sequence[words.Table]) -> None:
    """Tables that have lines."""
    for one in given:
        if one.rows:
            tables.title(one.title, one.note)
            tables.table(one.title, one.head, one.rows, numbers=one.numbers)


def lines(given: Sequence[str]) -> None:
    """Sentences, one under the other."""
    items = "".join(f"<li>{escape(line)}</li>" for line in given)
    st.html(f"<ul class='pl-lines'>{items}</ul>")
