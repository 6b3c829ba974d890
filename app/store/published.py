"""Queries on what is published; every one of them works with the planner's login."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, cast

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import func, select, text, tuple_
from sqlalchemy.orm import Session

from app.store.tables.agg import (
    About,
    MapArea,
    MapBoundary,
    MapDistrict,
    MapPoint,
    PublishedClass,
    PublishedMap,
    PublishedPlan,
    PublishedRun,
    PublishedZone,
)

MAP_CRS = "EPSG:3857"
STEPS = ("exceedance", "rank_low", "rank_high", "cluster", "rose")  # of `PublishedClass`; none is a number


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
    """Rows of one map or all, by key and code: key, code, risk_class, reliability, shown, base, `STEPS`."""
    c = PublishedClass
    columns = (c.key, c.area_code.label("code"), c.risk_class, c.reliability, c.shown, c.base)
    columns += tuple(getattr(c, name) for name in STEPS)
    query = select(*columns).where(c.run_id == run_id)
    if key is not None:
        query = query.where(c.key == key)
    rows = session.execute(query.order_by(c.key.collate("C"), c.area_code.collate("C"))).all()
    return _frame(rows, [column.key for column in columns]).astype(
        dict.fromkeys(("risk_class", *STEPS), "Int8")
    )


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


class ClassRow(NamedTuple):
    """One area on one map."""

    risk_class: int | None
    reliability: str
    shown: str
    base: str
    exceedance: int | None = None
    rank_low: int | None = None
    rank_high: int | None = None
    cluster: int | None = None
    rose: int | None = None


def classes_of(session: Session, run_id: int, codes: Mapping[str, str]) -> dict[str, ClassRow]:
    """By key of map, the row of the code asked for it; maps without such a row are left out."""
    c = PublishedClass
    columns = (getattr(c, name) for name in ClassRow._fields)
    query = select(c.key, *columns).where(
        c.run_id == run_id, tuple_(c.key, c.area_code).in_(list(codes.items()))
    )
    return {row[0]: ClassRow(*row[1:]) for row in session.execute(query)}


def zone_of(session: Session, run_id: int, code: str) -> int | None:
    """Zone of an area in a run."""
    c = PublishedZone
    return session.scalar(select(c.zone).where(c.run_id == run_id, c.area_code == code))


def boundary_digest(session: Session, boundary_id: int) -> str | None:
    """Digest of a boundary version's shapes; None if nothing was published with it."""
    return session.scalar(select(MapBoundary.digest).where(MapBoundary.boundary_id == boundary_id))


GAZETTEER = """
SELECT code, name, district, dense_rank() OVER (ORDER BY name COLLATE "tr-x-icu"),
    dense_rank() OVER (ORDER BY district COLLATE "tr-x-icu")
FROM agg.areas WHERE boundary_id = :boundary ORDER BY place
"""


def gazetteer(session: Session, boundary_id: int) -> tuple[str, Sequence[Sequence[object]]]:
    """Digest, and rows (code, name, district, Turkish rank of name and of district) in order of place."""
    rows = session.execute(text(GAZETTEER), {"boundary": boundary_id}).all()
    return boundary_digest(session, boundary_id) or "", [tuple(row) for row in rows]


LAYER = """
SELECT string_agg(coalesce(c.risk_class, 0)::text, '' ORDER BY a.place),
    string_agg(coalesce(c.reliability, '.'), '' ORDER BY a.place),
    string_agg(coalesce(left(c.shown, 1), '.'), '' ORDER BY a.place),
    string_agg(CASE WHEN c.base LIKE '%+' THEN '+' WHEN c.base LIKE '<%' THEN '<'
        WHEN c.base IS NULL THEN '.' ELSE '0' END, '' ORDER BY a.place),
    coalesce(max(btrim(c.base, '+<')) FILTER (WHERE c.base <> '0'), '')
FROM agg.areas a JOIN agg.runs r ON r.boundary_id = a.boundary_id
LEFT JOIN agg.classes c ON c.run_id = r.run_id AND c.key = :key
    AND c.area_code = CASE WHEN :by_district THEN '@' || a.district ELSE a.code END
WHERE r.run_id = :run
"""


