"""Persons: recognised again by number, erased for good, and kept through a change of keys."""

import datetime as dt
import uuid

import pytest
from sqlalchemy import select, text

from app.errors import KeyFileError
from app.store import people
from app.store.logins import Login
from app.store.people import Identity, Registrar, erase_person, identity_of, rekey
from app.store.tables.ident import Detail, Person, Raw
from app.store.vault import KeyFile, Vault

NOW = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


@pytest.fixture
def register(store):
    """Take one batch of (record, number, name) in; gives the pseudonyms, and the records' ids."""

    def _register(*records, vault=None):
        made = []
        with store.session(Login.SERVICE) as session:
            registrar = Registrar(session, vault or store.vault, batch_id=1)
            registrar.recognise(number for number, _ in records if number)
            for number, name in records:
                record_id = uuid.uuid4()
                answers = {"who": name, "no": number, people.NUMBER: number} if number else {"who": name}
                registrar.raw(record_id, {"fields": {"who": name, "no": number, "rent": 7}, "repeats": {}})
                made.append(
                    (
                        registrar.person(Identity(record_id=record_id, number=number, answers=answers)),
                        record_id,
                    )
                )
            registrar.write()
        return made

    return _register


def test_one_number_is_one_person_within_a_batch_and_later(register):
    (first, _), (again, _), (other, _) = register(("111", "A"), ("111", "A."), ("222", "B"))
    ((later, _),) = register(("111", "A"))
    assert first == again == later != other


def test_people_without_a_number_are_never_matched(register):
    (one, _), (two, _) = register((None, "A"), (None, "A"))
    assert one != two


def test_identifying_answers_open_only_with_the_key(store, register):
    ((person, _),) = register(("111", "Sevda"))
    with store.session(Login.SERVICE) as session:
        assert identity_of(session, store.vault, person) == [
            {"who": "Sevda", "no": "111", people.NUMBER: "111"}
        ]
        with pytest.raises(KeyFileError):
            identity_of(session, Vault(KeyFile.fresh()), person)


def test_two_exchanged_ciphertexts_are_refused(store, register):
    (one, _), (two, _) = register(("111", "A"), ("222", "B"))
    with store.session(Login.SERVICE) as session:
        mine, other = (session.scalars(select(Detail).where(Detail.person_id == p)).one() for p in (one, two))
        mine.sealed, other.sealed = other.sealed, mine.sealed
    with store.session(Login.SERVICE) as session, pytest.raises(KeyFileError):
        identity_of(session, store.vault, one)


def test_exchanged_keys_of_two_persons_are_refused(store, register):
    (one, _), (two, _) = register(("111", "A"), ("222", "B"))
    with store.session(Login.SERVICE) as session:
        mine, other = session.get_one(Person, one), session.get_one(Person, two)
        mine.wrapped, other.wrapped = other.wrapped, mine.wrapped
    with store.session(Login.SERVICE) as session, pytest.raises(KeyFileError):
        identity_of(session, store.vault, one)


def test_an_erased_person_is_gone_from_identity_and_from_what_was_received(store, register):
    (one, record), (two, _) = register(("111", "Sevda"), ("222", "Bahar"))
    with store.session(Login.SERVICE) as session:
        before = session.get_one(Person, one)
        wrapped, wrap_key = before.wrapped, before.wrap_key
        detail = session.scalars(select(Detail).where(Detail.person_id == one)).one()
        kept = (detail.id, detail.sealed)
        raw = session.scalars(select(Raw).where(Raw.record_id == record)).one()
        old_raw = (raw.id, raw.wrapped, raw.sealed)
        assert erase_person(session, store.vault, one, now=NOW) == 1
    with store.session(Login.SERVICE) as session:
        person = session.get_one(Person, one)
        assert (person.wrapped, person.match_code, person.match_key, person.erased_at) == (
            None,
            None,
            None,
            NOW,
        )
        with pytest.raises(KeyFileError) as caught:
            identity_of(session, store.vault, one)
        assert caught.value.key == "keys.erased"
        raw = session.scalars(select(Raw).where(Raw.record_id == record)).one()
        key = store.vault.open_key(raw.wrapped, wrap_key=raw.wrap_key, owner=f"raw|{raw.id}")
        left = Vault.open(key, raw.sealed, f"raw|{raw.id}")
        assert left == {"fields": {"rent": 7}, "repeats": {}}
        # the old ciphertext of the record opens with its old wrapped key only, which no longer exists
        with pytest.raises(KeyFileError):
            Vault.open(key, old_raw[2], f"raw|{raw.id}")
        assert identity_of(session, store.vault, two)[0]["who"] == "Bahar"
    assert wrapped is not None
    assert (wrap_key, kept[1]) != (None, None)


