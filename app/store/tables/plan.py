"""Schema `plan`: runs in all their states, their estimates, and plans of centres."""

import datetime as dt

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
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
    exceedance: Mapped[float | None]  # probability of being worse than the city
    rank_lower: Mapped[int | None]  # 95 % interval of the rank, 1 = worst
    rank_upper: Mapped[int | None]
    membership: Mapped[float | None]  # probability of the class
    cluster: Mapped[int | None]  # of cases, 1 = most likely
    rose: Mapped[float | None]  # probability of having risen since the run published before


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


class NeedDraws(Base):
    """Joint draws of persons in need of one group, all areas in the order of `need`; packed."""

    __tablename__ = "need_draws"
    __table_args__ = SCHEMA

    run_id: Mapped[int] = mapped_column(ForeignKey("plan.runs.id", ondelete="CASCADE"), primary_key=True)
    grp: Mapped[str] = mapped_column(primary_key=True)
    draws: Mapped[int]
    scale: Mapped[float]  # one step of the payload, in sds of an area
    payload: Mapped[bytes]


class Zone(Base):
    """Which contiguous risk zone an area belongs to."""

    __tablename__ = "zones"
    __table_args__ = (Index("ix_zones_run_id", "run_id"), SCHEMA)

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("plan.runs.id", ondelete="CASCADE"))
    area_code: Mapped[str]
    zone: Mapped[int]


class Plan(Base):
    """A named plan of centres; what it says is in its versions."""

    __tablename__ = "plans"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'sent', 'published', 'withdrawn')", name="state"),
        SCHEMA,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[dt.datetime]
    created_by: Mapped[str]
    region: Mapped[str]  # service region it is made for, '' = the whole city
    state: Mapped[str]
    copied_from: Mapped[int | None] = mapped_column(ForeignKey("plan.plans.id"))


class PlanVersion(Base):
    """One state of a plan with its proof; never changed: an edit, a new name or an undo adds another."""

    __tablename__ = "plan_versions"
    __table_args__ = (Index("ix_plan_versions_plan_id", "plan_id"), SCHEMA)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.plans.id"))
    before: Mapped[int | None] = mapped_column(ForeignKey("plan.plan_versions.id"))  # where undo leads
    run_id: Mapped[int] = mapped_column(ForeignKey("plan.runs.id"))
    at: Mapped[dt.datetime]
    actor: Mapped[str]
    name: Mapped[str]
    parameters: Mapped[Json]
    result: Mapped[Json]


class Proposal(Base):
    """A plan put forward; signed in the institution's document system, followed here."""

    __tablename__ = "proposals"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'sent', 'returned', 'approved', 'withdrawn')", name="state"),
        Index("ix_proposals_plan_id", "plan_id"),
        SCHEMA,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.plans.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("plan.plan_versions.id"))  # what is proposed
    region: Mapped[str]  # of the plan, '' = the whole city
    created_at: Mapped[dt.datetime]
    created_by: Mapped[str]
    state: Mapped[str]
    chain: Mapped[list[str]] = mapped_column(ARRAY(Text))  # names of the steps, as set when it was drafted
    first: Mapped[int]  # place in the chain of the maker's own step
    place: Mapped[int]  # whose turn it is
    content: Mapped[Json]  # subject, reason, references, annexes


class ProposalStep(Base):
    """One thing that happened to a proposal; never changed."""

    __tablename__ = "proposal_steps"
    __table_args__ = (Index("ix_proposal_steps_proposal_id", "proposal_id"), SCHEMA)

    id: Mapped[int] = mapped_column(primary_key=True)
    proposal_id: Mapped[int] = mapped_column(ForeignKey("plan.proposals.id"))
    at: Mapped[dt.datetime]
    actor: Mapped[str]
    step: Mapped[str]  # name in the chain, '' where it was the maker
    decision: Mapped[str]  # drafted, edited, sent, passed, returned, approved, withdrawn
    reason: Mapped[str]
    ebys_number: Mapped[str]
    ebys_date: Mapped[dt.date | None]
    content: Mapped[Json]
