"""Schema `agg`: what may be published, already suppressed; frozen copies. All that planners' login reads."""

import datetime as dt

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base, Json

SCHEMA = {"schema": "agg"}


class About(Base):
    """What this store holds; one row."""

    __tablename__ = "about"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("holds IN ('nothing', 'demonstration', 'real')", name="holds"),
        SCHEMA,
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holds: Mapped[str]


class PublishedRun(Base):
    """A frozen published risk map."""

    __tablename__ = "runs"
    __table_args__ = SCHEMA

    run_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    title: Mapped[str]
    year: Mapped[int]
    boundary_id: Mapped[int]
    published_at: Mapped[dt.datetime]
    approved_by: Mapped[str]
    is_current: Mapped[bool]
    is_simulation: Mapped[bool]


class PublishedMap(Base):
    """One map of a published run; its definition without any neighbourhood's number."""

    __tablename__ = "maps"
    __table_args__ = SCHEMA

    run_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    topic: Mapped[str]
    indicator: Mapped[str]
    grp: Mapped[str]
    sex: Mapped[str]
    year: Mapped[int]
    definition: Mapped[Json]


class PublishedClass(Base):
    """One area's class of five and its reliability."""

    __tablename__ = "classes"
    __table_args__ = SCHEMA

    run_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    area_code: Mapped[str] = mapped_column(primary_key=True)
    risk_class: Mapped[int | None]
    reliability: Mapped[str]
    shown: Mapped[str]
    base: Mapped[str]  # "20+", "<20" or "0" households or cases: never the count


class PublishedZone(Base):
    """Zone of an area in a published run."""

    __tablename__ = "zones"
    __table_args__ = SCHEMA

    run_id: Mapped[int] = mapped_column(primary_key=True)
    area_code: Mapped[str] = mapped_column(primary_key=True)
    zone: Mapped[int]


class MapArea(Base):
    """An area's shape for tiles, in web Mercator."""

    __tablename__ = "areas"
    __table_args__ = (Index("ix_agg_areas_geom", "geom", postgresql_using="gist"), SCHEMA)

    boundary_id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    district: Mapped[str]
    population: Mapped[float | None]
    constructed: Mapped[bool]
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=3857, spatial_index=False))


class MapPoint(Base):
    """A centre or a candidate site."""

    __tablename__ = "points"
    __table_args__ = SCHEMA

    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    detail: Mapped[Json]
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=3857, spatial_index=False))


class PublishedPlan(Base):
    """A published plan of centres."""

    __tablename__ = "plans"
    __table_args__ = SCHEMA

    plan_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    run_id: Mapped[int]
    result: Mapped[Json]
