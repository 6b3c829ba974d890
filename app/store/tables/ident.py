"""Schema `ident`: who people are. Ciphertext only; keys are wrapped by a key outside the database."""

import datetime as dt
import uuid

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base, Uuid

SCHEMA = {"schema": "ident"}


class Person(Base):
    """One person: a pseudonym, a wrapped key, and a keyed code of the identity number."""

    __tablename__ = "persons"
    __table_args__ = (
        # one person a number; people without a number are never matched by machine
        Index("uq_persons_match_code", "match_code", unique=True),
        SCHEMA,
    )

    id: Mapped[Uuid]
    wrap_key: Mapped[str]
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)  # destroyed when the person is erased
    match_key: Mapped[str | None]
    match_code: Mapped[bytes | None] = mapped_column(LargeBinary)  # HMAC of the identity number
    erased_at: Mapped[dt.datetime | None]


class Detail(Base):
    """The identifying answers of one record, under the person's key."""

    __tablename__ = "details"
    __table_args__ = (Index("ix_details_record_id", "record_id"), SCHEMA)

    id: Mapped[Uuid]
    person_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("ident.persons.id"), index=True)
    record_id: Mapped[uuid.UUID]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)


class Raw(Base):
    """A record as it was received, under a key of its own."""

    __tablename__ = "raw"
    __table_args__ = (Index("ix_raw_record_id", "record_id"), SCHEMA)

    id: Mapped[Uuid]
    record_id: Mapped[uuid.UUID]
    batch_id: Mapped[int]
    wrap_key: Mapped[str]
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
