"""Versioned records, households and cases alike: what is known, history, bulk insert."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg import sql
from psycopg.types.json import Jsonb
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from app.store.copying import copy_rows, raw_connection
from app.store.tables import Base
from app.store.tables.survey import Case, CaseHistory, Household, HouseholdHistory


@dataclass(frozen=True, slots=True)
class RecordKind:
    """A table of current versions and the one of replaced versions."""

    table: Table
    history: Table
    owner: str  # column of the history that names the record
    names_person: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A record that is in the store."""

    id: uuid.UUID
    content_sha: str
    version: int


def _table(orm: type[Base]) -> Table:
    table = orm.__table__
    assert isinstance(table, Table)
    return table


HOUSEHOLDS = RecordKind(_table(Household), _table(HouseholdHistory), "household_id")
CASES = RecordKind(_table(Case), _table(CaseHistory), "case_id", names_person=True)


def known(session: Session, kind: RecordKind, scope: Mapping[str, object]) -> dict[str, Known]:
    """Records by their source's key; `scope` holds columns every record of the file shares."""
    c = kind.table.c
    query = select(c.source_key, c.id, c.content_sha, c.version)
    for name, value in scope.items():
        query = query.where(c[name] == value)
    return {key: Known(record, sha, version) for key, record, sha, version in session.execute(query)}


def archive(session: Session, kind: RecordKind, ids: Sequence[uuid.UUID], *, replaced_by: int) -> None:
    """Move the current versions of these records to the history."""
    if not ids:
        return
    session.flush()
    statement = sql.SQL(
        "WITH gone AS (DELETE FROM {table} AS r WHERE r.id = ANY(%s) RETURNING r.*) "
        "INSERT INTO {history} ({owner}, version, batch_id, replaced_by, record) "
        "SELECT id, version, batch_id, %s, to_jsonb(gone) FROM gone"
    ).format(
        table=sql.Identifier(str(kind.table.schema), kind.table.name),
        history=sql.Identifier(str(kind.history.schema), kind.history.name),
        owner=sql.Identifier(kind.owner),
    )
    raw_connection(session).execute(statement, [list(ids), replaced_by])


def insert(session: Session, kind: RecordKind, rows: Sequence[Mapping[str, object]]) -> None:
    """COPY current versions in."""
    columns = [column.name for column in kind.table.columns]
    lines = ([_cell(row[name]) for name in columns] for row in rows)
    copy_rows(session, f"{kind.table.schema}.{kind.table.name}", columns, lines)


def _cell(value: object) -> object:
    return Jsonb(value) if isinstance(value, dict | list) else value
