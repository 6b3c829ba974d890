"""Schema `survey`: answers and cases under pseudonyms, with the neighbourhood fixed at intake."""

import datetime as dt
import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base, Json, Uuid

SCHEMA = {"schema": "survey"}


class Batch(Base):
    """One file taken in: whole or not at all."""

    __tablename__ = "batches"
    __table_args__ = SCHEMA

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    file_sha: Mapped[str] = mapped_column(index=True)
    file_name: Mapped[str]  # as given, control characters escaped; never a path
    actor: Mapped[str]
    received_at: Mapped[dt.datetime]
    counts: Mapped[Json]


class Attempt(Base):
    """Every file offered, refused ones too."""

    __tablename__ = "attempts"
    __table_args__ = SCHEMA

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    file_sha: Mapped[str]
    file_name: Mapped[str]
    actor: Mapped[str]
    at: Mapped[dt.datetime]
    outcome: Mapped[str]


class FormVersion(Base):
    """One version of a questionnaire."""

    __tablename__ = "forms"
    __table_args__ = (UniqueConstraint("form_id", "version"), SCHEMA)

    id: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[str]
    version: Mapped[str]
    content_sha: Mapped[str]
    definition: Mapped[Json]
    loaded_at: Mapped[dt.datetime]


class Mapping(Base):
    """How a file's columns were read, saved under a name to read the next file alike."""

    __tablename__ = "mappings"
    __table_args__ = SCHEMA

    name: Mapped[str] = mapped_column(primary_key=True)
    definition: Mapped[Json]


class Campaign(Base):
    """One area survey: a sample, a complete round, or targeted visits."""

    __tablename__ = "campaigns"
    __table_args__ = (CheckConstraint("kind IN ('sample', 'complete', 'targeted')", name="kind"), SCHEMA)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    year: Mapped[int]
    form_id: Mapped[int] = mapped_column(ForeignKey("survey.forms.id"))
    is_simulation: Mapped[bool]


class Household(Base):
    """The current version of one household's record."""

    __tablename__ = "households"
    __table_args__ = (
        UniqueConstraint("campaign_id", "source_key"),
        Index("ix_households_campaign_area", "campaign_id", "area_code"),
        CheckConstraint("weight >= 0", name="weight"),
        SCHEMA,
    )

    id: Mapped[Uuid]
    campaign_id: Mapped[int] = mapped_column(ForeignKey("survey.campaigns.id"))
    source_key: Mapped[str]
    content_sha: Mapped[str]
    version: Mapped[int]
    batch_id: Mapped[int] = mapped_column(ForeignKey("survey.batches.id"))
    boundary_id: Mapped[int] = mapped_column(ForeignKey("geo.boundaries.id"))
    area_code: Mapped[str]
    stratum: Mapped[str]
    block: Mapped[str]
    weight: Mapped[float]
    outcome: Mapped[str]
    household: Mapped[str]  # its number within the area, '' where the form has none
    superseded: Mapped[bool]  # another record of the same household counts instead
    day: Mapped[dt.date | None]
    answers: Mapped[Json]
    roster: Mapped[list[Json]]


class HouseholdHistory(Base):
    """Versions that a later file replaced."""

    __tablename__ = "household_history"
    __table_args__ = (UniqueConstraint("household_id", "version"), SCHEMA)

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[uuid.UUID]
    version: Mapped[int]
    batch_id: Mapped[int]
    replaced_by: Mapped[int]
    record: Mapped[Json]


class Case(Base):
    """The current version of one application or tip-off."""

    __tablename__ = "cases"
    __table_args__ = (UniqueConstraint("source_key"), Index("ix_cases_area_code", "area_code"), SCHEMA)

    id: Mapped[Uuid]
    source_key: Mapped[str]
    content_sha: Mapped[str]
    version: Mapped[int]
    batch_id: Mapped[int] = mapped_column(ForeignKey("survey.batches.id"))
    boundary_id: Mapped[int] = mapped_column(ForeignKey("geo.boundaries.id"))
    area_code: Mapped[str]
    kind: Mapped[str]
    reason: Mapped[str]
    subject: Mapped[str]
    priority: Mapped[str]
    channel: Mapped[str]
    day: Mapped[dt.date]
    person_id: Mapped[uuid.UUID | None]
    protected: Mapped[bool]  # under a confidentiality order: counted by district at the finest
    is_simulation: Mapped[bool]


class CaseHistory(Base):
    """Versions that a later file replaced."""

    __tablename__ = "case_history"
    __table_args__ = (UniqueConstraint("case_id", "version"), SCHEMA)

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[uuid.UUID]
    version: Mapped[int]
    batch_id: Mapped[int]
    replaced_by: Mapped[int]
    record: Mapped[Json]
