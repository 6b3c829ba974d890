"""Beside the map: the legend, what the number is, and the chosen neighbourhood."""

from collections.abc import Mapping
from html import escape
from urllib.parse import quote

import streamlit as st

from app.auth.roles import Action
from app.dashboard.places import METHOD_PAGE, method_page
from app.dashboard.screens.risk.choice import Choice
from app.dashboard.screens.risk.profile_text import here_html, others_html
from app.dashboard.screens.risk.state import VALUE
from app.dashboard.session import may, reader, service, sorry, visitor, word
from app.errors import MahalleError
from app.i18n import number
from app.maps import words
from app.maps.aspects import CLUSTERS, aspect_legend, cluster_lines, drawn
from app.maps.legend import change_legend, class_legend, sign_legend
from app.views import Comparison, counts, describe, profile, shade_counts


def legend(choice: Choice, comparison: Comparison | None) -> None:
    """What the colours mean, and how many areas each has."""
    language, about = visitor().language, choice.about
    st.html(
        f"<h2 class='mh-title mh-map-title'>{escape(words.title(about, language))}</h2>"
        f"<p class='mh-quiet'>{escape(words.run_line(choice.run, about, language))}</p>"
    )
    if comparison is not None and comparison.why_not:
        st.info(word(f"risk.cannot_compare_{comparison.why_not}"), icon=":material/info:")
    if choice.shade:
        _shade_legend(choice)
    elif comparison is not None and not comparison.why_not:
        before = comparison.before.title if comparison.before else ""
        st.html(change_legend(comparison, language=language))
        st.html(f"<p class='mh-quiet'>{escape(word('risk.change_note', before=before))}</p>")
    else:
        found = counts(reader(), choice.run, about.key, district=choice.district)
        st.html(class_legend(about, found, language=language))
    st.html(sign_legend(language=language, with_zones=choice.zones))


def _shade_legend(choice: Choice) -> None:
    """The steps of another way to look; of clusters also how sure each is."""
    language, about = visitor().language, choice.about
    found = shade_counts(reader(), choice.run, about.key, choice.shade, district=choice.district)
    merged: dict[str, int] = {}
    for symbol, count in found.items():
        shown = drawn(choice.shade, symbol)
        merged[shown] = merged.get(shown, 0) + count
    st.html(aspect_legend(about, choice.shade, merged, language=language))
    if choice.shade == CLUSTERS:
        st.html(cluster_lines(about, language=language))


def what_it_is(choice: Choice) -> None:
    """Definition, denominator, year, method, and how uncertain classes are marked."""
    language, about = visitor().language, choice.about
    with st.popover(word("risk.what_it_is"), icon=":material/help:", width="stretch"):
        rows = [
            ("numerator", about.word("numerator", language)),
            ("denominator", about.word("denominator", language)),
            ("year", str(about.year)),
            ("source", about.word("source", language)),
            ("breaks", "; ".join(filter(None, words.ranges(about, language)))),
        ]
        given = "".join(
            f"<dt>{escape(word(f'risk.about_{name}'))}</dt><dd>{escape(text)}</dd>"
            for name, text in rows
            if text
        )
        notes = [
            words.method(about, language),
            word("map.hatching", base=reader().layer(choice.run, about.key).least or words.USUAL_BASE),
            word("export.about_grades"),
            word("export.about_classes"),
            word("export.about_score"),
        ]
        paragraphs = "".join(f"<p>{escape(note)}</p>" for note in notes)
        page = method_page(about.kind, from_records=about.unit == "per 1000" and about.kind == "indicator")
        how = f"<p><a href='/yontem?{METHOD_PAGE}={page}' target='_self'>{escape(word('method.how'))}</a></p>"
        st.html(f"<div class='mh-about'><dl>{given}</dl>{paragraphs}{how}</div>")


def neighbourhood(choice: Choice) -> None:
    """The chosen neighbourhood on all maps; nothing chosen: how to choose."""
    if not choice.code:
        st.html(f"<p class='mh-hint'>{escape(word('risk.choose_one'))}</p>")
        return
    language = visitor().language
    found = profile(reader(), choice.run, choice.code)
    st.html(here_html(found, choice.about, language=language))
    if may(Action.VALUES_READ) and choice.about.level != "district":
        _exact(choice)
    st.html(others_html(found, describe(reader(), choice.run), language=language))


def _exact(choice: Choice) -> None:
    """The estimate with its interval, asked of the service on request: each look is written down there.

    The answer stays with this session until something else is looked at: one look is one entry.
    """
    about = (choice.run.run_id, choice.about.key, choice.code, visitor().language)
    if st.button(word("risk.exact"), help=word("risk.exact_help"), width="stretch"):
        st.session_state[VALUE] = (about, _ask(choice))
    asked, line = st.session_state.get(VALUE, (None, ""))
    if asked != about:
        st.session_state.pop(VALUE, None)
    elif line:
        st.html(f"<p class='mh-exact'>{escape(line)}</p>")


def _ask(choice: Choice) -> str:
    """One question to the service; a refusal is said and leaves nothing."""
    try:
        found = service().get(f"/values/{choice.run.run_id}/{quote(choice.about.key, safe='')}/{choice.code}")
    except MahalleError as error:
        sorry(error)
        return ""
    return exact_line(found, choice)


def exact_line(found: Mapping[str, object], choice: Choice) -> str:
    """The estimate and its interval in words; per cent for shares."""
    language, share = visitor().language, choice.about.unit == "share"
    digits = 1 if share or choice.about.unit == "per 1000" else 2
    texts = {}
    for name in ("value", "lower", "upper"):
        given = found.get(name)
        scaled = float(str(given)) * (100 if share else 1) if given is not None else None
        texts[name] = number(scaled, language, digits=digits) if scaled is not None else "–"
    unit = words.unit(choice.about, language)
    return word("risk.exact_line", unit=unit, note=str(found.get("base_note", "")), **texts)
