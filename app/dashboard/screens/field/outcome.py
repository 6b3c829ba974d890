"""What became of a file: rows accounted for, problems in place, the rejected rows to take away."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import cast

import streamlit as st

from app.client import Json
from app.dashboard import look
from app.dashboard.session import visitor, word
from app.dashboard.work import file_url
from app.i18n import number

SHOWN = 200
COUNTS = ("read", "new", "updated", "unchanged", "rejected")


def counts(sheets: Sequence[Json]) -> None:
    """Read = new + updated + unchanged + rejected, a row a sheet."""
    head = [word(f"send.{name}") for name in ("sheet", *COUNTS)]
    body = "".join(
        f'<tr><th scope="row">{escape(str(sheet["sheet"]))}</th>'
        + "".join(f"<td>{number(int(str(sheet[name])), visitor().language)}</td>" for name in COUNTS)
        + "</tr>"
        for sheet in sheets
    )
    look.wide_table(head, body, word("send.sheet"))


def problems(found: Sequence[Json]) -> None:
    """What is wrong, where, and what to do."""
    if not found:
        return
    st.subheader(word("send.problems", count=number(len(found), visitor().language)))
    names = ("place", "given", "what")
    body = "".join(_row(one) for one in found[:SHOWN])
    look.wide_table([word(f"send.{name}") for name in names], body, word("send.what"))
    if len(found) > SHOWN:
        st.write(word("send.more", count=number(len(found) - SHOWN, visitor().language)))


def _row(one: Json) -> str:
    row = word("send.row", row=one["row"]) if one["row"] else ""
    place = " · ".join(str(part) for part in (one["sheet"], row, one["column"]) if part)
    mark = "reject" if one["severity"] == "reject" else "warn"
    said = str(one[f"message_{visitor().language}"])
    cells = (escape(place), escape(str(one["given"] or "")), escape(said))
    return f'<tr class="{mark}">' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def rejected(work_id: str, outcome: Json) -> None:
    """The rejected rows as a workbook of the same shape."""
    name = outcome.get("rejected_file")
    if name:
        st.link_button(word("send.rejected_file"), file_url(work_id, str(name)), icon=":material/download:")
        st.caption(word("send.rejected_hint"))


def findings(outcome: Json) -> None:
    """What else the load found: areas mended, codes assigned."""
    report = cast(Mapping[str, object], outcome.get("report") or {})
    found = report.get("findings")
    if isinstance(found, Mapping):
        for key, count in found.items():
            st.write(word(str(key), count=number(int(str(count)), visitor().language)))


def totals(sheets: Sequence[Json]) -> dict[str, int]:
    """The counts of all sheets together."""
    return {name: sum(int(str(sheet[name])) for sheet in sheets) for name in COUNTS}
