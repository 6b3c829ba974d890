"""The screen's steps, one below the other."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

import streamlit as st

from app import views
from app.auth.roles import Action
from app.client import Json
from app.dashboard import look, work
from app.dashboard.screens.field import answers, outcome
from app.dashboard.screens.field.answers import Options
from app.dashboard.session import may, reader, service, settings, sorry, visitor, word
from app.errors import MahalleError
from app.i18n import moment, number

HERE = Path(__file__).parent
SURVEY_KINDS = ("survey", "cases")
PLACE_KINDS = ("areas", "population", "groups", "regions", "centres", "sites", "crosswalk", "form")
CAMPAIGN_KINDS = ("sample", "complete", "targeted")
STATE = "field"  # kind, upload, name, options, work of the file on the table
NEW = "+"


def show() -> None:
    """The whole screen."""
    look.heading(word("screen.field"), word("send.lead"))
    now = _state()
    try:
        if now.get("upload"):
            _file(now)
        else:
            _send()
        _history()
    except MahalleError as error:
        sorry(error)


def _state() -> Options:
    return cast(Options, st.session_state.setdefault(STATE, {}))


def _put_away() -> None:
    st.session_state[STATE] = {}


# --------------------------------------------------------------------- send
def _send() -> None:
    kinds = [
        *(SURVEY_KINDS if may(Action.DATA_LOAD) else ()),
        *(PLACE_KINDS if may(Action.PLACES_LOAD) else ()),
    ]
    asked = st.query_params.get("tur")
    first = kinds.index(asked) if asked in kinds else 0
    kind = st.selectbox(word("send.kind"), kinds, index=first, format_func=lambda k: word(f"send.kind_{k}"))
    st.caption(word(f"send.about_{kind}"))
    options = _options(kind)
    if views.holds(reader()) == "demonstration":
        options["simulation"] = st.checkbox(word("send.simulated"))
    arrived = _drop(kind)
    if arrived is not None:
        st.session_state[STATE] = {
            "kind": kind,
            "name": arrived["name"],
            "upload": arrived["id"],
            "options": options,
        }
        _look(options)
        st.rerun()


def _drop(kind: str) -> Mapping[str, str] | None:
    """The drop area; an upload that has just arrived, or None."""
    drop = st.components.v2.component(
        "mahalle_drop",
        html=(HERE / "drop.html").read_text("utf-8"),
        css=(HERE / "drop.css").read_text("utf-8"),
        js=(HERE / "drop.js").read_text("utf-8"),
    )
    most = settings().upload_mib
    names = ("lead", "pick", "stop", "sending", "again", "arrived", "stopped", "broken")
    words = {name: word(f"send.drop_{name}", percent="{percent}") for name in names}
    words |= {"hint": word("send.drop_hint", most=most), "too_large": word("uploads.too_large", most=most)}
    data = {"kind": kind, "words": words, "most_bytes": most << 20}
    result = drop(key=f"drop-{kind}", data=data, on_arrived_change=lambda: None)
    return cast(Mapping[str, str] | None, result.arrived)


def _options(kind: str) -> Options:
    """What only the sender knows, asked before the file is read."""
    if kind == "survey":
        return _campaign()
    if kind == "areas":
        system, since, constructed = st.columns(3, vertical_alignment="bottom")
        return {
            "code_system": system.text_input(word("send.code_system"), "UAVT"),
            "valid_from": since.date_input(
                word("send.valid_from"), dt.date(dt.date.today().year, 1, 1), format="DD.MM.YYYY"
            ).isoformat(),
            "constructed": constructed.checkbox(word("send.constructed")),
        }
    return {}


def _campaign() -> Options:
    """Which area survey the file belongs to; a new one says what it is."""
    known = cast(Sequence[Json], service().get("/campaigns")["campaigns"])
    kinds = {str(one["key"]): word(f"send.choice_{one['kind']}") for one in known}
    shown = {key: f"{key} · {kind}" for key, kind in kinds.items()}
    shown[NEW] = word("send.campaign_new")
    chosen = st.selectbox(
        word("send.campaign"),
        list(shown),
        format_func=shown.__getitem__,
    )
    if chosen != NEW:
        return {"campaign": chosen}
    left, middle, right = st.columns(3)
    year = middle.number_input(word("send.year"), 2000, 2100, dt.date.today().year)
    return {
        "campaign": left.text_input(word("send.campaign_name"), f"alan-taramasi-{year}"),
        "year": int(year),
        "campaign_kind": right.selectbox(
            word("send.campaign_kind"), CAMPAIGN_KINDS, format_func=lambda k: word(f"send.choice_{k}")
        ),
    }


# --------------------------------------------------------------- look, load
def _look(options: Options) -> None:
    """Have the file read without storing anything."""
    _begin({**options, "check": True})


def _begin(options: Options) -> None:
    now = _state()
    plain = {name: value for name, value in options.items() if name != "check"}
    made = service().post(f"/uploads/{now['upload']}/load", {"kind": now["kind"], "options": options})
    now.update(work=made["id"], options=plain, checking=bool(options.get("check")))


def _file(now: Options) -> None:
    """The file on the table, at whatever step it is."""
    title, away = st.columns([5, 1], vertical_alignment="bottom")
    title.subheader(f"{word('send.kind_' + str(now['kind']))}: {now['name']}")
    away.button(word("send.away"), on_click=_put_away, width="stretch")
    reading = work.read(str(now["work"]))
    if work.is_open(reading):
        work.watch(str(now["work"]))
        return
    found = work.result(reading)
    if found is None:
        st.button(word("send.retry"), on_click=_look, args=(now["options"],), type="primary")
    elif now.get("checking"):
        _looked(now, found)
    else:
        _loaded(now, found)


def _looked(now: Options, found: Json) -> None:
    """What the file is, what it asks, what would become of it."""
    options = cast(Options, now["options"])
    questions = cast(Sequence[Json], found["questions"])
    sheets = cast(Sequence[Json], found["sheets"])
    if questions:
        answers.ask(questions, options, _look_again)
        return
    if sheets:
        st.subheader(word("send.would"))
        outcome.counts(sheets)
    outcome.findings(found)
    good = any(int(str(sheet["read"])) > int(str(sheet["rejected"])) for sheet in sheets)
    if good:
        total = outcome.totals(sheets)
        shown = {name: number(count, visitor().language) for name, count in total.items()}
        st.info(word("send.good" if not total["rejected"] else "send.partly", **shown))
        st.button(word("send.load"), type="primary", on_click=_begin, args=(options,))
    else:
        st.error(word("send.nothing_good"))
    outcome.problems(cast(Sequence[Json], found["problems"]))


def _look_again(options: Options) -> None:
    _look(options)
    st.rerun()


def _loaded(now: Options, found: Json) -> None:
    """What became of every row."""
    sheets = cast(Sequence[Json], found["sheets"])
    total = outcome.totals(sheets)
    shown = {name: number(count, visitor().language) for name, count in total.items()}
    if found["state"] == "stored":
        same = total["read"] == total["unchanged"]
        st.success(word("send.same" if same else "send.stored", **shown))
    else:
        st.error(word("send.refused"))
    outcome.counts(sheets)
    outcome.findings(found)
    outcome.rejected(str(now["work"]), found)
    outcome.problems(cast(Sequence[Json], found["problems"]))


# ------------------------------------------------------------------ history
def _history() -> None:
    """Files sent before, to come back to after the page was closed."""
    found = cast(Sequence[Json], service().get("/uploads")["uploads"])
    current = _state().get("upload")
    before = [one for one in found if one["id"] != current and one["job"]]
    st.subheader(word("send.history"))
    if not before:
        st.caption(word("send.no_history"))
        return
    for one in before[:10]:
        name, sent, again = st.columns([5, 3, 1.6], vertical_alignment="center")
        name.text(f"{word('send.kind_' + str(one['kind']))} · {one['name']}")
        at = moment(dt.datetime.fromisoformat(str(one["made_at"])), visitor().language)
        sent.text(f"{at} · {number(int(str(one['size'])) / 1024, visitor().language)} KB")
        again.button(word("send.open"), key=f"open-{one['id']}", on_click=_open, args=(one,), width="stretch")


def _open(one: Json) -> None:
    st.session_state[STATE] = {
        "kind": one["kind"],
        "name": one["name"],
        "upload": one["id"],
        "options": {},
        "work": one["job"],
    }
    try:
        reading = work.read(str(one["job"]))
    except MahalleError as error:
        sorry(error)
        return
    found = cast(Json, reading.get("result") or {})
    st.session_state[STATE]["checking"] = found.get("state") in ("checked", "asked")
