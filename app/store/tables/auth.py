"""Schema `auth`: accounts, one-time codes, sessions and failed tries. Secrets only as hashes or sealed."""

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base

SCHEMA = {"schema": "auth"}
STAGES = ("password", "enrol", "second", "full")


class User(Base):
    """One person who may sign in."""

    __tablename__ = "users"
    __table_args__ = SCHEMA

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)  # as typed to sign in, folded
    display: Mapped[str]
    role: Mapped[str]
    region: Mapped[str]  # service region of a unit manager; empty: the whole city
    steps: Mapped[list[str]] = mapped_column(ARRAY(Text))  # of the approval chain, for who notes them
    language: Mapped[str]
    password: Mapped[str | None]  # argon2id
    second_key: Mapped[str | None]  # name of the wrapping key
    second_wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    second_since: Mapped[dt.datetime | None]  # when the first code was confirmed
    second_step: Mapped[int]  # last time step used: a code counts once
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    disabled_at: Mapped[dt.datetime | None]


class Code(Base):
    """A code that works once: to sign in the first time, or in place of a lost phone."""

    __tablename__ = "codes"
    __table_args__ = (CheckConstraint("kind IN ('sign-in', 'recovery')", name="kind"), SCHEMA)

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("auth.users.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str]
    made_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime | None]


class SignedIn(Base):
    """A session in a browser; deleting the row ends it."""

    __tablename__ = "sessions"
    __table_args__ = (CheckConstraint(f"stage IN {STAGES}", name="stage"), SCHEMA)

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("auth.users.id", ondelete="CASCADE"), index=True)
    stage: Mapped[str]
    made_at: Mapped[dt.datetime]
    used_at: Mapped[dt.datetime]
    address: Mapped[str]


class Failure(Base):
    """Failed tries in a row for one name or one address."""

    __tablename__ = "failures"
    __table_args__ = SCHEMA

    key: Mapped[str] = mapped_column(primary_key=True)
    count: Mapped[int]
    last_at: Mapped[dt.datetime]
    wait_until: Mapped[dt.datetime]
