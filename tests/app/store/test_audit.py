"""The audit chain: appended through one function, and an altered or missing row is named."""

import pytest
from sqlalchemy import text

from app.store import audit
from app.store.logins import Login


@pytest.fixture
def events(store):
    """Six events in the chain."""
    for number in range(6):
        with store.session(Login.SERVICE) as session:
            audit.record(session, actor="os:test", action="look", purpose="why", detail={"ş": number})
    return store


def broken(store):
    with store.session(Login.SERVICE) as session:
        return audit.first_broken(session)


def test_an_untouched_chain_holds(events):
    assert broken(events) is None


def test_an_empty_chain_holds(store):
    assert broken(store) is None


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit.events SET actor = 'os:other' WHERE id = 3",
        "UPDATE audit.events SET action = 'load' WHERE id = 3",
        "UPDATE audit.events SET purpose = '' WHERE id = 3",
        "UPDATE audit.events SET detail = '{\"n\": 99}' WHERE id = 3",
        "UPDATE audit.events SET at = at + interval '1 microsecond' WHERE id = 3",
        "DELETE FROM audit.events WHERE id = 2",
        "UPDATE audit.events SET chain = '\\x00' WHERE id = 3",
    ],
)
def test_an_altered_row_is_named(events, change):
    with events.session(Login.OWNER) as session:
        session.execute(text(change))
    assert broken(events) == 3


def test_words_moved_from_one_column_to_the_next_are_noticed(events):
    with events.session(Login.SERVICE) as session:
        audit.record(session, actor="a", action="b|c", purpose="d")
    with events.session(Login.OWNER) as session:
        session.execute(text("UPDATE audit.events SET action = 'b', purpose = 'c|d' WHERE action = 'b|c'"))
    assert broken(events) == 7


def test_only_the_function_appends(store, refused):
    statement = "INSERT INTO audit.events (at, actor, action, purpose, detail, chain) "
    statement += "VALUES (now(), 'a', 'b', '', '{}', 'x')"
    for login in (Login.SERVICE, Login.FIELD, Login.REFRESH):
        assert refused(store.settings, login, statement) == "42501"
        assert refused(store.settings, login, "DELETE FROM audit.events") == "42501"
        assert refused(store.settings, login, "SELECT audit.record('a', 'b', 'c', '{}')") is None


def fail_after_an_event(store):
    with store.session(Login.SERVICE) as session:
        audit.record(session, actor="a", action="b")
        raise ZeroDivisionError


def test_an_event_of_a_failed_transaction_is_not_kept(store):
    with pytest.raises(ZeroDivisionError):
        fail_after_an_event(store)
    with store.session(Login.SERVICE) as session:
        assert session.scalar(text("SELECT count(*) FROM audit.events")) == 0


def test_an_event_after_one_that_failed_continues_the_chain(events):
    with pytest.raises(ZeroDivisionError):
        fail_after_an_event(events)
    with events.session(Login.SERVICE) as session:
        audit.record(session, actor="a", action="b")
    assert broken(events) is None
