"""What a run noticed beside its maps: interviews that look made up, and how sure its clusters are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import cast

import streamlit as st

from app.dashboard import tables
from app.dashboard.screens.approval.checks import line
from app.dashboard.session import visitor, word
from app.i18n import number
from app.views import interviews as told

Json = Mapping[str, object]
TESTS = ("p_value", "p_gumbel", "p_overdispersed")
LEAST = 0.001


def interviews(held: Json) -> None:
    """A sentence on the survey's interviews; nothing where no survey was read."""
    found = held.get("suspicious")
    if not found:
        return
    said = told(cast(Json, found), visitor().language)
    tables.title(word("check.interviews_title"))
    st.html(f"<ul class='ck-lines'>{line(said)}</ul>")


def clusters(held: Json, titles: Mapping[str, str]) -> None:
    """The exact p-values of each map's clusters; on the map itself they stand in steps."""
    maps = cast(Sequence[Json], held["maps"])
    rows = [row for one in maps if "staff" in one for row in _tests(one, titles)]
    tables.title(word("check.clusters"), word("check.clusters_note" if rows else "check.cluster_none"))
    if rows:
        columns = ("cluster_areas", "cluster_p", "cluster_gumbel", "cluster_overdispersed")
        head = [word("documents.risk.column_title"), *(word(f"check.{name}") for name in columns)]
        tables.table(word("check.clusters"), head, rows, numbers=range(1, len(head)))


def _tests(one: Json, titles: Mapping[str, str]) -> Iterator[list[str]]:
    key, staff = str(one["key"]), cast(Json, one["staff"])
    for test in cast(Sequence[Json], staff.get("found", ())):
        yield [titles.get(key, key), str(test["areas"]), *(_p(test[name]) for name in TESTS)]


def _p(value: object) -> str:
    if value is None:
        return "–"
    p, language = float(str(value)), visitor().language
    return f"{'< ' if p < LEAST else ''}{number(max(p, LEAST), language, digits=3)}"
