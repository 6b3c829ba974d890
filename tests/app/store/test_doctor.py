"""The doctor names what is wrong, and nothing else."""

import pytest

from app.i18n import catalogue
from app.store import doctor
from app.store.logins import Login, secret_file
from app.store.migrate import migrate
from app.store.server import PrivateServer
from app.store.vault import KeyFile


def keys_of(settings, level=None):
    return {finding.key for finding in doctor.examine(settings) if level in (None, finding.level)}


@pytest.fixture(scope="module")
def private(new_settings):
    """An installation with its own server."""
    settings = new_settings()
    PrivateServer(settings, durable=False).start()
    migrate(settings, keep_backup=False)
    return settings


def test_a_new_installation_lacks_a_confirmed_copy_of_its_keys_only(private):
    assert keys_of(private, "error") == set()
    assert keys_of(private, "warn") == {"doctor.keys_unconfirmed"}
    assert {"doctor.passwords", "doctor.checksums", "doctor.logins", "doctor.audit"} <= keys_of(private, "ok")


def test_a_rule_that_asks_for_no_password_is_an_error(private):
    rules = private.here.cluster / "pg_hba.conf"
    before = rules.read_text()
    try:
        rules.write_text("local all all trust\n" + before)
        assert keys_of(private, "error") == {"doctor.trust"}
    finally:
        rules.write_text(before)


def test_a_stopped_server_is_said(private):
    PrivateServer(private).stop()
    try:
        assert "doctor.server_down" in keys_of(private, "warn")
    finally:
        PrivateServer(private).start()


def test_a_confirmed_copy_is_noted_until_the_keys_change(settings):
    path = settings.here.secrets / "keys.json"
    KeyFile.load(path).confirm().save(path)
    assert "doctor.keys_confirmed" in keys_of(settings, "ok")
    KeyFile.load(path).with_new_key().save(path)
    assert "doctor.keys_unconfirmed" in keys_of(settings, "warn")


def test_a_missing_key_file_is_an_error(settings):
    (settings.here.secrets / "keys.json").unlink()
    assert "keys.missing" in keys_of(settings, "error")


def test_a_damaged_key_file_is_an_error(settings):
    path = settings.here.secrets / "keys.json"
    path.unlink()
    path.write_text("{}")
    path.chmod(0o400)
    assert "keys.damaged" in keys_of(settings, "error")


@pytest.mark.parametrize("name", ["keys.json", "planner.secret"])
def test_a_secret_that_others_can_read_is_an_error(settings, name):
    (settings.here.secrets / name).chmod(0o644)
    found = [f for f in doctor.examine(settings) if f.key == "doctor.secret_open"]
    assert [(f.level, f.fields["file"]) for f in found] == [("error", str(settings.here.secrets / name))]


def test_a_missing_or_wrong_password_is_an_error(settings):
    secret_file(settings, Login.FIELD).write_text("guess")
    assert keys_of(settings, "error") == {"server.unreachable"}
    secret_file(settings, Login.FIELD).unlink()
    assert keys_of(settings, "error") == {"doctor.secret_missing", "server.no_secret"}


def test_another_schema_is_an_error(settings):
    migrate(settings, revision="-1", keep_backup=False)
    assert "schema.older" in keys_of(settings, "error")


def test_an_altered_audit_is_an_error(small_city, connect):
    owner = connect(small_city.settings, Login.OWNER)
    owner.execute("UPDATE audit.events SET actor = 'nobody' WHERE id = 2")
    (found,) = [f for f in doctor.examine(small_city.settings) if f.level == "error"]
    assert (found.key, found.fields) == ("doctor.audit_broken", {"event": 2})


def test_a_full_disk_is_an_error(settings, monkeypatch):
    monkeypatch.setattr(doctor, "LEAST_FREE_BYTES", 1 << 60)
    assert keys_of(settings, "error") == {"doctor.disk"}


def test_before_the_first_use_there_is_no_database_and_no_key(new_settings):
    found = keys_of(new_settings())
    assert {"doctor.no_cluster", "keys.missing"} <= found


def test_every_finding_has_words(settings, private):
    for finding in (*doctor.examine(settings), *doctor.examine(private)):
        assert finding.key in catalogue("tr")
        assert finding.key in catalogue("en")
