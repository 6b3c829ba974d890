"""What can be done with a plan: a name, a step back, a copy, documents, publishing."""

from collections.abc import Callable, Mapping

import streamlit as st

from app.auth.roles import Action
from app.dashboard import papers
from app.dashboard.screens.siting.state import choose
from app.dashboard.screens.siting.words import plan_name
from app.dashboard.session import may, refused, service, visitor, word
from app.errors import MahalleError

Json = Mapping[str, object]


def row(plan: Json) -> None:
    """Buttons of what this person may do with this plan now."""
    number, state = int(str(plan["id"])), plan["state"]
    edits = may(Action.PLAN_MAKE) and plan["mine"] is True and state == "draft"
    with st.container(horizontal=True, gap="small"):
        if edits:
            _rename(plan, number)
            _button("undo", ":material/undo:", _undo, number, disabled=not plan["can_undo"])
        if _may_copy(plan):
            _copy(plan, number)
        with st.popover(word("siting.documents"), icon=":material/description:"):
            st.markdown(word("siting.documents_note"))
            papers.offer(f"siting_papers_{number}", "papers", {"plan": number}, word("siting.make_annex"))
        if may(Action.PLAN_PUBLISH) and state in ("draft", "sent"):
            _button("publish", ":material/public:", _publish, number)
        if may(Action.PLAN_PUBLISH) and state == "published":
            _button("unpublish", ":material/public_off:", _unpublish, number)
        if edits:
            _button("withdraw", ":material/delete:", _withdraw, number)


def _may_copy(plan: Json) -> bool:
    """A unit manager copies plans of the own region; others any."""
    own = visitor().region
    return may(Action.PLAN_MAKE) and (not own or plan["region"] == own)


def _button(name: str, icon: str, act: Callable[[int], None], number: int, *, disabled: bool = False) -> None:
    st.button(
        word(f"siting.{name}"),
        icon=icon,
        key=f"siting_{name}_{number}",
        on_click=act,
        args=(number,),
        disabled=disabled,
    )


def _rename(plan: Json, number: int) -> None:
    with st.popover(word("siting.rename"), icon=":material/edit:"):
        key = f"siting_rename_{number}_{plan['version']}"
        st.text_input(word("siting.name"), value=str(plan["name"]), key=key, max_chars=120)
        st.button(word("siting.save"), key=f"{key}_do", on_click=_do_rename, args=(number, key))


def _copy(plan: Json, number: int) -> None:
    with st.popover(word("siting.copy"), icon=":material/content_copy:"):
        key = f"siting_copy_{number}"
        given = word("siting.copy_of", name=plan_name(plan))[:120]
        st.text_input(word("siting.name"), value=given, key=key, max_chars=120)
        st.button(word("siting.copy_do"), key=f"{key}_do", on_click=_do_copy, args=(number, key))


def _post(path: str, body: Json | None = None) -> Json | None:
    """Have something done; what is refused is said on the page."""
    try:
        return service().post(path, body)
    except MahalleError as error:
        refused(error)
        return None


def _do_rename(number: int, key: str) -> None:
    _post(f"/plans/{number}/name", {"name": st.session_state[key]})


def _do_copy(number: int, key: str) -> None:
    made = _post(f"/plans/{number}/copy", {"name": st.session_state[key]})
    if made:
        choose(int(str(made["plan"])))


def _undo(number: int) -> None:
    _post(f"/plans/{number}/undo")


def _publish(number: int) -> None:
    _post(f"/plans/{number}/publish")


def _unpublish(number: int) -> None:
    _post(f"/plans/{number}/unpublish")


def _withdraw(number: int) -> None:
    _post(f"/plans/{number}/withdraw")
