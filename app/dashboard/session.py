"""What every screen knows: who is looking, what they may do, and whom to ask."""

from dataclasses import dataclass
from functools import cache
from html import escape
from typing import cast

import streamlit as st

from app import views
from app.auth.roles import Action, Role
from app.auth.roles import may as role_may
from app.client import Client
from app.errors import MahalleError, SignedOutError
from app.i18n import Language, explain, say
from app.settings import Settings
from app.views import Reader

COOKIE = "__Host-mahalle"
VISITOR = "_visitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who is looking, as the service said for this very click."""

    name: str
    display: str
    role: Role
    region: str
    language: Language
    region_name: str = ""


@cache
def settings() -> Settings:
    """The installation's settings, read once a process."""
    return Settings()


@cache
def reader() -> Reader:
    """The door to what is published; one for all sessions and for the routes of tiles."""
    return views.open_reader(settings())


def service() -> Client:
    """The service, asked in the name of who is signed in."""
    return Client(settings().here.service_socket, st.context.cookies.get(COOKIE, ""))


def require_visitor(*, acts: bool = True) -> Visitor:
    """Ask the service who this is; without a session, say so and stop.

    Called at the start of the page and of every fragment: a session may have ended since the last click.
    A fragment that only polls says `acts=False`, so that an open page does not keep a session awake.
    """
    try:
        found = service().get("/me", acts=int(acts))
        if found["stage"] != "full":
            raise SignedOutError("signin.not_signed_in")
    except SignedOutError:
        _signed_out()
    except MahalleError as error:
        st.error(explain(error, settings().language))
        st.stop()
    visitor = Visitor(
        name=str(found["name"]),
        display=str(found["display"]),
        role=Role(str(found["role"])),
        region=str(found["region"]),
        language=cast(Language, found["language"]),
        region_name=str(found.get("region_name") or ""),
    )
    st.session_state[VISITOR] = visitor
    return visitor


def visitor() -> Visitor:
    """Who is looking; `require_visitor` asked in this run."""
    return cast(Visitor, st.session_state[VISITOR])


def may(action: Action) -> bool:
    """Whether the visitor's role may do it; the service checks again."""
    return role_may(visitor().role, action)


def word(key: str, **fields: object) -> str:
    """A message in the visitor's language."""
    return say(key, visitor().language, **fields)


def sorry(error: MahalleError) -> None:
    """Say what was refused, where it happened."""
    if isinstance(error, SignedOutError):
        _signed_out()
    st.error(explain(error, visitor().language))


def refused(error: MahalleError) -> None:
    """Say what a press of a button could not do, wherever the page is scrolled to; stays until closed."""
    if isinstance(error, SignedOutError):
        _signed_out()
    st.toast(explain(error, visitor().language), icon=":material/error:", duration="infinite")


def _signed_out() -> None:
    """The session has ended: one message and the way back in; nothing else stays on the page.

    Plain HTML: parts of Streamlit that the page has not loaded yet are closed to it by now.
    """
    language = settings().language
    told, go = (escape(say(key, language)) for key in ("signin.ended", "signin.go"))
    st.html(f'<p class="mahalle-ended" role="alert">{told} <a href="/giris" target="_self">{go}</a></p>')
    st.stop()
