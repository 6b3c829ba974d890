"""The timer: drafts made when due, once; what has passed its days goes away."""

import asyncio
import concurrent.futures
import datetime as dt
import uuid

import pytest
from sqlalchemy import text

from app.i18n import catalogue
from app.service.queue import Queue
from app.service.work import KINDS
from app.store import works
from app.store.logins import Login
from app.store.works import Upload

NOW = dt.datetime.now(dt.UTC)
OLD = NOW - dt.timedelta(days=8)


def an_hour(store):
    """What the timer does once an hour."""

    async def _once():
        queue = Queue(store)
        async with queue.app.open_async():
            await queue._hourly(0)

    with concurrent.futures.ThreadPoolExecutor(1) as own:  # a browser of another test may have a loop here
        own.submit(asyncio.run, _once()).result()


def asked(store):
    with store.session(Login.SERVICE) as session:
        return [(one.kind, one.actor, one.state) for one in works.newest(session, user_id=None)]


def publish(store):
    """A run that was published, as far as the timer looks."""
    with store.session(Login.OWNER) as session:
        session.execute(text("ALTER TABLE plan.runs DROP CONSTRAINT fk_runs_boundary_id"))
        session.execute(
            text(
                "INSERT INTO plan.runs (state, title, boundary_id, year, created_at, created_by, inputs_sha,"
                " tables_sha, parameters, code_version, seconds, is_simulation)"
                " VALUES ('published', '', 1, 2025, now(), '', '', '', '{}', '', '{}', false)"
            )
        )


def test_a_due_map_is_drafted_once(store, monkeypatch):
    publish(store)
    monkeypatch.setattr("app.service.queue.is_due", lambda *_, **__: True)
    an_hour(store)
    an_hour(store)
    assert asked(store) == [("refresh", "timer", "waiting")]


def test_nothing_is_drafted_where_nothing_is_due_or_was_published(store, monkeypatch):
    an_hour(store)
    publish(store)
    monkeypatch.setattr("app.service.queue.is_due", lambda *_, **__: False)
    an_hour(store)
    assert asked(store) == []


@pytest.mark.parametrize(("moment", "stays"), [(OLD, False), (NOW, True)])
def test_files_past_their_days_go_away(store, moment, stays):
    here = store.settings.here
    here.uploads.mkdir(parents=True)
    with store.session(Login.SERVICE) as session:
        work = works.add(session, "load", {}, actor="user:a", user_id=1, now=moment)
        works.end(session, work.id, "done", result={}, now=moment)
        upload = Upload(
            id=uuid.uuid4(),
            user_id=1,
            name="a.csv",
            kind="survey",
            size=1,
            received=1,
            made_at=moment,
            touched_at=moment,
        )
        session.add(upload)
    result, sent = here.results / str(work.id) / "rows.xlsx", here.uploads / str(upload.id)
    result.parent.mkdir(parents=True)
    for file in (result, sent):
        file.write_bytes(b"x")
    an_hour(store)
    assert (result.exists(), sent.exists()) == (stays, stays)
    with store.session(Login.SERVICE) as session:
        assert bool(session.scalar(text("SELECT count(*) FROM jobs.uploads"))) is stays


def test_work_cut_short_twice_is_given_up_with_words(store):
    with store.session(Login.SERVICE) as session:
        work = works.add(session, "load", {}, actor="user:a", user_id=1, now=NOW)
    for _ in range(works.MOST_TRIES):
        with store.session(Login.SERVICE) as session:
            assert works.begin(session, work.id, NOW) is not None
        with store.session(Login.SERVICE) as session:
            left = [one.id for one in works.take_up_again(session, NOW)]
    assert left == []
    with store.session(Login.SERVICE) as session:
        ended = works.get(session, work.id)
        assert (ended.state, ended.error["error"]) == ("failed", "jobs.interrupted")


@pytest.mark.parametrize("language", ["tr", "en"])
def test_every_kind_of_work_has_a_name(language):
    assert {f"jobs.kind_{kind}" for kind in KINDS} <= catalogue(language).keys()