def test_an_erased_person_is_not_matched_again(store, register):
    ((before, _),) = register(("111", "A"))
    with store.session(Login.SERVICE) as session:
        erase_person(session, store.vault, before, now=NOW)
    ((after, _),) = register(("111", "A"))
    assert after != before


def test_new_keys_keep_everything_readable_and_everybody_known(store, register):
    (one, record), (two, _) = register(("111", "Sevda"), (None, "Bahar"))
    with store.session(Login.SERVICE) as session:
        code = session.get_one(Person, one).match_code
    both = store.vault.keys.with_new_key()
    with store.session(Login.SERVICE) as session:
        assert rekey(session, Vault(both)) == 4  # two persons and two received records
    after = Vault(both.only_active())
    with store.session(Login.SERVICE) as session:
        assert session.get_one(Person, one).match_code != code
        assert identity_of(session, after, one)[0]["who"] == "Sevda"
        assert identity_of(session, after, two) == [{"who": "Bahar"}]
        raw = session.scalars(select(Raw).where(Raw.record_id == record)).one()
        assert raw.wrap_key == "k2"
        after.open_key(raw.wrapped, wrap_key="k2", owner=f"raw|{raw.id}")
    ((again, _),) = register(("111", "Sevda"), vault=after)
    assert again == one


def test_a_person_erased_before_a_change_of_keys_does_not_hinder_it(store, register):
    (one, _), (two, _) = register(("111", "A"), ("222", "B"))
    with store.session(Login.SERVICE) as session:
        erase_person(session, store.vault, one, now=NOW)
    both = store.vault.keys.with_new_key()
    with store.session(Login.SERVICE) as session:
        rekey(session, Vault(both))
    with store.session(Login.SERVICE) as session:
        assert identity_of(session, Vault(both.only_active()), two)[0]["who"] == "B"


def test_a_person_whom_no_record_names_any_more_is_forgotten(store, register):
    ((one, record), (two, _)) = register(("111", "A"), ("222", "B"))
    with store.session(Login.SERVICE) as session:
        named = people.forget_records(session, [record])
        assert named == {one}
        people.forget_unnamed(session, {one, two})
    with store.session(Login.SERVICE) as session:
        assert session.scalars(select(Person.id)).all() == [two]


def test_an_erased_persons_mark_is_kept(store, register):
    ((one, _),) = register(("111", "A"))
    with store.session(Login.SERVICE) as session:
        erase_person(session, store.vault, one, now=NOW)
        people.forget_unnamed(session, {one})
    with store.session(Login.SERVICE) as session:
        assert session.scalars(select(Person.id)).all() == [one]


def test_nothing_sealed_can_be_read_in_the_tables(store, register):
    register(("99000000012", "Sevda Kurmaca"))
    with store.session(Login.SERVICE) as session:
        for table in ("ident.persons", "ident.details", "ident.raw"):
            for (row,) in session.execute(text(f"SELECT t::text FROM {table} t")):
                assert b"Sevda".hex() not in row
                assert b"99000000012".hex() not in row
