"""Schema `plan`: runs in all their states, their estimates, and plans of centres."""

import datetime as dt

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base, Json

SCHEMA = {"schema": "plan"}
STATES = ("draft", "checked", "approved", "published", "superseded")


class IndicatorText(Base):
    """The indicator file in use; the newest row counts, the others are its history."""

    __tablename__ = "indicators"
    __table_args__ = SCHEMA

    id: Mapped[int] = mapped_column(primary_key=True)
    words: Mapped[str]
    actor: Mapped[str]
    at: Mapped[dt.datetime]


class Run(Base):
    """One numbered city-wide risk map."""

    __tablename__ = "runs"
    __table_args__ = (
        CheckConstraint(f"state IN {STATES}", name="state"),
        # one published map at a time; it stays until another takes its place
        Index("uq_runs_published", "state", unique=True, postgresql_where=text("state = 'published'")),
        SCHEMA,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    title: Mapped[str]
    boundary_id: Mapped[int] = mapped_column(ForeignKey("geo.boundaries.id"))
    year: Mapped[int]
    created_at: Mapped[dt.datetime]
    created_by: Mapped[str]
    inputs_sha: Mapped[str]
    tables_sha: Mapped[str]  # of the stored maps: equal inputs, parameters and seed give equal tables
    parameters: Mapped[Json]
    code_version: Mapped[str]
    seconds: Mapped[Json]
    is_simulation: Mapped[bool]


class RunStep(Base):
    """Who moved a run to which state, when."""

    __tablename__ = "run_steps"
    __table_args__ = SCHEMA

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("plan.runs.id"))
    state: Mapped[str]
    actor: Mapped[str]
    at: Mapped[dt.datetime]
    note: Mapped[str]


class RiskMap(Base):
    """One map of a run: a topic, an indicator, need, the index, or reach; of one group and sex."""

    __tablename__ = "maps"
    __table_args__ = (UniqueConstraint("run_id", "key"), SCHEMA)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("plan.runs.id", ondelete="CASCADE"))
    key: Mapped[str]
    kind: Mapped[str]
    topic: Mapped[str]
    indicator: Mapped[str]
    grp: Mapped[str]
    sex: Mapped[str]
    unit: Mapped[str]
    year: Mapped[int]
    definition: Mapped[Json]  # numerator, denominator, source, method, direction, class breaks, titles


class Estimate(Base):
    """One area's value on one map, with its honest interval. Never read by planners."""

    __tablename__ = "estimates"
    __table_args__ = (Index("ix_estimates_map_id", "map_id"), SCHEMA)

    id: Mapped[int] = mapped_column(primary_key=True)
    map_id: Mapped[int] = mapped_column(ForeignKey("plan.maps.id", ondelete="CASCADE"))
    area_code: Mapped[str]
    value: Mapped[float | None]
    lower: Mapped[float | None]
    upper: Mapped[float | None]
    cv: Mapped[float | None]
    direct: Mapped[float | None]
    base: Mapped[int]  # households, or cases, behind the value
    risk_class: Mapped[int | None]
    reliability: Mapped[str]
    shown: Mapped[str]  # class, modelled, insufficient


class Need(Base):
    """Persons in need by area and population group: what siting serves."""

    __tablename__ = "need"
    __table_args__ = (Index("ix_need_run_id", "run_id"), SCHEMA)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("plan.runs.id", ondelete="CASCADE"))
    area_code: Mapped[str]
    grp: Mapped[str]
    population: Mapped[float]
    persons: Mapped[float]
    lower: Mapped[float]
    upper: Mapped[float]
    visits: Mapped[float]


class Zone(Base):
    """Which contiguous risk zone an area belongs to."""

    __tablename__ = "zones"
    __table_args__ = (Index("ix_zones_run_id", "run_id"), SCHEMA)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("plan.runs.id", ondelete="CASCADE"))
    area_code: Mapped[str]
    zone: Mapped[int]


class Plan(Base):
    """A recommended set of centres with its proof."""

    __tablename__ = "plans"
    __table_args__ = SCHEMA

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("plan.runs.id"))
    created_at: Mapped[dt.datetime]
    created_by: Mapped[str]
    state: Mapped[str]
    parameters: Mapped[Json]
    result: Mapped[Json]
