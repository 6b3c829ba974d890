"""Killed at any moment, a load leaves the store as it was and the next completes it; two at once wait."""

import contextlib
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from sqlalchemy import text

from app.intake import load
from app.store import audit, people
from app.store.logins import Login
from app.store.session import Store
from app.store.vault import KeyFile, Vault

LOADER = """
import json, sys
from pathlib import Path
from app.intake import LoadOptions, load
from app.settings import Settings
from app.store.session import Store
home, sockets, kind, path, options = sys.argv[1:]
store = Store.open(Settings(home=home, sockets=sockets))
print("ready", flush=True)
outcome = load(kind, Path(path), options=LoadOptions(**json.loads(options)), store=store, actor="test")
print(outcome.state, flush=True)
store.close()
"""
COUNTS = """
SELECT (SELECT count(*) FROM survey.households), (SELECT count(*) FROM ident.raw),
       (SELECT count(*) FROM ident.persons), (SELECT count(*) FROM survey.batches),
       (SELECT count(*) FROM survey.campaigns)
"""
NOTHING = (0, 0, 0, 0, 0)
WHOLE = (168, 168, 144, 1, 1)


def counts(store):
    with store.session(Login.SERVICE) as session:
        return tuple(session.execute(text(COUNTS)).one())


@pytest.fixture
def start(city, city_files):
    """Start loading the survey in another process, up to the moment it begins."""
    import json

    started = []

    def _start(settings, kind="survey"):
        options = {"columns": city.COLUMNS[kind], "campaign": "river-2026", "campaign_kind": "sample"}
        words = [settings.home, settings.sockets, kind, city_files[kind], json.dumps(options)]
        process = subprocess.Popen(
            [sys.executable, "-c", LOADER, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield _start
    for process in started:
        process.kill()
        process.communicate()


def empty(store):
    with store.session(Login.OWNER) as session:
        session.execute(text("TRUNCATE survey.households, survey.campaigns, survey.batches CASCADE"))
        session.execute(text("TRUNCATE ident.raw, ident.details, ident.persons CASCADE"))


def test_a_load_killed_at_any_moment_leaves_nothing_half_done(places_only, start, city_files, city_options):
    chance, settings = random.Random(7), places_only.settings
    process, begin = start(settings), time.monotonic()
    assert process.wait(60) == 0
    usual = time.monotonic() - begin
    seen = {counts(places_only)}
    assert seen == {WHOLE}
    for _ in range(5):
        empty(places_only)
        process = start(settings)
        time.sleep(chance.uniform(0, usual))
        process.send_signal(signal.SIGKILL)
        process.wait()
        seen.add(counts(places_only))
    empty(places_only)
    assert seen <= {NOTHING, WHOLE}
    outcome = load(
        "survey", city_files["survey"], options=city_options("survey"), store=places_only, actor="test"
    )
    assert outcome.state == "stored"
    assert counts(places_only)[:3] == WHOLE[:3]
    assert list(settings.here.staging.iterdir()) == []
    with places_only.session(Login.SERVICE) as session:
        assert audit.first_broken(session) is None


def test_two_loads_at_once_come_one_after_the_other(places_only, start):
    both = [start(places_only.settings) for _ in range(2)]
    said = [process.communicate(timeout=60) for process in both]
    assert [out for out, _ in said] == ["stored\n", "stored\n"], said
    assert counts(places_only) == (168, 168, 144, 2, 1)


def test_a_load_waits_for_whoever_holds_the_door(places_only, city_files, city_options):
    done = threading.Event()

    def wait_and_load():
        with contextlib.closing(Store.open(places_only.settings)) as other:
            load("cases", city_files["cases"], options=city_options("cases"), store=other, actor="test")
        done.set()

    with places_only.session(Login.SERVICE) as session:
        people.hold_intake(session)
        thread = threading.Thread(target=wait_and_load)
        thread.start()
        assert not done.wait(0.7)
    thread.join(30)
    assert done.is_set()


def test_a_load_that_waited_for_a_change_of_keys_seals_with_the_new_ones(
    places_only, city_files, city_options
):
    path = places_only.settings.here.secrets / "keys.json"
    other = Store.open(places_only.settings)
    assert other.vault.keys.active == "k1"
    thread = threading.Thread(
        target=load,
        args=("cases", city_files["cases"]),
        kwargs={"options": city_options("cases"), "store": other, "actor": "test"},
    )
    with places_only.session(Login.SERVICE) as session:
        both = places_only.vault.keys.with_new_key()
        both.save(path)
        people.rekey(session, Vault(both))
        thread.start()
        time.sleep(0.5)
    both.only_active().save(path)
    thread.join(30)
    other.close()
    with places_only.session(Login.SERVICE) as session:
        names = set(
            session.scalars(text("SELECT wrap_key FROM ident.raw UNION SELECT wrap_key FROM ident.persons"))
        )
    assert names == {"k2"}
    assert set(KeyFile.load(path).keys) == {"k2"}
