"""Schema `geo`: places and population, not personal."""

import datetime as dt

from geoalchemy2 import Geometry, WKBElement
from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.store.tables.base import Base, Json

SCHEMA = {"schema": "geo"}


class Boundary(Base):
    """One dated boundary version of the whole city."""

    __tablename__ = "boundaries"
    __table_args__ = SCHEMA

    id: Mapped[int] = mapped_column(primary_key=True)
    code_system: Mapped[str]
    valid_from: Mapped[dt.date]
    valid_to: Mapped[dt.date | None]
    source: Mapped[str]
    constructed: Mapped[bool]  # boundaries made for a demonstration, not official: said on every output
    metric_epsg: Mapped[int]
    content_sha: Mapped[str] = mapped_column(unique=True)
    report: Mapped[Json]
    loaded_at: Mapped[dt.datetime]


class Area(Base):
    """One neighbourhood of one boundary version."""

    __tablename__ = "areas"
    __table_args__ = (
        UniqueConstraint("boundary_id", "code"),
        Index("ix_areas_geom", "geom", postgresql_using="gist"),
        SCHEMA,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    boundary_id: Mapped[int] = mapped_column(ForeignKey("geo.boundaries.id"))
    code: Mapped[str]
    name: Mapped[str]
    district: Mapped[str]
    geom: Mapped[WKBElement] = mapped_column(Geometry("MULTIPOLYGON", srid=4326, spatial_index=False))


class AreaLink(Base):
    """A share of an old area's people that a newer area holds (merge, split, rename)."""

    __tablename__ = "crosswalk"
    __table_args__ = (
        CheckConstraint("share > 0 AND share <= 1", name="share"),
        UniqueConstraint("valid_from", "old_code", "new_code"),
        SCHEMA,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    valid_from: Mapped[dt.date]
    old_code: Mapped[str]
    new_code: Mapped[str]
    share: Mapped[float]


class Population(Base):
    """Registered people of one area, year, sex and age band."""

    __tablename__ = "population"
    __table_args__ = (
        UniqueConstraint("year", "layer", "code", "sex", "age_from", "age_to"),
        CheckConstraint("persons >= 0", name="persons"),
        SCHEMA,
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    layer: Mapped[str]  # "registered" unless the file names another
    code: Mapped[str]
    sex: Mapped[str]  # all, female, male
    age_from: Mapped[int]
    age_to: Mapped[int]  # 999: and older
    persons: Mapped[float]


class Region(Base):
    """Which service region answers for an area."""

    __tablename__ = "regions"
    __table_args__ = SCHEMA

    code: Mapped[str] = mapped_column(primary_key=True)
    region: Mapped[str]


class DistrictGroup(Base):
    """East, west, centre: named groups of districts."""

    __tablename__ = "district_groups"
    __table_args__ = SCHEMA

    district: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class Centre(Base):
    """A social service centre that exists, ours or another institution's."""

    __tablename__ = "centres"
    __table_args__ = SCHEMA

    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    owner: Mapped[str]  # own, ministry, district, other
    services: Mapped[list[str]] = mapped_column(ARRAY(Text))
    capacity: Mapped[float | None]
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))


class Site(Base):
    """A building or plot where a centre could open."""

    __tablename__ = "sites"
    __table_args__ = SCHEMA

    key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    ownership: Mapped[str]  # own, allotted, rented
    rent: Mapped[float | None]
    step_free: Mapped[bool | None]
    independent: Mapped[bool | None]
    capacity: Mapped[float | None]
    opening_cost: Mapped[float | None]  # once
    yearly_cost: Mapped[float | None]  # running it, staff included, rent not
    staff: Mapped[float | None]
    decisions: Mapped[str]
    geom: Mapped[WKBElement] = mapped_column(Geometry("POINT", srid=4326, spatial_index=False))
