"""Vector tiles of what is published, made by PostGIS with the planner's login: geometry and a number."""

import math
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

WORLD_M = 2 * math.pi * 6_378_137.0
EXTENT, BUFFER = 4096, 64  # units a side, and drawn beyond it, so that no edge shows at the seam
SIDE_PIXELS = 256
FINEST_PIXELS, COARSE_PIXELS, COARSE_BELOW = 0.25, 0.6, 8  # detail smaller than this is not sent


class Square(NamedTuple):
    """A tile's address: zoom, column from the west, row from the north."""

    z: int
    x: int
    y: int

    @property
    def detail_m(self) -> float:
        """Smallest detail sent, in units of web Mercator."""
        pixels = COARSE_PIXELS if self.z < COARSE_BELOW else FINEST_PIXELS
        return WORLD_M / float(2**self.z) / SIDE_PIXELS * pixels


_BOX = """WITH box AS (SELECT ST_TileEnvelope(:z, :x, :y) AS seen,
    ST_TileEnvelope(:z, :x, :y, margin => :margin) AS drawn)"""
_DRAWN = "ST_AsMVTGeom({}, box.seen, :extent, :buffer, true)"
_SIMPLE = _DRAWN.format("ST_Simplify(geom, :detail, true)")

_AREAS = f"""
{_BOX}, shapes AS (
    SELECT place, {_SIMPLE} AS shape FROM agg.areas, box
    WHERE boundary_id = :number AND geom && box.drawn
)
SELECT ST_AsMVT(shapes, 'areas', :extent, 'shape', 'place') FROM shapes WHERE shape IS NOT NULL
"""  # noqa: S608 nothing but constants above is put in

_DISTRICTS = f"""
{_BOX}, shapes AS (
    SELECT place, {_SIMPLE} AS shape FROM agg.districts, box
    WHERE boundary_id = :number AND geom && box.drawn
), spots AS (
    SELECT place, name, ST_AsMVTGeom(label, box.seen, :extent, 0, true) AS shape FROM agg.districts, box
    WHERE boundary_id = :number AND label && box.seen
)
SELECT (SELECT ST_AsMVT(shapes, 'districts', :extent, 'shape', 'place') FROM shapes WHERE shape IS NOT NULL)
    || (SELECT ST_AsMVT(spots, 'names', :extent, 'shape', 'place') FROM spots WHERE shape IS NOT NULL)
"""  # noqa: S608 nothing but constants above is put in

_ZONES = f"""
{_BOX}, shapes AS (
    SELECT zone, {_SIMPLE} AS shape FROM agg.zone_shapes, box
    WHERE run_id = :number AND geom && box.drawn
)
SELECT ST_AsMVT(shapes, 'zones', :extent, 'shape', 'zone') FROM shapes WHERE shape IS NOT NULL
"""  # noqa: S608 nothing but constants above is put in


def areas(session: Session, boundary_id: int, square: Square) -> bytes:
    """Areas of a boundary version: geometry, and the place as the feature's id."""
    return _draw(session, _AREAS, boundary_id, square)


def districts(session: Session, boundary_id: int, square: Square) -> bytes:
    """Districts of a boundary version: outlines, and names as points."""
    return _draw(session, _DISTRICTS, boundary_id, square)


def zones(session: Session, run_id: int, square: Square) -> bytes:
    """Zones of a run: outlines, and the zone's number as the feature's id."""
    return _draw(session, _ZONES, run_id, square)


def _draw(session: Session, statement: str, number: int, square: Square) -> bytes:
    values = {
        "number": number,
        "extent": EXTENT,
        "buffer": BUFFER,
        "margin": BUFFER / EXTENT,
        "detail": square.detail_m,
        **square._asdict(),
    }
    words = text(statement)
    found = session.execute(words, {name: values[name] for name in words._bindparams}).scalar()
    return bytes(found or b"")
