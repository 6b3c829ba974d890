"""Bring a small table to the rows of a file: new, updated, unchanged, counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import shapely
from geoalchemy2 import WKBElement
from sqlalchemy import Table, tuple_
from sqlalchemy.orm import Session

from app.store.copying import copy_rows
from app.store.tables import Base

Key = tuple[object, ...]
Values = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Synced:
    """Which rows were new and which replaced another; the others were there already."""

    new: frozenset[Key]
    updated: frozenset[Key]


def sync(
    session: Session, orm: type[Base], *, keys: Sequence[str], rows: Mapping[Key, Mapping[str, object]]
) -> Synced:
    """Insert or replace `rows` (key -> other columns) in the caller's transaction; others stay.

    Geometry is given as `POINT(lon lat)` text in the table's own reference system.
    """
    table = orm.__table__
    assert isinstance(table, Table)
    columns = [column.name for column in table.columns if column.name in keys or column.name != "id"]
    rest = [name for name in columns if name not in keys]
    have = _existing(session, table, keys, rest)
    wanted = {key: tuple(values[name] for name in rest) for key, values in rows.items()}
    new = [key for key in wanted if key not in have]
    changed = [key for key in wanted if key in have and have[key] != wanted[key]]
    if changed:
        place = tuple_(*(table.c[name] for name in keys))
        for start in range(0, len(changed), 1000):
            session.execute(table.delete().where(place.in_(changed[start : start + 1000])))
    ordered = [*keys, *rest]
    srid = {c.name: c.type.srid for c in table.columns if hasattr(c.type, "srid")}
    lines = (
        [_written(n, v, srid) for n, v in zip(ordered, (*k, *wanted[k]), strict=True)]
        for k in (*new, *changed)
    )
    copy_rows(session, f"{table.schema}.{table.name}", ordered, lines)
    return Synced(frozenset(new), frozenset(changed))


def _existing(session: Session, table: Table, keys: Sequence[str], rest: Sequence[str]) -> dict[Key, Values]:
    query = table.select().with_only_columns(*(table.c[name] for name in (*keys, *rest)))
    width = len(keys)
    return {tuple(row[:width]): tuple(map(_read, row[width:])) for row in session.execute(query)}


def _read(value: object) -> object:
    if isinstance(value, WKBElement):
        point = shapely.from_wkb(bytes.fromhex(value.desc))
        return point_text(float(shapely.get_x(point)), float(shapely.get_y(point)))
    return value


def point_text(lon: float, lat: float) -> str:
    """A point as text, to the centimetre."""
    return f"POINT({lon:.7f} {lat:.7f})"


def _written(name: str, value: object, srid: Mapping[str, int]) -> object:
    return f"SRID={srid[name]};{value}" if name in srid else value
