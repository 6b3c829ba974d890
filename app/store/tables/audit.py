"""Schema `audit`: append only, each row chained to the one before."""

import datetime as dt

from sqlalchemy import BigInteger, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base, Json

SCHEMA = {"schema": "audit"}


class Event(Base):
    """Who did what to which record, why. Never a value."""

    __tablename__ = "events"
    __table_args__ = SCHEMA

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[dt.datetime]
    actor: Mapped[str]
    action: Mapped[str]
    purpose: Mapped[str]
    detail: Mapped[Json]
    chain: Mapped[bytes] = mapped_column(LargeBinary)
