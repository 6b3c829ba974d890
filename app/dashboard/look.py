"""The look that all screens share."""

import math
import re
from collections.abc import Sequence
from html import escape
from pathlib import Path

import streamlit as st

from app.i18n import Language, catalogue, say

HERE = Path(__file__).parent / "static"
STYLE = (HERE / "mahalle.css").read_text("utf-8")
OWN = "own."
LOWEST, TALLEST, MAP_EDGE = 340, 560, 34  # pixels
MARKS = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:])")


def style() -> None:
    """Add the style sheet; it holds no data."""
    st.html(f"<style>{STYLE}</style>")


def person(actor: object) -> str:
    """The name behind an act, as the audit writes it, without what kind of account it is.

    >>> person("user:ayse"), person("os:root")
    ('ayse', 'root')
    """
    return str(actor).removeprefix("user:").removeprefix("os:")


def wide_table(head: Sequence[str], body: str, label: str) -> None:
    """A table that scrolls by itself where the screen is narrow; `body` is HTML, already escaped."""
    top = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    st.html(
        f'<div class="mahalle-wide" tabindex="0" role="region" aria-label="{escape(label)}">'
        f'<table class="mahalle-table"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'
    )


def map_height(box: tuple[float, float, float, float], *, wide: int) -> int:
    """Height of a map's frame in pixels that fits a city's own shape, within reason.

    Parameters
    ----------
    box : west, south, east, north in degrees
    wide : usual width of the frame in pixels

    >>> map_height((29.3, 36.0, 32.6, 37.4), wide=680)
    428
    """
    west, south, east, north = box
    across, up = east - west, (north - south) / math.cos(math.radians((north + south) / 2))
    return round(min(TALLEST, max(LOWEST, wide * up / across + 2 * MAP_EDGE)))


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
