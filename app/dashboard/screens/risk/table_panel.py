"""The table: the keyboard's map. One page of areas, sorted and searched on the server."""

from functools import cache
from pathlib import Path

import streamlit as st

from app.dashboard.screens.risk.choice import Choice, changed, resolve
from app.dashboard.screens.risk.state import WISH, taking, want, wish
from app.dashboard.session import reader, visitor, word
from app.i18n import number
from app.maps import words
from app.maps.legend import swatch, symbol_of
from app.maps.looks import CLASSES
from app.views import PAGE_ROWS, SORTS, SYMBOLS, TablePage, TableRow, table_page

HERE = Path(__file__).parent
WIDGET, SEARCH = "risk_table", "risk_search"


@cache
def _component():  # type: ignore[no-untyped-def]  # Streamlit names no type for it
    """A table of our own: real headings, a button in each row, arrow keys; registered once a process."""
    return st.components.v2.component(
        "mahalle_risk_table",
        js=(HERE / "table.js").read_text("utf-8"),
        css=(HERE / "table.css").read_text("utf-8"),
    )


def search(choice: Choice) -> None:
    """Words to look for; the server searches, with or without Turkish letters."""
    st.session_state[SEARCH] = choice.ask.search
    st.text_input(
        word("risk.search"),
        key=SEARCH,
        placeholder=word("risk.search_hint"),
        on_change=taking(SEARCH, "search"),
        icon=":material/search:",
    )


def show_table(choice: Choice) -> None:
    """One page; a row's button chooses its neighbourhood."""
    page = table_page(reader(), choice.run, choice.about.key, choice.ask)
    _component()(
        key=WIDGET,
        data=data_of(page, choice),
        on_chosen_change=_choose,
        on_sort_change=_sort,
        on_page_change=_turn,
    )


def data_of(page: TablePage, choice: Choice) -> dict[str, object]:
    """What the table is told: texts only, ready to be shown."""
    language = visitor().language
    columns = {"neighbourhood": "neighbourhood", "district": "district", "class": "class_column"}
    columns |= {"reliability": "reliability_column"}
    return {
        "lang": language,
        "caption": word("risk.table_caption", map=words.title(choice.about, language)),
        "columns": [[name, word(f"risk.{key}")] for name, key in columns.items()],
        "extra": [word("risk.base_column")],
        "rows": [_row(row) for row in page.rows],
        "names": {str(place): words.class_name(place, language) for place in range(1, 6)},
        "shown": {name: word(f"export.shown_{name}") for name in ("class", "modelled", "insufficient")},
        "colours": {symbol: swatch(CLASSES[symbol]) for symbol in SYMBOLS},
        "sort": choice.ask.sort,
        "descending": choice.ask.descending,
        "chosen": choice.code,
        "page": page.page,
        "pages": page.pages,
        "words": {
            "count": _count(page),
            "previous": word("risk.previous"),
            "next": word("risk.next"),
            "none": word("risk.nothing_found"),
        },
    }


def _row(row: TableRow) -> list[str]:
    symbol = symbol_of(row.risk_class, row.shown)
    return [row.code, row.neighbourhood, row.district, symbol, row.reliability, row.shown, row.base]


def _count(page: TablePage) -> str:
    language = visitor().language
    if not page.total:
        return ""
    first = page.page * PAGE_ROWS + 1
    last = first + len(page.rows) - 1
    given = {name: number(value, language) for name, value in (("first", first), ("last", last))}
    return word("risk.count", total=number(page.total, language), **given)


def _told(name: str) -> str:
    return str((st.session_state.get(WIDGET) or {}).get(name) or "")


def _choose() -> None:
    """A row's button: highlight, go there, show the profile; the page stays."""
    code = _told("chosen")
    if code:
        want(code=code, near=code, page=wish().page)


def _sort() -> None:
    """A heading's button: by that column, the other way round the second time."""
    name, now = _told("sort"), wish()
    if name in SORTS:
        first = name in {"class", "reliability"}
        want(sort=name, descending=not now.descending if now.sort == name else first)


def _turn() -> None:
    """Another page."""
    told = _told("page")
    if told.lstrip("-").isdigit():
        now = resolve(reader(), wish())
        at = table_page(reader(), now.run, now.about.key, now.ask).page
        st.session_state[WISH] = changed(wish(), page=max(0, at + int(told)))
