"""Small tables and lists as HTML; every text is escaped, nothing here is markup of data."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import streamlit as st

STYLE = (Path(__file__).parent / "static" / "plans.css").read_text("utf-8")


def style() -> None:
    """Add the look of plans and proposals; it holds no data."""
    st.html(f"<style>{STYLE}</style>")


def heading(text: str, note: str = "") -> None:
    """The screen's name, and in a line what it is for."""
    more = f"<p class='pl-quiet'>{escape(note)}</p>" if note else ""
    st.html(f"<h1 class='pl-head'>{escape(text)}</h1>{more}")


def title(text: str, note: str = "") -> None:
    """A heading inside the screen."""
    more = f"<p class='pl-quiet'>{escape(note)}</p>" if note else ""
    st.html(f"<h2 class='pl-title'>{escape(text)}</h2>{more}")


def empty(head: str, text: str) -> None:
    """Nothing is here yet: what has to happen first."""
    st.html(f"<section class='pl-empty'><h2>{escape(head)}</h2><p>{escape(text)}</p></section>")


def facts(items: Sequence[tuple[str, str]]) -> None:
    """Large numbers, each with (value, label)."""
    cells = "".join(f"<div><dd>{escape(value)}</dd><dt>{escape(label)}</dt></div>" for value, label in items)
    st.html(f"<dl class='pl-facts'>{cells}</dl>")


def asked(items: Sequence[tuple[str, str]]) -> None:
    """What was asked: (label, value) one under the other."""
    rows = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in items)
    st.html(f"<dl class='pl-asked'>{rows}</dl>")


def table(
    caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: Sequence[int] = ()
) -> None:
    """A table with its caption for who cannot see it; columns in `numbers` read to the right."""
    side = [" class='pl-n'" if place in numbers else "" for place in range(len(head))]
    top = "".join(
        f"<th scope='col'{where}>{escape(name)}</th>" for name, where in zip(head, side, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(
            f"<th scope='row'>{escape(cell)}</th>" if not place else f"<td{side[place]}>{escape(cell)}</td>"
            for place, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    said = escape(caption)
    st.html(
        f"<div class='pl-wide' tabindex='0' role='region' aria-label='{said}'><table class='pl-table'>"
        f"<caption>{said}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def chain(steps: Sequence[tuple[str, str, str]], label: str) -> None:
    """A way of several steps: (name, state, line below); states done, now, back, later."""
    items = "".join(
        f"<li class='pl-{state}'{' aria-current=step' if state == 'now' else ''}>"
        f"<strong>{escape(name)}</strong><span>{escape(line)}</span></li>"
        for name, state, line in steps
    )
    st.html(f"<ol class='pl-chain' aria-label='{escape(label)}'>{items}</ol>")


def badge(text: str, kind: str) -> str:
    """A state in words, as HTML; kinds draft, sent, good, closed."""
    return f"<span class='pl-badge pl-{kind}'>{escape(text)}</span>"
