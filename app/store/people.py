"""Identities and raw records: sealed on the way in, erased on request, re-keyed on rotation.

Bulk writes go through COPY; nothing here leaves the caller's transaction.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from app.store.copying import copy_rows
from app.store.tables.auth import User
from app.store.tables.ident import Detail, Person, Raw
from app.store.vault import DataKey, Vault

LOCK = 7_210_003  # advisory lock: one file of a store comes in at a time, or its keys are changed


def hold_intake(session: Session) -> None:
    """Wait for whoever takes a file in or changes keys; others then wait for this transaction."""
    session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The identifying answers of one person on one record."""

    record_id: uuid.UUID
    number: str | None  # national identity number, if given and valid
    answers: Mapping[str, object]


@dataclass(slots=True)
class Registrar:
    """Gives records their persons within one batch: the same identity number is the same person."""

    session: Session
    vault: Vault
    batch_id: int
    _known: dict[bytes, tuple[uuid.UUID, DataKey]] = field(default_factory=dict)
    _persons: list[tuple[object, ...]] = field(default_factory=list)
    _details: list[tuple[object, ...]] = field(default_factory=list)
    _raws: list[tuple[object, ...]] = field(default_factory=list)

    def recognise(self, numbers: Iterable[str]) -> None:
        """Look up the persons whose identity numbers are in this batch."""
        codes = [self.vault.match_code(number) for number in set(numbers)]
        query = select(Person).where(Person.match_code.in_(codes))
        for person in self.session.scalars(query):
            owner = f"persons|{person.id}"
            key = self.vault.open_key(person.wrapped, wrap_key=person.wrap_key, owner=owner)
            assert person.match_code is not None
            self._known[person.match_code] = (person.id, key)

    def person(self, identity: Identity) -> uuid.UUID:
        """Store one person's identifying answers sealed; returns the pseudonym."""
        code = self.vault.match_code(identity.number) if identity.number else None
        found = self._known.get(code) if code else None
        person_id, key = found or self._new_person(code)
        detail_id = uuid.uuid4()
        sealed = Vault.seal(key, dict(identity.answers), f"details|{detail_id}")
        self._details.append((detail_id, person_id, identity.record_id, sealed))
        return person_id

    def _new_person(self, code: bytes | None) -> tuple[uuid.UUID, DataKey]:
        person_id = uuid.uuid4()
        key = self.vault.new_key(f"persons|{person_id}")
        match_key = self.vault.keys.active if code else None
        self._persons.append((person_id, key.wrap_key, key.wrapped, match_key, code, None))
        if code:
            self._known[code] = (person_id, key)
        return person_id, key

    def raw(self, record_id: uuid.UUID, record: object) -> None:
        """Keep a record as received, under a key of its own."""
        raw_id = uuid.uuid4()
        key = self.vault.new_key(f"raw|{raw_id}")
        sealed = Vault.seal(key, record, f"raw|{raw_id}")
        self._raws.append((raw_id, record_id, self.batch_id, key.wrap_key, key.wrapped, sealed))

    def write(self) -> None:
        """Send everything collected to the database."""
        columns = ("id", "wrap_key", "wrapped", "match_key", "match_code", "erased_at")
        copy_rows(self.session, "ident.persons", columns, self._persons)
        copy_rows(self.session, "ident.details", ("id", "person_id", "record_id", "sealed"), self._details)
        columns = ("id", "record_id", "batch_id", "wrap_key", "wrapped", "sealed")
        copy_rows(self.session, "ident.raw", columns, self._raws)


def forget_records(session: Session, record_ids: Sequence[uuid.UUID]) -> set[uuid.UUID]:
    """Drop the details of records about to be replaced; returns the persons they named."""
    if not record_ids:
        return set()
    gone = delete(Detail).where(Detail.record_id.in_(record_ids)).returning(Detail.person_id)
    return set(session.scalars(gone))


def forget_unnamed(session: Session, person_ids: Collection[uuid.UUID]) -> None:
    """Drop those of these persons whom no record names any more; an erased person's mark stays."""
    still = select(Detail.person_id).where(Detail.person_id == Person.id).exists()
    gone = delete(Person).where(Person.id.in_(person_ids), Person.erased_at.is_(None), ~still)
    session.execute(gone.execution_options(synchronize_session=False))


