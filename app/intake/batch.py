"""Bring versioned records to the rows of a file: new, updated with history kept, unchanged."""

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from app.store import records
from app.store.people import Identity, Registrar, forget_records, forget_unnamed
from app.store.records import Known, RecordKind
from app.store.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One record of a file, typed: its key, a digest of what was said, its columns, who it names."""

    key: str
    content_sha: str
    row: int
    columns: Mapping[str, object]
    raw: Mapping[str, object]
    identities: Sequence[tuple[str | None, Mapping[str, object]]] = ()  # (identity number, answers)


@dataclass(slots=True)
class Fates:
    """Keys by what became of them."""

    new: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def bring(
    session: Session,
    kind: RecordKind,
    incoming: Sequence[Incoming],
    registrar: Registrar,
    scope: Mapping[str, object],
) -> Fates:
    """Store what is new or changed, in the caller's transaction; `scope` limits which records are meant.

    What is stored of a record's content is a keyed digest, of its key too where that was made of the content.
    """
    known = records.known(session, kind, scope)
    digest = registrar.vault.digest
    fates, fresh = Fates(), list[tuple[Incoming, Known | None]]()
    for record in incoming:
        before = known.get(_stored_key(record.key, digest))
        if before is None:
            fates.new.append(record.key)
            fresh.append((record, None))
        elif before.content_sha != digest(record.content_sha):
            fates.updated.append(record.key)
            fresh.append((record, before))
        else:
            fates.unchanged.append(record.key)
    replaced = [before.id for _, before in fresh if before is not None]
    records.archive(session, kind, replaced, replaced_by=registrar.batch_id)
    before_named = forget_records(session, replaced)
    registrar.recognise(number for record, _ in fresh for number, _ in record.identities if number)
    rows = [_row(record, before, registrar, kind, scope) for record, before in fresh]
    registrar.write()
    records.insert(session, kind, rows)
    forget_unnamed(session, before_named)
    return fates


def _row(
    record: Incoming,
    before: Known | None,
    registrar: Registrar,
    kind: RecordKind,
    scope: Mapping[str, object],
) -> dict[str, object]:
    record_id = before.id if before else uuid.uuid4()
    registrar.raw(record_id, dict(record.raw))
    persons = [
        registrar.person(Identity(record_id=record_id, number=number, answers=answers))
        for number, answers in record.identities
    ]
    row: dict[str, object] = {
        "id": record_id,
        "source_key": _stored_key(record.key, registrar.vault.digest),
        "content_sha": registrar.vault.digest(record.content_sha),
        "version": before.version + 1 if before else 1,
        "batch_id": registrar.batch_id,
        **scope,
        **record.columns,
    }
    if kind.names_person:
        row["person_id"] = persons[0] if persons else None
    return row


def _stored_key(key: str, digest: Callable[[str], str]) -> str:
    """The source's own key as it is; one made of the content, keyed."""
    return f"content:{digest(key)}" if key.startswith("content:") else key


def last_of_each(incoming: Iterable[Incoming]) -> dict[str, Incoming]:
    """The last row of each key; within one file a later row of the same key replaces an earlier one."""
    return {record.key: record for record in incoming}
