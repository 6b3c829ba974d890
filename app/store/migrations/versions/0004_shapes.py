"""Shapes for tiles: numbered areas, dissolved districts and zones."""

import geoalchemy2
import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NUMBER = """
UPDATE agg.areas a SET place = n.place FROM (
    SELECT boundary_id, code, row_number() OVER (PARTITION BY boundary_id ORDER BY code COLLATE "C") - 1 AS place
    FROM agg.areas
) n WHERE a.boundary_id = n.boundary_id AND a.code = n.code
"""
BOUNDARIES = """
INSERT INTO agg.boundaries (boundary_id, digest, areas)
SELECT boundary_id, md5(string_agg(md5(code || postgis.ST_AsBinary(geom)::text), '' ORDER BY place)), count(*)
FROM agg.areas GROUP BY boundary_id
"""
DISTRICTS = """
INSERT INTO agg.districts (boundary_id, place, name, label, geom)
SELECT boundary_id,
    row_number() OVER (PARTITION BY boundary_id ORDER BY postgis.ST_Area(geom) DESC, district COLLATE "C") - 1,
    district, postgis.ST_PointOnSurface(geom), postgis.ST_Multi(geom)
FROM (
    SELECT boundary_id, district, postgis.ST_CollectionExtract(postgis.ST_Union(postgis.ST_MakeValid(geom)), 3) AS geom
    FROM agg.areas GROUP BY boundary_id, district
) dissolved
"""
ZONES = """
INSERT INTO agg.zone_shapes (run_id, zone, geom)
SELECT z.run_id, z.zone, postgis.ST_Multi(postgis.ST_CollectionExtract(postgis.ST_Union(postgis.ST_MakeValid(a.geom)), 3))
FROM agg.zones z JOIN agg.runs r ON r.run_id = z.run_id
JOIN agg.areas a ON a.boundary_id = r.boundary_id AND a.code = z.area_code
GROUP BY z.run_id, z.zone
"""


def _shape(name: str, kind: str) -> sa.Column[object]:
    geometry = geoalchemy2.types.Geometry(
        geometry_type=kind,
        srid=3857,
        dimension=2,
        spatial_index=False,
        from_text="ST_GeomFromEWKT",
        name="geometry",
        nullable=False,
    )
    return sa.Column(name, geometry, nullable=False)


def upgrade() -> None:
    op.create_table(
        "boundaries",
        sa.Column("boundary_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("areas", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("boundary_id", name=op.f("pk_boundaries")),
        schema="agg",
    )
    op.create_table(
        "districts",
        sa.Column("boundary_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        _shape("label", "POINT"),
        _shape("geom", "MULTIPOLYGON"),
        sa.PrimaryKeyConstraint("boundary_id", "place", name=op.f("pk_districts")),
        schema="agg",
    )
    op.create_index(
        "ix_agg_districts_geom", "districts", ["geom"], unique=False, schema="agg", postgresql_using="gist"
    )
    op.create_table(
        "zone_shapes",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("zone", sa.Integer(), autoincrement=False, nullable=False),
        _shape("geom", "MULTIPOLYGON"),
        sa.PrimaryKeyConstraint("run_id", "zone", name=op.f("pk_zone_shapes")),
        schema="agg",
    )
    op.add_column("areas", sa.Column("place", sa.Integer(), nullable=True), schema="agg")
    for statement in (NUMBER, BOUNDARIES, DISTRICTS, ZONES):
        op.execute(statement)
    op.alter_column("areas", "place", nullable=False, schema="agg")
    op.create_unique_constraint(
        op.f("uq_areas_boundary_id_place"), "areas", ["boundary_id", "place"], schema="agg"
    )


def downgrade() -> None:
    op.drop_constraint(op.f("uq_areas_boundary_id_place"), "areas", schema="agg", type_="unique")
    op.drop_column("areas", "place", schema="agg")
    op.drop_table("zone_shapes", schema="agg")
    op.drop_index("ix_agg_districts_geom", table_name="districts", schema="agg", postgresql_using="gist")
    op.drop_table("districts", schema="agg")
    op.drop_table("boundaries", schema="agg")
