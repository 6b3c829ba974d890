"""Envelope encryption: a ciphertext opens at its own place, with its own key, and nowhere else."""

import json
import stat
import threading

import pytest

from app.errors import KeyFileError
from app.store.vault import NONCE_BYTES, KeyFile, Vault

PASSPHRASE = "seven calm herons wade"


@pytest.fixture
def keys():
    return KeyFile.fresh()


def key_of(error):
    return error.value.key


def test_what_is_sealed_opens_at_its_place(keys):
    vault = Vault(keys)
    key = vault.new_key("persons|1")
    value = {"ad": "Şükriye", "points": [1, 2.5, None]}
    assert Vault.open(key, Vault.seal(key, value, "details|1"), "details|1") == value


def test_a_ciphertext_moved_to_another_row_does_not_open(keys):
    key = Vault(keys).new_key("persons|1")
    with pytest.raises(KeyFileError) as caught:
        Vault.open(key, Vault.seal(key, "x", "details|1"), "details|2")
    assert key_of(caught) == "keys.mismatch"


def test_a_wrapped_key_moved_to_another_person_does_not_open(keys):
    vault = Vault(keys)
    key = vault.new_key("persons|1")
    assert vault.open_key(key.wrapped, wrap_key=key.wrap_key, owner="persons|1").key == key.key
    with pytest.raises(KeyFileError) as caught:
        vault.open_key(key.wrapped, wrap_key=key.wrap_key, owner="persons|2")
    assert key_of(caught) == "keys.mismatch"


@pytest.mark.parametrize("place", [0, NONCE_BYTES, -1])
def test_one_flipped_bit_is_noticed(keys, place):
    key = Vault(keys).new_key("persons|1")
    sealed = bytearray(Vault.seal(key, "x", "details|1"))
    sealed[place] ^= 1
    with pytest.raises(KeyFileError):
        Vault.open(key, bytes(sealed), "details|1")


def test_the_same_value_is_never_sealed_alike(keys):
    key = Vault(keys).new_key("persons|1")
    assert len({Vault.seal(key, "x", "d") for _ in range(50)}) == 50


def test_another_installations_keys_open_nothing(keys):
    key = Vault(keys).new_key("persons|1")
    with pytest.raises(KeyFileError) as caught:
        Vault(KeyFile.fresh()).open_key(key.wrapped, wrap_key=key.wrap_key, owner="persons|1")
    assert key_of(caught) == "keys.mismatch"


def test_a_destroyed_or_unknown_key_is_said(keys):
    vault = Vault(keys)
    for wrapped, name, expected in ((None, "k1", "keys.erased"), (b"x" * 60, "k9", "keys.unknown")):
        with pytest.raises(KeyFileError) as caught:
            vault.open_key(wrapped, wrap_key=name, owner="persons|1")
        assert key_of(caught) == expected


def test_a_code_needs_the_key_and_tells_numbers_apart(keys):
    vault = Vault(keys)
    code = vault.match_code("99000000012")
    assert code == vault.match_code("99000000012")
    assert code != vault.match_code("99000000013")
    assert code != Vault(KeyFile.fresh()).match_code("99000000012")
    assert len(code) == 32


def test_a_data_key_survives_being_wrapped_anew(keys):
    old = Vault(keys)
    key = old.new_key("persons|1")
    new = Vault(keys.with_new_key())
    renewed = new.rewrap(new.open_key(key.wrapped, wrap_key=key.wrap_key, owner="persons|1"), "persons|1")
    assert renewed.wrap_key == "k2"
    only = Vault(new.keys.only_active())
    assert only.open_key(renewed.wrapped, wrap_key="k2", owner="persons|1").key == key.key
    with pytest.raises(KeyFileError):
        only.open_key(key.wrapped, wrap_key="k1", owner="persons|1")


def test_the_file_is_whole_and_readable_by_its_owner_only(keys, tmp_path):
    path = tmp_path / "secrets" / "keys.json"
    keys.save(path)
    assert KeyFile.load(path) == keys
    assert stat.S_IMODE(path.stat().st_mode) == 0o400
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    keys.with_new_key().save(path)  # replaced as a whole, though nobody may write to it
    assert set(KeyFile.load(path).keys) == {"k1", "k2"}


def test_a_key_file_is_never_made_over_another(tmp_path):
    path = tmp_path / "keys.json"
    KeyFile.make_if_missing(path)
    first = path.read_text()
    KeyFile.make_if_missing(path)
    assert path.read_text() == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o400


def test_several_makers_at_once_agree_on_one_key_file(tmp_path):
    path, seen = tmp_path / "secrets" / "keys.json", []
    gate = threading.Barrier(8)

    def make():
        gate.wait()
        KeyFile.make_if_missing(path)
        seen.append(KeyFile.load(path).fingerprint)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1
    assert [item.name for item in path.parent.iterdir()] == ["keys.json"]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", "not json", '{"mahalle_keys": 2, "active": "k1", "keys": {}}']
)
def test_a_damaged_file_is_said(tmp_path, text):
    path = tmp_path / "keys.json"
    path.write_text(text)
    with pytest.raises(KeyFileError) as caught:
        KeyFile.load(path)
    assert key_of(caught) == "keys.damaged"


def test_a_key_file_cut_short_is_said(keys, tmp_path):
    whole = keys.to_json()
    path = tmp_path / "keys.json"
    for cut in range(1, len(whole), 7):
        path.write_text(whole[:cut])
        with pytest.raises(KeyFileError):
            KeyFile.load(path)


def test_a_missing_file_is_said(tmp_path):
    with pytest.raises(KeyFileError) as caught:
        KeyFile.load(tmp_path / "none.json")
    assert key_of(caught) == "keys.missing"


def test_a_copy_opens_with_its_passphrase_only(keys):
    copy = keys.sealed_copy(PASSPHRASE)
    assert KeyFile.from_copy(copy, PASSPHRASE) == keys
    with pytest.raises(KeyFileError) as caught:
        KeyFile.from_copy(copy, PASSPHRASE + "s")
    assert key_of(caught) == "keys.wrong_passphrase"
    assert json.loads(copy)["fingerprint"] == keys.fingerprint
    assert json.loads(keys.to_json())["keys"]["k1"][0] not in copy


@pytest.mark.parametrize("text", ["", "{}", "[]", "7", '{"salt": "!", "box": ""}'])
def test_what_is_no_copy_is_said(text):
    with pytest.raises(KeyFileError) as caught:
        KeyFile.from_copy(text, PASSPHRASE)
    assert key_of(caught) == "keys.not_a_copy"


def test_an_altered_copy_does_not_open(keys):
    copy = json.loads(keys.sealed_copy(PASSPHRASE))
    copy["box"] = copy["box"][:-8] + "AAAAAAA="
    with pytest.raises(KeyFileError):
        KeyFile.from_copy(json.dumps(copy), PASSPHRASE)


def test_a_confirmation_holds_for_exactly_these_keys(keys):
    sure = keys.confirm()
    assert sure.confirmed == sure.fingerprint == keys.fingerprint
    later = sure.with_new_key()
    assert later.confirmed != later.fingerprint
    assert later.only_active().fingerprint not in (later.fingerprint, keys.fingerprint)
