"""What tiles draw, derived once when it is published: numbered areas, dissolved districts and zones.

Everything here is done once a boundary version or run, with the refresh login, and never again.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

_ADD_AREAS = """
INSERT INTO agg.areas (boundary_id, code, place, name, district, population, constructed, geom)
SELECT a.boundary_id, a.code, row_number() OVER (ORDER BY a.code COLLATE "C") - 1, a.name, a.district,
    p.persons, b.constructed, ST_Transform(a.geom, 3857)
FROM geo.areas a JOIN geo.boundaries b ON b.id = a.boundary_id
JOIN plan.runs r ON r.boundary_id = a.boundary_id
LEFT JOIN (SELECT area_code, population AS persons FROM plan.need WHERE run_id = :run AND grp = 'all') p
    ON p.area_code = a.code
WHERE r.id = :run
ON CONFLICT (boundary_id, code) DO UPDATE SET population = excluded.population
"""

_ADD_BOUNDARY = """
INSERT INTO agg.boundaries (boundary_id, digest, areas)
SELECT boundary_id, md5(string_agg(md5(code || ST_AsBinary(geom)::text), '' ORDER BY place)), count(*)
FROM agg.areas WHERE boundary_id = :boundary GROUP BY boundary_id
ON CONFLICT DO NOTHING
"""

_ADD_DISTRICTS = """
INSERT INTO agg.districts (boundary_id, place, name, label, geom)
SELECT :boundary, row_number() OVER (ORDER BY ST_Area(geom) DESC, district COLLATE "C") - 1, district,
    ST_PointOnSurface(geom), ST_Multi(geom)
FROM (
    SELECT district, ST_CollectionExtract(ST_Union(ST_MakeValid(geom)), 3) AS geom FROM agg.areas
    WHERE boundary_id = :boundary
        AND NOT EXISTS (SELECT FROM agg.districts WHERE boundary_id = :boundary)
    GROUP BY district
) dissolved
"""

_ADD_ZONES = """
INSERT INTO agg.zone_shapes (run_id, zone, geom)
SELECT z.run_id, z.zone, ST_Multi(ST_CollectionExtract(ST_Union(ST_MakeValid(a.geom)), 3))
FROM agg.zones z JOIN agg.runs r ON r.run_id = z.run_id
JOIN agg.areas a ON a.boundary_id = r.boundary_id AND a.code = z.area_code
WHERE z.run_id = :run GROUP BY z.run_id, z.zone
ON CONFLICT DO NOTHING
"""


def publish_areas(session: Session, run_id: int) -> None:
    """Copy the areas of a run's boundary version into `agg`, numbered by code."""
    session.execute(text(_ADD_AREAS), {"run": run_id})


def derive(session: Session, *, boundary_id: int, run_id: int) -> None:
    """Dissolve districts and zones of what `agg` holds, and note the digest of the shapes.

    Parameters
    ----------
    boundary_id : its areas are in `agg.areas`; what was derived before stays
    run_id : its zones are in `agg.zones`
    """
    session.execute(text(_ADD_BOUNDARY), {"boundary": boundary_id})
    session.execute(text(_ADD_DISTRICTS), {"boundary": boundary_id})
    session.execute(text(_ADD_ZONES), {"run": run_id})
