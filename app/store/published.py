"""Queries on what is published; every one of them works with the planner's login."""

from collections.abc import Iterable, Sequence
from typing import cast

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.store.tables.agg import (
    About,
    MapArea,
    MapPoint,
    PublishedClass,
    PublishedMap,
    PublishedPlan,
    PublishedRun,
    PublishedZone,
)

MAP_CRS = "EPSG:3857"


def holds(session: Session) -> str:
    """What the store holds: nothing, demonstration or real."""
    return session.scalar(select(About.holds)) or "nothing"


def runs(session: Session) -> Sequence[PublishedRun]:
    """Published runs, the newest first."""
    query = select(PublishedRun).order_by(PublishedRun.published_at.desc(), PublishedRun.run_id.desc())
    return session.scalars(query).all()


def maps(session: Session, run_id: int) -> Sequence[PublishedMap]:
    """Maps of a run by key."""
    query = select(PublishedMap).where(PublishedMap.run_id == run_id)
    return session.scalars(query.order_by(PublishedMap.key.collate("C"))).all()


def classes(session: Session, run_id: int, *, key: str | None = None) -> pd.DataFrame:
    """Rows (key, code, risk_class, reliability, shown, base) of one map, or of all, by key and code."""
    c = PublishedClass
    columns = (c.key, c.area_code.label("code"), c.risk_class, c.reliability, c.shown, c.base)
    query = select(*columns).where(c.run_id == run_id)
    if key is not None:
        query = query.where(c.key == key)
    rows = session.execute(query.order_by(c.key.collate("C"), c.area_code.collate("C"))).all()
    return _frame(rows, [column.key for column in columns]).astype({"risk_class": "Int8"})


def zones(session: Session, run_id: int) -> pd.DataFrame:
    """Rows (code, zone) of a run by code."""
    c = PublishedZone
    query = select(c.area_code, c.zone).where(c.run_id == run_id).order_by(c.area_code.collate("C"))
    return _frame(session.execute(query).all(), ["code", "zone"])


def areas(session: Session, boundary_id: int) -> gpd.GeoDataFrame:
    """Areas of a boundary version by code, in web Mercator."""
    a = MapArea
    columns = (a.code, a.name, a.district, a.population, a.constructed)
    query = select(*columns, func.ST_AsBinary(a.geom)).where(a.boundary_id == boundary_id)
    rows = session.execute(query.order_by(a.code.collate("C"))).all()
    return _geo_frame(rows, [column.key for column in columns])


def area_names(session: Session, boundary_id: int) -> pd.DataFrame:
    """Code, name and district of each area, without its shape."""
    columns = (MapArea.code, MapArea.name, MapArea.district)
    rows = session.execute(select(*columns).where(MapArea.boundary_id == boundary_id)).all()
    return _frame(rows, [column.key for column in columns])


def points(session: Session) -> gpd.GeoDataFrame:
    """Centres and candidate sites by kind and key, in web Mercator."""
    p = MapPoint
    columns = (p.kind, p.key, p.name, p.detail)
    query = select(*columns, func.ST_AsBinary(p.geom)).order_by(p.kind, p.key.collate("C"))
    return _geo_frame(session.execute(query).all(), [column.key for column in columns])


def plans(session: Session, run_id: int) -> Sequence[PublishedPlan]:
    """Published plans of a run, the newest first."""
    query = select(PublishedPlan).where(PublishedPlan.run_id == run_id)
    return session.scalars(query.order_by(PublishedPlan.plan_id.desc())).all()


def _frame(rows: Iterable[Sequence[object]], names: Iterable[str]) -> pd.DataFrame:
    return pd.DataFrame.from_records([tuple(row) for row in rows], columns=list(names))


def _geo_frame(rows: Sequence[Sequence[object]], names: Iterable[str]) -> gpd.GeoDataFrame:
    """The last column is the shape as WKB."""
    shapes = shapely.from_wkb(cast(list[bytes], [row[-1] for row in rows]))
    return gpd.GeoDataFrame(_frame([row[:-1] for row in rows], names), geometry=shapes, crs=MAP_CRS)
