"""Queries on places: boundaries, areas, population, centres, sites, groups."""

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from geoalchemy2 import WKBElement
from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from app.errors import RefusedError
from app.store.tables.geo import Area, Boundary, Centre, DistrictGroup, Population, Region, Site
from survey.names import NameIndex

Floats = npt.NDArray[np.float64]


def current_boundary(session: Session, *, on: dt.date | None = None) -> Boundary:
    """The boundary version in force, the latest if no day is given.

    Raises
    ------
    RefusedError
        If no areas were loaded.
    """
    query = select(Boundary).order_by(Boundary.valid_from.desc(), Boundary.id.desc())
    if on is not None:
        query = query.where(Boundary.valid_from <= on)
    found = session.scalars(query.limit(1)).first()
    if found is None:
        raise RefusedError("places.no_areas")
    return found


def boundary(session: Session, boundary_id: int) -> Boundary:
    """A boundary version by number."""
    return session.get_one(Boundary, boundary_id)


def name_index(session: Session) -> NameIndex:
    """Names and codes of the current areas, to find them in any spelling."""
    boundary = current_boundary(session)
    query = (
        select(Area.district, Area.name, Area.code).where(Area.boundary_id == boundary.id).order_by(Area.code)
    )
    rows = session.execute(query).all()
    return NameIndex([r.district for r in rows], [r.name for r in rows], [r.code for r in rows])


def area_names(session: Session, boundary_id: int, codes: Sequence[str]) -> dict[str, str]:
    """Name and district of some areas of a boundary version, by code."""
    query = select(Area.code, Area.name, Area.district).where(
        Area.boundary_id == boundary_id, Area.code.in_(codes)
    )
    return {row.code: f"{row.name} ({row.district})" for row in session.execute(query)}


def areas(session: Session, boundary_id: int) -> gpd.GeoDataFrame:
    """Areas of a boundary version in order of code: code, name, district, geometry (EPSG:4326)."""
    query = (
        select(Area.code, Area.name, Area.district, func.ST_AsBinary(Area.geom).label("wkb"))
        .where(Area.boundary_id == boundary_id)
        .order_by(Area.code.collate("C"))
    )
    rows = session.execute(query).all()
    frame = gpd.GeoDataFrame(
        {name: [getattr(row, name) for row in rows] for name in ("code", "name", "district")},
        geometry=shapely.from_wkb([bytes(row.wkb) for row in rows]),
        crs="EPSG:4326",
    )
    return frame


def latest_areas(session: Session) -> gpd.GeoDataFrame:
    """Areas of the boundary version loaded last; empty if there is none."""
    return areas(session, session.scalar(select(func.max(Boundary.id))) or 0)


def has_boundary(session: Session, content_sha: str) -> bool:
    """Whether exactly these areas were loaded before."""
    return session.scalar(select(Boundary.id).where(Boundary.content_sha == content_sha)) is not None


def add_boundary(session: Session, new: Boundary, frame: gpd.GeoDataFrame) -> None:
    """Store a boundary version; `frame` has code, name, district and multipolygons in EPSG:4326."""
    session.add(new)
    session.flush()
    shapes = shapely.to_wkt(np.asarray(frame.geometry.array), rounding_precision=-1)
    columns = zip(frame["code"], frame["name"], frame["district"], shapes, strict=True)
    names = ("boundary_id", "code", "name", "district", "geom")
    rows = [dict(zip(names, (new.id, c, n, d, f"SRID=4326;{wkt}"), strict=True)) for c, n, d, wkt in columns]
    session.execute(insert(Area), rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleCell:
    """Registered persons of one area, sex and age band."""

    code: str
    sex: str
    age_from: int
    age_to: int
    persons: float


def population(session: Session, *, year: int, layer: str = "registered") -> list[PeopleCell]:
    """Population of a year's layer, cell by cell."""
    query = select(Population).where(Population.year == year, Population.layer == layer)
    return [
        PeopleCell(code=p.code, sex=p.sex, age_from=p.age_from, age_to=p.age_to, persons=p.persons)
        for p in session.scalars(query.order_by(Population.code, Population.age_from, Population.sex))
    ]


def latest_population_year(session: Session, *, layer: str = "registered") -> int:
    """The newest year with population.

    Raises
    ------
    RefusedError
        If none was loaded.
    """
    year = session.scalar(select(func.max(Population.year)).where(Population.layer == layer))
    if year is None:
        raise RefusedError("places.no_population", layer=layer)
    return int(year)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A centre or a candidate site; degrees, WGS84."""

    key: str
    name: str
    kind: str  # owner of a centre, ownership of a site
    lon: float
    lat: float
    detail: Mapping[str, object]


def centres(session: Session) -> list[Place]:
    """Existing centres by key."""
    return [
        _place(c.key, c.name, c.owner, c.geom, {"services": c.services, "capacity": c.capacity})
        for c in session.scalars(select(Centre).order_by(Centre.key))
    ]


def region_name(session: Session, region: str) -> str:
    """A service region's name: that of the centre whose key it is, else its own."""
    return session.scalar(select(Centre.name).where(Centre.key == region)) or region


def sites(session: Session) -> list[Place]:
    """Candidate sites by key."""
    names = (
        "rent",
        "step_free",
        "independent",
        "capacity",
        "opening_cost",
        "yearly_cost",
        "staff",
        "decisions",
    )
    return [
        _place(s.key, s.name, s.ownership, s.geom, {name: getattr(s, name) for name in names})
        for s in session.scalars(select(Site).order_by(Site.key))
    ]


def site_areas(session: Session, boundary_id: int) -> dict[str, tuple[str, str]]:
    """Key of each candidate site -> code and district of the area it stands in; none outside."""
    inside = (Area.boundary_id == boundary_id) & func.ST_Contains(Area.geom, Site.geom)
    rows = session.execute(select(Site.key, Area.code, Area.district).join(Area, inside)).all()
    return {row.key: (row.code, row.district) for row in rows}


def regions_stamp(session: Session) -> str:
    """Changes whenever boundaries, centres or loaded service regions do."""
    newest = session.scalar(select(func.max(Boundary.id)))
    own = select(Centre.key, Centre.owner, func.ST_AsText(Centre.geom)).order_by(Centre.key)
    loaded = select(Region.code, Region.region).order_by(Region.code)
    rows = [newest, *map(tuple, session.execute(own)), *map(tuple, session.execute(loaded))]
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def _place(key: str, name: str, kind: str, geom: WKBElement, detail: Mapping[str, object]) -> Place:
    point = shapely.from_wkb(bytes.fromhex(geom.desc))
    lon, lat = float(shapely.get_x(point)), float(shapely.get_y(point))
    return Place(key=key, name=name, kind=kind, lon=lon, lat=lat, detail=detail)


def district_groups(session: Session) -> dict[str, str]:
    """District -> name of its group."""
    return {group.district: group.name for group in session.scalars(select(DistrictGroup))}


def regions(session: Session) -> dict[str, str]:
    """Area code -> service region, as loaded; empty if the city named none."""
    return {region.code: region.region for region in session.scalars(select(Region))}
