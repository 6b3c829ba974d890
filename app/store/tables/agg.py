"""Schema `agg`: what may be published, already suppressed; frozen copies. All that planners' login reads."""

import datetime as dt

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import CheckConstraint, Index, SmallInteger, UniqueConstraint
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
    # steps only; also where no class is sure enough to be shown
    exceedance: Mapped[int | None] = mapped_column(SmallInteger)  # 1..5: below 5, 20, to 80, above 80, 95 %
    rank_low: Mapped[int | None] = mapped_column(SmallInteger)  # tenths of the areas, 1 = worst
    rank_high: Mapped[int | None] = mapped_column(SmallInteger)
    cluster: Mapped[int | None] = mapped_column(SmallInteger)  # 1 = most likely
    rose: Mapped[int | None] = mapped_column(SmallInteger)  # 1..5 as `exceedance`


class PublishedZone(Base):
    """Zone of an area in a published run."""

    __tablename__ = "zones"
    __table_args__ = SCHEMA

    run_id: Mapped[int] = mapped_column(primary_key=True)
    area_code: Mapped[str] = mapped_column(primary_key=True)
    zone: Mapped[int]


class ZoneShape(Base):
    """Outline of a risk zone of a published run, in web Mercator."""

    __tablename__ = "zone_shapes"
    __table_args__ = SCHEMA

    run_id: Mapped[int] = mapped_column(primary_key=True)
    zone: Mapped[int] = mapped_column(primary_key=True)
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=3857, spatial_index=False))


class MapBoundary(Base):
    """A version of boundaries that a map was published with; never changes."""

    __tablename__ = "boundaries"
    __table_args__ = SCHEMA

    boundary_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str]  # of all shapes: the address of a tile names it, so that a cached tile is never stale
    areas: Mapped[int]


class MapDistrict(Base):
    """A district's outline and where its name stands, in web Mercator; dissolved once a boundary version."""

    __tablename__ = "districts"
    __table_args__ = (Index("ix_agg_districts_geom", "geom", postgresql_using="gist"), SCHEMA)

    boundary_id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)  # 0 is the largest
    name: Mapped[str]
    label: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=3857, spatial_index=False))
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=3857, spatial_index=False))


class MapArea(Base):
    """An area's shape for tiles, in web Mercator."""

    __tablename__ = "areas"
    __table_args__ = (
        UniqueConstraint("boundary_id", "place"),
        Index("ix_agg_areas_geom", "geom", postgresql_using="gist"),
        SCHEMA,
    )

    boundary_id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[int]  # 0, 1, ... by code: what a tile calls the area
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
