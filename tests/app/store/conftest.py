import contextlib

import psycopg
import pytest

from app.store.logins import url


@pytest.fixture
def connect():
    """Connect as one login of an instance, each statement by itself; closed after the test."""
    with contextlib.ExitStack() as opened:

        def _connect(settings, login) -> psycopg.Connection:
            address = url(settings, login).set(drivername="postgresql").render_as_string(hide_password=False)
            return opened.enter_context(contextlib.closing(psycopg.connect(address, autocommit=True)))

        yield _connect


@pytest.fixture
def refused(connect):
    """Whether a login may not do a statement: the server's SQLSTATE, or None if it was done."""

    def _refused(settings, login, statement) -> str | None:
        try:
            connect(settings, login).execute(statement)
        except psycopg.Error as why:
            return why.sqlstate
        return None

    return _refused
