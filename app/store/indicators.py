"""The indicator file of an instance, kept in the store with its history."""

import datetime as dt

from sqlalchemy import select

from app.errors import RefusedError
from app.store.logins import Login
from app.store.session import Store
from app.store.tables.plan import IndicatorText


def text(store: Store) -> str:
    """The file in use.

    Raises
    ------
    RefusedError
        If there is none yet; says how to draft one.
    """
    with store.session(Login.REFRESH) as session:
        found = session.scalar(select(IndicatorText.words).order_by(IndicatorText.id.desc()).limit(1))
    if found is None:
        raise RefusedError("indicators.none")
    return found


def save(store: Store, words: str, *, actor: str, at: dt.datetime) -> None:
    """Use another file from now on; the old one stays in the history."""
    with store.session(Login.REFRESH) as session:
        session.add(IndicatorText(words=words, actor=actor, at=at))
