"""The drill: an empty folder, the archive and the exported key give the same store, byte for byte."""

import contextlib
import json
import shutil
import stat
import tarfile

import pytest
from sqlalchemy import select

from app.errors import RefusedError, ServerError
from app.intake import load
from app.store import audit, backup, people, processes
from app.store.logins import Login
from app.store.server import PrivateServer, make_folders
from app.store.session import Store, application_schema
from app.store.tables.survey import Case
from app.store.vault import KeyFile

PASSPHRASE = "seven calm herons wade"


@pytest.fixture(scope="module")
def archive(city_store, tmp_path_factory):
    """A backup of the small city."""
    return backup.backup(city_store, to=tmp_path_factory.mktemp("backup") / "city.backup")


@pytest.fixture
def empty_with_keys(settings, city_store):
    """An empty instance into which the small city's keys were imported."""
    path = settings.here.secrets / "keys.json"
    path.unlink()
    copy = KeyFile.load(city_store.here.secrets / "keys.json").sealed_copy(PASSPHRASE)
    KeyFile.from_copy(copy, PASSPHRASE).confirm().save(path)
    return settings


@pytest.fixture(scope="module")
def restored(new_settings, city_store, archive):
    """A new private server in an empty folder, filled from the archive and the exported key."""
    settings = new_settings()
    copy = KeyFile.load(city_store.here.secrets / "keys.json").sealed_copy(PASSPHRASE)
    make_folders(settings)
    KeyFile.from_copy(copy, PASSPHRASE).confirm().save(settings.here.secrets / "keys.json")
    PrivateServer(settings, durable=False).start()
    assert backup.restore(settings, archive)["schema"] == application_schema()
    return settings


def key_of(error):
    return error.value.key


def test_a_restored_store_is_the_same_byte_for_byte(city_store, restored, tmp_path):
    backup.plain_dump(city_store, tmp_path / "before.sql")
    backup.plain_dump(restored, tmp_path / "after.sql")
    before = (tmp_path / "before.sql").read_bytes()
    assert before.count(b"\n") > 500
    assert (tmp_path / "after.sql").read_bytes() == before


def test_the_application_works_on_a_restored_store(restored, city, city_files, city_options):
    with contextlib.closing(Store.open(restored)) as store:
        outcome = load("cases", city_files["cases"], options=city_options("cases"), store=store, actor="test")
        (sheet,) = outcome.sheets
        assert (sheet.read, sheet.unchanged) == (60, 60)
        with store.session(Login.SERVICE) as session:
            assert audit.first_broken(session) is None
            person = session.scalars(select(Case.person_id).where(Case.source_key == "K-001")).one()
            assert city.SURNAME in str(people.identity_of(session, store.vault, person))


def test_a_restored_store_has_its_rights(restored, refused):
    assert refused(restored, Login.PLANNER, "SELECT * FROM agg.about") is None
    assert refused(restored, Login.PLANNER, "SELECT * FROM survey.households") == "42501"
    assert refused(restored, Login.PLANNER, "SELECT pg_advisory_lock(7210003)") == "42501"


def test_an_archive_says_what_it_holds_and_carries_no_key(archive, city_store):
    with tarfile.open(archive) as opened:
        names = opened.getnames()
        manifest = json.load(opened.extractfile("manifest.json"))
    keys = KeyFile.load(city_store.here.secrets / "keys.json")
    assert names == ["manifest.json", "database.dump"]
    assert manifest["rows"]["survey.households"] == 168
    assert (manifest["schema"], manifest["holds"]) == (application_schema(), "real")
    assert manifest["key_fingerprint"] == keys.fingerprint
    content = archive.read_bytes()
    assert keys.keys["k1"].wrap not in content
    assert json.loads(keys.to_json())["keys"]["k1"][0].encode() not in content
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 0.9])
def test_an_unfinished_archive_is_refused(empty_with_keys, archive, tmp_path, share):
    whole = archive.read_bytes()
    part = tmp_path / "part.backup"
    part.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(RefusedError) as caught:
        backup.restore(empty_with_keys, part)
    assert key_of(caught) in ("backup.not_a_backup", "backup.damaged")


def test_a_damaged_archive_is_refused(empty_with_keys, archive, tmp_path):
    whole = bytearray(archive.read_bytes())
    whole[len(whole) // 2] ^= 0xFF
    damaged = tmp_path / "damaged.backup"
    damaged.write_bytes(whole)
    with pytest.raises(RefusedError) as caught:
        backup.restore(empty_with_keys, damaged)
    assert key_of(caught) == "backup.damaged"


def test_something_else_is_not_taken_for_a_backup(empty_with_keys, tmp_path):
    other = tmp_path / "letter.txt"
    other.write_text("Dear reader")
    with pytest.raises(RefusedError) as caught:
        backup.restore(empty_with_keys, other)
    assert key_of(caught) == "backup.not_a_backup"


def test_a_file_that_is_not_there_is_said(empty_with_keys, tmp_path):
    with pytest.raises(RefusedError) as caught:
        backup.restore(empty_with_keys, tmp_path / "none.backup")
    assert key_of(caught) == "load.unreadable"


def test_a_store_with_data_is_never_restored_over(small_city, archive):
    with pytest.raises(RefusedError) as caught:
        backup.restore(small_city.settings, archive)
    assert key_of(caught) == "backup.not_empty"


def test_the_keys_come_first(settings, archive):
    (settings.here.secrets / "keys.json").unlink()
    with pytest.raises(RefusedError) as caught:
        backup.restore(settings, archive)
    assert key_of(caught) == "backup.import_keys_first"


def test_other_keys_are_refused(settings, archive):
    path = settings.here.secrets / "keys.json"
    path.unlink()
    KeyFile.fresh().save(path)
    with pytest.raises(RefusedError) as caught:
        backup.restore(settings, archive)
    assert key_of(caught) == "backup.other_keys"


def test_a_store_filled_with_nothing_is_restored_over(empty_with_keys, archive, city_store, tmp_path):
    backup.restore(empty_with_keys, archive)
    for name, settings in (("a.sql", city_store), ("b.sql", empty_with_keys)):
        backup.plain_dump(settings, tmp_path / name)
    assert (tmp_path / "a.sql").read_bytes() == (tmp_path / "b.sql").read_bytes()


def test_a_backup_that_fails_leaves_no_file_behind(small_city, monkeypatch, tmp_path):
    def fail(*_, **__):
        raise ServerError("server.program_failed", program="pg_dump", said="disk full")

    monkeypatch.setattr(processes, "run", fail)
    with pytest.raises(ServerError):
        backup.backup(small_city.settings, to=tmp_path / "out" / "x.backup")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_later_backup_does_not_replace_an_earlier_one(city_store):
    shutil.rmtree(city_store.here.backups, ignore_errors=True)
    first = backup.backup(city_store)
    second = backup.backup(city_store, label="again")
    assert first != second
    assert first.exists()