def layer(session: Session, run_id: int, key: str, *, by_district: bool) -> tuple[str, str, str, str, str]:
    """One map as strings of a character an area by place, and its smallest base.

    The strings: class (0 none), reliability, what is shown (c, m, i), base (+ < 0); `.` without a row.
    """
    values = {"run": run_id, "key": key, "by_district": by_district}
    level, grade, how, base, least = session.execute(text(LAYER), values).one()
    return level or "", grade or "", how or "", base or "", least


SURE = """
SELECT string_agg(CASE WHEN c.shown IS NULL THEN '.' ELSE coalesce(c.exceedance::text, '0') END, ''
        ORDER BY a.place),
    string_agg(coalesce(to_hex(c.rank_low::int), '-'), '' ORDER BY a.place),
    string_agg(coalesce(to_hex(c.rank_high::int), '-'), '' ORDER BY a.place),
    string_agg(CASE WHEN c.cluster > 9 THEN '9' ELSE coalesce(c.cluster::text, '-') END, '' ORDER BY a.place),
    string_agg(coalesce(c.rose::text, '-'), '' ORDER BY a.place)
FROM agg.areas a JOIN agg.runs r ON r.boundary_id = a.boundary_id
LEFT JOIN agg.classes c ON c.run_id = r.run_id AND c.key = :key
    AND c.area_code = CASE WHEN :by_district THEN '@' || a.district ELSE a.code END
WHERE r.run_id = :run
"""


def sure(session: Session, run_id: int, key: str, *, by_district: bool) -> tuple[str, str, str, str, str]:
    """How sure one map is, as strings of a character an area by place; `-` where it says nothing.

    The strings: step of the chance (0 no estimate, `.` without a row), lower and upper tenth of the rank
    (`a` is the tenth), number of the cluster (9 is the ninth or a later one), step of having risen.
    """
    values = {"run": run_id, "key": key, "by_district": by_district}
    found = session.execute(text(SURE), values).one()
    chance, low, high, cluster, rose = (part or "" for part in found)
    return chance, low, high, cluster, rose


def area_at(session: Session, boundary_id: int, x: float, y: float) -> str | None:
    """Code of the area under a point of web Mercator; the first of those that share an edge there."""
    spot = func.ST_SetSRID(func.ST_MakePoint(x, y), 3857)
    query = select(MapArea.code).where(
        MapArea.boundary_id == boundary_id, func.ST_Intersects(MapArea.geom, spot)
    )
    return session.scalar(query.order_by(MapArea.place).limit(1))


def spots(session: Session, kinds: Sequence[str]) -> Sequence[tuple[str, str, str, float, float]]:
    """Kind, key, name, x, y in web Mercator of the places of some kinds."""
    p = MapPoint
    query = select(p.kind, p.key, p.name, func.ST_X(p.geom), func.ST_Y(p.geom)).where(p.kind.in_(kinds))
    rows = session.execute(query.order_by(p.kind, p.key.collate("C"))).all()
    return [(kind, key, name, float(x), float(y)) for kind, key, name, x, y in rows]


def extent(
    session: Session, boundary_id: int, *, district: str = "", code: str = ""
) -> tuple[float, float, float, float] | None:
    """West, south, east, north in web Mercator of an area, a district, or all; None if there is no such."""
    of = MapArea if code else MapDistrict
    box = func.ST_Extent(of.geom)
    edges = (func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box))
    query = select(*edges).where(of.boundary_id == boundary_id)
    if code:
        query = query.where(MapArea.code == code)
    elif district:
        query = query.where(MapDistrict.name == district)
    west, south, east, north = session.execute(query).one()
    return None if west is None else (west, south, east, north)


def _frame(rows: Iterable[Sequence[object]], names: Iterable[str]) -> pd.DataFrame:
    return pd.DataFrame.from_records([tuple(row) for row in rows], columns=list(names))


def _geo_frame(rows: Sequence[Sequence[object]], names: Iterable[str]) -> gpd.GeoDataFrame:
    """The last column is the shape as WKB."""
    shapes = shapely.from_wkb(cast(list[bytes], [row[-1] for row in rows]))
    return gpd.GeoDataFrame(_frame([row[:-1] for row in rows], names), geometry=shapes, crs=MAP_CRS)
