"""The look that all screens share."""

import re
from html import escape
from pathlib import Path

import streamlit as st

from app.i18n import Language, catalogue, say

HERE = Path(__file__).parent / "static"
STYLE = (HERE / "mahalle.css").read_text("utf-8")
OWN = "own."
MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:])")


def style() -> None:
    """Add the style sheet; it holds no data."""
    st.html(f"<style>{STYLE}</style>")


def own_words(language: Language) -> None:
    """Have Streamlit's own English words said in the visitor's language, by a script without a place.

    The English catalogue holds them word for word.
    """
    keys = sorted(key for key in catalogue("en") if key.startswith(OWN))
    pairs = [[say(key, "en", name="{name}"), say(key, language, name="{name}")] for key in keys]
    script = (HERE / "own_words.js").read_text("utf-8")
    words = st.components.v2.component("mahalle_own_words", js=script)
    words(key="own_words", data={"language": language, "pairs": pairs})


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
