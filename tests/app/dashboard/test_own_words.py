"""The list of Streamlit's own words: a text that Streamlit no longer says would never be put into Turkish."""

from pathlib import Path

import pytest
import streamlit

from app.dashboard.look import OWN
from app.i18n import catalogue

SCRIPTS = Path(streamlit.__file__).parent / "static" / "static" / "js"
WORDS = {key: text for key, text in catalogue("en").items() if key.startswith(OWN)}


@pytest.fixture(scope="module")
def said():
    """All that Streamlit's pages could say."""
    return "\n".join(path.read_text("utf-8") for path in SCRIPTS.glob("*.js"))


def pieces(text):
    """The parts of a text that stand unbroken in a script; keys to press and names are put in as it runs."""
    if text.startswith("Press "):
        return ["Press ", "Enter to ", text.rpartition("Enter to ")[2]]
    return [part.strip() for part in text.split("{name}")]


@pytest.mark.parametrize("key", sorted(WORDS))
def test_streamlit_still_says_every_text_that_is_translated(said, key):
    assert [piece for piece in pieces(WORDS[key]) if piece not in said] == []
