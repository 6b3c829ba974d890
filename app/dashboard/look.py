"""The look that all screens share."""

import re
from html import escape
from pathlib import Path

import streamlit as st

STYLE = (Path(__file__).parent / "static" / "mahalle.css").read_text("utf-8")
MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:])")


def style() -> None:
    """Add the style sheet; it holds no data."""
    st.html(f"<style>{STYLE}</style>")


def simulation_band(words: str) -> None:
    """The band that every page of a demonstration carries."""
    st.html(f'<div class="mahalle-band" role="note">{words}</div>')


def heading(text: str, note: str = "") -> None:
    """A screen's name, and in a line what it is for."""
    more = f"<p class='mahalle-lead'>{escape(note)}</p>" if note else ""
    st.html(f"<h1 class='mahalle-head'>{escape(text)}</h1>{more}")


def plain(text: str) -> str:
    r"""Text for Streamlit's markdown, with nothing in it meaning anything.

    >>> print(plain("Ayşe *Demir*"))
    Ayşe \*Demir\*
    """
    return MARKS.sub(r"\\\1", text)
