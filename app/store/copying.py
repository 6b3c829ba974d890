"""Bulk writes by COPY inside the session's own transaction."""

from collections.abc import Iterable, Sequence

import psycopg
from psycopg import sql
from sqlalchemy.orm import Session


def raw_connection(session: Session) -> psycopg.Connection[tuple[object, ...]]:
    """The psycopg connection under a session's transaction."""
    driver = session.connection().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def copy_rows(session: Session, table: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """COPY rows into `schema.table`; JSON columns take `Jsonb` values."""
    session.flush()
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    target = sql.SQL(".").join(map(sql.Identifier, table.split(".")))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(target, names)
    with raw_connection(session).cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
