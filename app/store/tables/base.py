"""What all tables share."""

import datetime as dt
import uuid
from typing import Annotated

from sqlalchemy import DateTime, MetaData, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

SCHEMAS = ("geo", "ident", "survey", "agg", "plan", "auth", "audit", "jobs", "staging", "meta")

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

Json = dict[str, object]
Uuid = Annotated[uuid.UUID, mapped_column(primary_key=True)]
Moment = Annotated[dt.datetime, mapped_column(DateTime(timezone=True))]


class Base(DeclarativeBase):
    """All tables."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {Json: JSONB, list[Json]: JSONB, str: Text, dt.datetime: DateTime(timezone=True)}  # noqa: RUF012 SQLAlchemy reads it as written