def identity_of(session: Session, vault: Vault, person_id: uuid.UUID) -> list[dict[str, object]]:
    """All identifying answers of a person, opened; callers ask why and keep a record of it."""
    person = session.get_one(Person, person_id)
    key = vault.open_key(person.wrapped, wrap_key=person.wrap_key, owner=f"persons|{person_id}")
    details = session.scalars(select(Detail).where(Detail.person_id == person_id)).all()
    return [_as_dict(Vault.open(key, d.sealed, f"details|{d.id}")) for d in details]


def _as_dict(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value


def erase_person(session: Session, vault: Vault, person_id: uuid.UUID, *, now: datetime) -> int:
    """Destroy a person's key and take their identifying answers out of the records that name them.

    Returns the number of received records rewritten. Statistical answers stay, under no name.
    """
    names = {name for answers in identity_of(session, vault, person_id) for name in answers}
    records = session.scalars(select(Detail.record_id).where(Detail.person_id == person_id)).all()
    raws = session.scalars(select(Raw).where(Raw.record_id.in_(records))).all()
    for raw in raws:
        _rewrite(vault, raw, names)
    session.execute(delete(Detail).where(Detail.person_id == person_id))
    session.execute(
        update(Person)
        .where(Person.id == person_id)
        .values(wrapped=None, match_code=None, match_key=None, erased_at=now)
    )
    return len(raws)


def _rewrite(vault: Vault, raw: Raw, names: set[str]) -> None:
    owner = f"raw|{raw.id}"
    old = vault.open_key(raw.wrapped, wrap_key=raw.wrap_key, owner=owner)
    record = without(Vault.open(old, raw.sealed, owner), names)
    fresh = vault.new_key(owner)  # a new key: the old ciphertext, wherever it lies, stays unreadable
    raw.wrap_key, raw.wrapped, raw.sealed = fresh.wrap_key, fresh.wrapped, Vault.seal(fresh, record, owner)


def without(value: object, names: set[str]) -> object:
    """A JSON value with every key in `names` taken out, at any depth."""
    if isinstance(value, dict):
        return {key: without(inner, names) for key, inner in value.items() if key not in names}
    if isinstance(value, list):
        return [without(inner, names) for inner in value]
    return value


def rekey(session: Session, vault: Vault) -> int:
    """Wrap every data key by the active key and recompute the matching codes; returns the keys rewrapped."""
    hold_intake(session)  # a file being taken in still seals with the old keys; wait for it
    session.execute(text("LOCK TABLE ident.persons, ident.raw IN EXCLUSIVE MODE"))
    active, count = vault.keys.active, 0
    for person in session.scalars(select(Person).where(Person.wrapped.is_not(None))):
        owner = f"persons|{person.id}"
        key = vault.open_key(person.wrapped, wrap_key=person.wrap_key, owner=owner)
        if person.match_code is not None and person.match_key != active:
            person.match_code = vault.match_code(_number_of(session, key, person.id, vault, person))
            person.match_key = active
        renewed = vault.rewrap(key, owner)
        person.wrap_key, person.wrapped, count = renewed.wrap_key, renewed.wrapped, count + 1
    for raw in session.scalars(select(Raw).where(Raw.wrapped.is_not(None))):
        owner = f"raw|{raw.id}"
        renewed = vault.rewrap(vault.open_key(raw.wrapped, wrap_key=raw.wrap_key, owner=owner), owner)
        raw.wrap_key, raw.wrapped, count = renewed.wrap_key, renewed.wrapped, count + 1
    return count + _rekey_users(session, vault)


def _rekey_users(session: Session, vault: Vault) -> int:
    """The secrets of second factors."""
    users = session.scalars(select(User).where(User.second_wrapped.is_not(None))).all()
    for user in users:
        owner = f"users|{user.id}"
        key = vault.open_key(user.second_wrapped, wrap_key=user.second_key or "", owner=owner)
        renewed = vault.rewrap(key, owner)
        user.second_key, user.second_wrapped = renewed.wrap_key, renewed.wrapped
    return len(users)


NUMBER = "identity_number"  # the name under which intake seals a checked identity number


def _number_of(session: Session, key: DataKey, person_id: uuid.UUID, vault: Vault, person: Person) -> str:
    """The sealed identity number whose code is stored, so that the code can be made anew."""
    for detail in session.scalars(select(Detail).where(Detail.person_id == person_id)):
        number = _as_dict(Vault.open(key, detail.sealed, f"details|{detail.id}")).get(NUMBER)
        if isinstance(number, str) and vault.match_code(number, name=person.match_key) == person.match_code:
            return number
    raise LookupError(f"person {person_id} has a code but no number; restore a backup from before the change")
