"""Accounts: who there is, a new one, codes, closing."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import cast

import streamlit as st

from app.auth.roles import REGIONAL, Role
from app.client import Json
from app.dashboard import look
from app.dashboard.session import refused, service, sorry, word
from app.errors import MahalleError

CODE = "admin_code"  # shown once, to whoever made it


def show() -> None:
    """The list, one account at a time, and the form for a new one."""
    _code()
    found = cast(Sequence[Json], service().get("/users")["users"])
    _list(found)
    left, right = st.columns(2, gap="large")
    with left:
        _change(found)
    with right:
        _new()


def _code() -> None:
    made = st.session_state.pop(CODE, None)
    if made is not None:
        st.success(word("admin.code", name=made["name"], minutes=made["minutes"]))
        st.code(made["code"], language=None)


def _list(found: Sequence[Json]) -> None:
    names = ("name", "person", "role", "bound", "state", "second")
    regions = _bounds()[0]
    body = "".join(_row(one, regions) for one in found)
    look.wide_table([word(f"admin.user_{name}") for name in names], body, word("admin.part_users"))


def _row(one: Json, regions: Mapping[str, str]) -> str:
    state = "disabled" if one["disabled"] else "open" if one["has_password"] else "waiting"
    cells = (
        str(one["display"]),
        word(f"role.{one['role']}"),
        regions.get(str(one["region"]), str(one["region"])) or ", ".join(_steps(one)) or "–",
        word(f"users.state_{state}"),
        word("admin.yes" if one["has_second"] else "admin.no"),
    )
    rest = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
    return f'<tr><th scope="row">{escape(str(one["name"]))}</th>{rest}</tr>'


def _steps(one: Json) -> Sequence[str]:
    return cast(Sequence[str], one["steps"])


def _change(found: Sequence[Json]) -> None:
    """One account: a fresh code, another role, closed or open."""
    st.subheader(word("admin.user_change"))
    by_name = {str(one["name"]): one for one in found}
    name = st.selectbox(
        word("admin.user_name"),
        list(by_name),
        key="admin-user",
        format_func=lambda key: f"{key} · {by_name[key]['display']}" if by_name[key]["display"] else key,
    )
    one = by_name[name]
    path = f"/users/{name}"
    left, right = st.columns(2)
    left.button(word("admin.user_code"), on_click=_ask_code, args=(f"{path}/code", False), width="stretch")
    right.button(word("admin.user_lost"), on_click=_ask_code, args=(f"{path}/code", True), width="stretch")
    with left:
        role = _role(key=name, now=Role(str(one["role"])))
    bound = _bound_to(role, key=name, region=str(one["region"]), steps=_steps(one))
    left.button(
        word("admin.user_save"),
        on_click=_post,
        args=(f"{path}/change", {"role": role, **bound}),
        width="stretch",
    )
    if one["disabled"]:
        right.button(word("admin.user_enable"), on_click=_post, args=(f"{path}/enable", {}), width="stretch")
    else:
        right.button(
            word("admin.user_disable"), on_click=_post, args=(f"{path}/disable", {}), width="stretch"
        )
    st.caption(look.plain(word("admin.user_disable_hint")))


def _new() -> None:
    st.subheader(word("admin.user_new"))
    role = _role(key="new", now=Role.FIELD)
    bound = _bound_to(role, key="new")
    with st.form("new-user", border=False, clear_on_submit=True):
        name = st.text_input(word("admin.user_name"), help=word("admin.user_name_hint"))
        display = st.text_input(word("admin.user_person"))
        sent = st.form_submit_button(word("admin.user_add"), type="primary")
    if sent:
        _ask_add({"name": name, "display": display, "role": role, **bound})


def _role(*, key: str, now: Role) -> Role:
    roles = list(Role)
    shown = {role: word(f"role.{role}") for role in roles}
    place = roles.index(now)
    return st.selectbox(word("admin.user_role"), roles, place, shown.__getitem__, key=f"role-{key}") or now


def _bound_to(role: Role, *, key: str, region: str = "", steps: Sequence[str] = ()) -> Mapping[str, object]:
    """Fields for what a role is bound to: a service region, or steps of the chain."""
    names, chain = _bounds()
    if role in REGIONAL:
        known = list(names)
        chosen = st.selectbox(
            word("admin.user_region"),
            known,
            index=known.index(region) if region in names else None,
            key=f"region-{key}",
            format_func=lambda one: names.get(one, one),
            placeholder=word("send.choose"),
        )
        return {"region": chosen or "", "steps": []}
    if role is Role.APPROVER:
        kept = [step for step in steps if step in chain]
        placeholder = word("send.choose")
        label = word("admin.user_steps")
        chosen_steps = st.multiselect(label, chain, kept, key=f"steps-{key}", placeholder=placeholder)
        return {"region": "", "steps": chosen_steps}
    return {"region": "", "steps": []}


def _bounds() -> tuple[Mapping[str, str], Sequence[str]]:
    """Names of the service regions by key, and the steps of the approval chain."""
    found = service().get("/users/bounds")
    return cast(Mapping[str, str], found["regions"]), cast(Sequence[str], found["steps"])


def _ask_add(body: Json) -> None:
    try:
        st.session_state[CODE] = service().post("/users", body)
    except MahalleError as error:
        sorry(error)
        return
    st.rerun()


def _ask_code(path: str, lost_phone: bool) -> None:
    try:
        st.session_state[CODE] = service().post(path, {"lost_phone": lost_phone})
    except MahalleError as error:
        refused(error)


def _post(path: str, body: Json) -> None:
    try:
        service().post(path, body)
    except MahalleError as error:
        refused(error)
