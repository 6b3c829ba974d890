"""First schema."""

import geoalchemy2
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "about",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holds", sa.Text(), nullable=False),
        sa.CheckConstraint("holds IN ('nothing', 'demonstration', 'real')", name=op.f("ck_about_holds")),
        sa.CheckConstraint("id = 1", name=op.f("ck_about_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_about")),
        schema="agg",
    )
    op.create_table(
        "areas",
        sa.Column("boundary_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("population", sa.Double(), nullable=True),
        sa.Column("constructed", sa.Boolean(), nullable=False),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("boundary_id", "code", name=op.f("pk_areas")),
        schema="agg",
    )
    op.create_index(
        "ix_agg_areas_geom", "areas", ["geom"], unique=False, schema="agg", postgresql_using="gist"
    )
    op.create_table(
        "classes",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("risk_class", sa.Integer(), nullable=True),
        sa.Column("reliability", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("base", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "key", "area_code", name=op.f("pk_classes")),
        schema="agg",
    )
    op.create_table(
        "maps",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("grp", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "key", name=op.f("pk_maps")),
        schema="agg",
    )
    op.create_table(
        "plans",
        sa.Column("plan_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_plans")),
        schema="agg",
    )
    op.create_table(
        "points",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type="POINT",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_points")),
        schema="agg",
    )
    op.create_table(
        "runs",
        sa.Column("run_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("boundary_id", sa.Integer(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("is_current", sa.Boolean(), nullable=False),
        sa.Column("is_simulation", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_runs")),
        schema="agg",
    )
    op.create_table(
        "zones",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("zone", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "area_code", name=op.f("pk_zones")),
        schema="agg",
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        schema="audit",
    )
    op.create_table(
        "boundaries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code_system", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("constructed", sa.Boolean(), nullable=False),
        sa.Column("metric_epsg", sa.Integer(), nullable=False),
        sa.Column("content_sha", sa.Text(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boundaries")),
        sa.UniqueConstraint("content_sha", name=op.f("uq_boundaries_content_sha")),
        schema="geo",
    )
    op.create_table(
        "centres",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("services", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("capacity", sa.Double(), nullable=True),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_centres")),
        schema="geo",
    )
    op.create_table(
        "crosswalk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("old_code", sa.Text(), nullable=False),
        sa.Column("new_code", sa.Text(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.CheckConstraint("share > 0 AND share <= 1", name=op.f("ck_crosswalk_share")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crosswalk")),
        sa.UniqueConstraint(
            "valid_from", "old_code", "new_code", name=op.f("uq_crosswalk_valid_from_old_code_new_code")
        ),
        schema="geo",
    )
    op.create_table(
        "district_groups",
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("district", name=op.f("pk_district_groups")),
        schema="geo",
    )
    op.create_table(
        "population",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("age_from", sa.Integer(), nullable=False),
        sa.Column("age_to", sa.Integer(), nullable=False),
        sa.Column("persons", sa.Double(), nullable=False),
        sa.CheckConstraint("persons >= 0", name=op.f("ck_population_persons")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_population")),
        sa.UniqueConstraint(
            "year",
            "layer",
            "code",
            "sex",
            "age_from",
            "age_to",
            name=op.f("uq_population_year_layer_code_sex_age_from_age_to"),
        ),
        schema="geo",
    )
    op.create_table(
        "regions",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_regions")),
        schema="geo",
    )
    op.create_table(
        "sites",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ownership", sa.Text(), nullable=False),
        sa.Column("rent", sa.Double(), nullable=True),
        sa.Column("step_free", sa.Boolean(), nullable=True),
        sa.Column("independent", sa.Boolean(), nullable=True),
        sa.Column("capacity", sa.Double(), nullable=True),
        sa.Column("decisions", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sites")),
        schema="geo",
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("wrap_key", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("match_key", sa.Text(), nullable=True),
        sa.Column("match_code", sa.LargeBinary(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        schema="ident",
    )
    op.create_index("uq_persons_match_code", "persons", ["match_code"], unique=True, schema="ident")
    op.create_table(
        "raw",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("wrap_key", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_raw")),
        schema="ident",
    )
    op.create_index("ix_raw_record_id", "raw", ["record_id"], unique=False, schema="ident")
    op.create_table(
        "indicators",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_indicators")),
        schema="plan",
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_sha", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
        schema="survey",
    )
    op.create_table(
        "batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("file_sha", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        schema="survey",
    )
    op.create_index(op.f("ix_batches_file_sha"), "batches", ["file_sha"], unique=False, schema="survey")
    op.create_table(
        "case_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("replaced_by", sa.Integer(), nullable=False),
        sa.Column("record", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_history")),
        sa.UniqueConstraint("case_id", "version", name=op.f("uq_case_history_case_id_version")),
        schema="survey",
    )
    op.create_table(
        "forms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("form_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("content_sha", sa.Text(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forms")),
        sa.UniqueConstraint("form_id", "version", name=op.f("uq_forms_form_id_version")),
        schema="survey",
    )
    op.create_table(
        "household_history",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("replaced_by", sa.Integer(), nullable=False),
        sa.Column("record", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household_history")),
        sa.UniqueConstraint(
            "household_id", "version", name=op.f("uq_household_history_household_id_version")
        ),
        schema="survey",
    )
    op.create_table(
        "mappings",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_mappings")),
        schema="survey",
    )
    op.create_table(
        "areas",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("boundary_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            geoalchemy2.types.Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["boundary_id"], ["geo.boundaries.id"], name=op.f("fk_areas_boundary_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_areas")),
        sa.UniqueConstraint("boundary_id", "code", name=op.f("uq_areas_boundary_id_code")),
        schema="geo",
    )
    op.create_index("ix_areas_geom", "areas", ["geom"], unique=False, schema="geo", postgresql_using="gist")
    op.create_table(
        "details",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["ident.persons.id"], name=op.f("fk_details_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_details")),
        schema="ident",
    )
    op.create_index(op.f("ix_details_person_id"), "details", ["person_id"], unique=False, schema="ident")
    op.create_index("ix_details_record_id", "details", ["record_id"], unique=False, schema="ident")
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("boundary_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("inputs_sha", sa.Text(), nullable=False),
        sa.Column("tables_sha", sa.Text(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("seconds", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_simulation", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'checked', 'approved', 'published', 'superseded')", name=op.f("ck_runs_state")
        ),
        sa.ForeignKeyConstraint(["boundary_id"], ["geo.boundaries.id"], name=op.f("fk_runs_boundary_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        schema="plan",
    )
    op.create_index(
        "uq_runs_published",
        "runs",
        ["state"],
        unique=True,
        schema="plan",
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "campaigns",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("form_id", sa.Integer(), nullable=False),
        sa.Column("is_simulation", sa.Boolean(), nullable=False),
        sa.CheckConstraint("kind IN ('sample', 'complete', 'targeted')", name=op.f("ck_campaigns_kind")),
        sa.ForeignKeyConstraint(["form_id"], ["survey.forms.id"], name=op.f("fk_campaigns_form_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("key", name=op.f("uq_campaigns_key")),
        schema="survey",
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("content_sha", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("boundary_id", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("priority", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("is_simulation", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["survey.batches.id"], name=op.f("fk_cases_batch_id")),
        sa.ForeignKeyConstraint(["boundary_id"], ["geo.boundaries.id"], name=op.f("fk_cases_boundary_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("source_key", name=op.f("uq_cases_source_key")),
        schema="survey",
    )
    op.create_index("ix_cases_area_code", "cases", ["area_code"], unique=False, schema="survey")
    op.create_table(
        "maps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("grp", sa.Text(), nullable=False),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("definition", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["plan.runs.id"], name=op.f("fk_maps_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_maps")),
        sa.UniqueConstraint("run_id", "key", name=op.f("uq_maps_run_id_key")),
        schema="plan",
    )
    op.create_table(
        "need",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("grp", sa.Text(), nullable=False),
        sa.Column("population", sa.Double(), nullable=False),
        sa.Column("persons", sa.Double(), nullable=False),
        sa.Column("lower", sa.Double(), nullable=False),
        sa.Column("upper", sa.Double(), nullable=False),
        sa.Column("visits", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["plan.runs.id"], name=op.f("fk_need_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_need")),
        schema="plan",
    )
    op.create_index("ix_need_run_id", "need", ["run_id"], unique=False, schema="plan")
    op.create_table(
        "plans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("parameters", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["plan.runs.id"], name=op.f("fk_plans_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        schema="plan",
    )
    op.create_table(
        "run_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["plan.runs.id"], name=op.f("fk_run_steps_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run_steps")),
        schema="plan",
    )
    op.create_table(
        "zones",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("zone", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["plan.runs.id"], name=op.f("fk_zones_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zones")),
        schema="plan",
    )
    op.create_index("ix_zones_run_id", "zones", ["run_id"], unique=False, schema="plan")
    op.create_table(
        "households",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("content_sha", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("boundary_id", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("stratum", sa.Text(), nullable=False),
        sa.Column("block", sa.Text(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("household", sa.Text(), nullable=False),
        sa.Column("superseded", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("roster", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.CheckConstraint("weight >= 0", name=op.f("ck_households_weight")),
        sa.ForeignKeyConstraint(["batch_id"], ["survey.batches.id"], name=op.f("fk_households_batch_id")),
        sa.ForeignKeyConstraint(
            ["boundary_id"], ["geo.boundaries.id"], name=op.f("fk_households_boundary_id")
        ),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["survey.campaigns.id"], name=op.f("fk_households_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_households")),
        sa.UniqueConstraint("campaign_id", "source_key", name=op.f("uq_households_campaign_id_source_key")),
        schema="survey",
    )
    op.create_index(
        "ix_households_campaign_area",
        "households",
        ["campaign_id", "area_code"],
        unique=False,
        schema="survey",
    )
    op.create_table(
        "estimates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("map_id", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("value", sa.Double(), nullable=True),
        sa.Column("lower", sa.Double(), nullable=True),
        sa.Column("upper", sa.Double(), nullable=True),
        sa.Column("cv", sa.Double(), nullable=True),
        sa.Column("direct", sa.Double(), nullable=True),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("risk_class", sa.Integer(), nullable=True),
        sa.Column("reliability", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["map_id"], ["plan.maps.id"], name=op.f("fk_estimates_map_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estimates")),
        schema="plan",
    )
    op.create_index("ix_estimates_map_id", "estimates", ["map_id"], unique=False, schema="plan")


def downgrade() -> None:
    op.drop_index("ix_estimates_map_id", table_name="estimates", schema="plan")
    op.drop_table("estimates", schema="plan")
    op.drop_index("ix_households_campaign_area", table_name="households", schema="survey")
    op.drop_table("households", schema="survey")
    op.drop_index("ix_zones_run_id", table_name="zones", schema="plan")
    op.drop_table("zones", schema="plan")
    op.drop_table("run_steps", schema="plan")
    op.drop_table("plans", schema="plan")
    op.drop_index("ix_need_run_id", table_name="need", schema="plan")
    op.drop_table("need", schema="plan")
    op.drop_table("maps", schema="plan")
    op.drop_index("ix_cases_area_code", table_name="cases", schema="survey")
    op.drop_table("cases", schema="survey")
    op.drop_table("campaigns", schema="survey")
    op.drop_index(
        "uq_runs_published", table_name="runs", schema="plan", postgresql_where=sa.text("state = 'published'")
    )
    op.drop_table("runs", schema="plan")
    op.drop_index("ix_details_record_id", table_name="details", schema="ident")
    op.drop_index(op.f("ix_details_person_id"), table_name="details", schema="ident")
    op.drop_table("details", schema="ident")
    op.drop_index("ix_areas_geom", table_name="areas", schema="geo", postgresql_using="gist")
    op.drop_table("areas", schema="geo")
    op.drop_table("mappings", schema="survey")
    op.drop_table("household_history", schema="survey")
    op.drop_table("forms", schema="survey")
    op.drop_table("case_history", schema="survey")
    op.drop_index(op.f("ix_batches_file_sha"), table_name="batches", schema="survey")
    op.drop_table("batches", schema="survey")
    op.drop_table("attempts", schema="survey")
    op.drop_table("indicators", schema="plan")
    op.drop_index("ix_raw_record_id", table_name="raw", schema="ident")
    op.drop_table("raw", schema="ident")
    op.drop_index("uq_persons_match_code", table_name="persons", schema="ident")
    op.drop_table("persons", schema="ident")
    op.drop_table("sites", schema="geo")
    op.drop_table("regions", schema="geo")
    op.drop_table("population", schema="geo")
    op.drop_table("district_groups", schema="geo")
    op.drop_table("crosswalk", schema="geo")
    op.drop_table("centres", schema="geo")
    op.drop_table("boundaries", schema="geo")
    op.drop_table("events", schema="audit")
    op.drop_table("zones", schema="agg")
    op.drop_table("runs", schema="agg")
    op.drop_table("points", schema="agg")
    op.drop_table("plans", schema="agg")
    op.drop_table("maps", schema="agg")
    op.drop_table("classes", schema="agg")
    op.drop_index("ix_agg_areas_geom", table_name="areas", schema="agg", postgresql_using="gist")
    op.drop_table("areas", schema="agg")
    op.drop_table("about", schema="agg")
