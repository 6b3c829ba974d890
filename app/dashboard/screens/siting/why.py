"""Why these places: reasons, whom each serves, why not another district, and a place somebody names."""

from collections.abc import Mapping
from typing import cast

import streamlit as st

from app import words
from app.dashboard import tables, work
from app.dashboard.screens.siting.state import SLOT, clicked, may_change
from app.dashboard.screens.siting.study_view import show as show_tables
from app.dashboard.screens.siting.words import group_name, keyed
from app.dashboard.session import visitor, word

Json = Mapping[str, object]
LONGEST_NAME = 80


def show(plan: Json, result: Json, choices: Json, *, going: bool) -> None:
    """Every reason that the plan keeps, and the form to try a place."""
    language = visitor().language
    found = cast(Json, result.get("reasons") or {})
    if not found.get("sites"):
        tables.empty(word("siting.no_others"), word("siting.no_others_next"))
        return
    groups = {"all": word("siting.everybody")} | {
        str(group["key"]): group_name(str(group["key"]), choices)
        for group in cast(list[Json], choices["groups"])
        if group["titles"]
    }
    show_tables(
        [
            words.reason_table(result, language),
            words.served_table(result, language, groups),
            words.why_not_table(result, language),
        ]
    )
    show_tables([words.pin_table(result, language)])
    if may_change(plan):
        _try(plan, going=going)


def _try(plan: Json, *, going: bool) -> None:
    """Name a place: a click on the map fills it in, numbers do as well."""
    tables.title(word("siting.try_place"), word("siting.try_place_note"))
    lat, lon = clicked(int(str(plan["id"]))) or (None, None)
    key = keyed(f"siting_pin_{plan['id']}_{plan['version']}_{lat}_{lon}")
    left, middle, right = st.columns((2, 1, 1))
    name = left.text_input(word("siting.pin_name"), key=f"{key}_name", max_chars=LONGEST_NAME)
    given = {
        "lat": middle.number_input(
            word("siting.pin_lat"), -90.0, 90.0, lat, format="%.5f", step=0.001, key=f"{key}_lat"
        ),
        "lon": right.number_input(
            word("siting.pin_lon"), -180.0, 180.0, lon, format="%.5f", step=0.001, key=f"{key}_lon"
        ),
    }
    ready = bool(name.strip()) and None not in given.values()
    st.button(
        word("siting.pin_try"),
        key=f"{key}_do",
        icon=":material/location_on:",
        disabled=going or not ready,
        on_click=work.ask,
        args=(SLOT, "pin", {"plan_id": int(str(plan["id"])), "name": name, **given}),
    )
