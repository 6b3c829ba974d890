"""One page of the method at a time; a link names it."""

from html import escape

import streamlit as st

from app.dashboard import look
from app.dashboard.places import METHOD_PAGE, METHOD_PAGES
from app.dashboard.session import word

STYLE = """
<style>
.mt-page { max-width: 44rem; }
.mt-page p, .mt-page li { line-height: 1.6; }
.mt-warning { max-width: 44rem; margin: 1.5rem 0; padding: 0.9rem 1.1rem; border-left: 4px solid #b45309;
    background: #fff7ed; border-radius: 0 6px 6px 0; }
.mt-warning h2 { font-size: 1rem; margin: 0 0 0.3rem; padding: 0; color: #7c2d12; }
.mt-warning p { margin: 0; color: #431407; line-height: 1.55; }
</style>
"""


def show() -> None:
    """The chosen page, and what every page ends with."""
    look.heading(word("screen.method"), word("method.lead"))
    asked = st.query_params.get(METHOD_PAGE)
    chosen = st.selectbox(
        word("method.choose"),
        METHOD_PAGES,
        index=METHOD_PAGES.index(asked) if asked in METHOD_PAGES else 0,
        format_func=lambda page: word(f"method.{page}.title"),
        width=440,
    )
    if chosen != asked:
        st.query_params[METHOD_PAGE] = chosen
    with st.container(key="mt_page"):
        st.html(f"{STYLE}<h2 class='mahalle-title'>{escape(word(f'method.{chosen}.title'))}</h2>")
        st.markdown(word(f"method.{chosen}.text"), width=720)
    st.html(
        f"<section class='mt-warning' role='note'><h2>{escape(word('method.warning_title'))}</h2>"
        f"<p>{escape(word('method.warning'))}</p></section>"
    )
