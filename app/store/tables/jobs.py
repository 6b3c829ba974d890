"""Schema `jobs`: long work and uploads as people see them; the queue's own tables lie beside them."""

import datetime as dt
import uuid

from sqlalchemy import BigInteger, CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base, Json, Uuid

SCHEMA = {"schema": "jobs"}
STATES = ("waiting", "running", "done", "failed", "cancelled")


class Work(Base):
    """One piece of long work: who asked for what, how far it is, what came of it."""

    __tablename__ = "work"
    __table_args__ = (CheckConstraint(f"state IN {STATES}", name="state"), SCHEMA)

    id: Mapped[Uuid]
    kind: Mapped[str]
    actor: Mapped[str]
    user_id: Mapped[int | None]
    arguments: Mapped[Json]
    state: Mapped[str]
    stage: Mapped[str]
    share: Mapped[float]  # of the whole, 0 to 1
    tries: Mapped[int]
    result: Mapped[Json | None]
    error: Mapped[Json | None]
    made_at: Mapped[dt.datetime]
    began_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]


class Upload(Base):
    """A file on its way in or waiting to be read; its bytes lie in the staging folder."""

    __tablename__ = "uploads"
    __table_args__ = SCHEMA

    id: Mapped[Uuid]
    user_id: Mapped[int]
    name: Mapped[str]
    kind: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[dt.datetime]
    touched_at: Mapped[dt.datetime]
    work_id: Mapped[uuid.UUID | None]
