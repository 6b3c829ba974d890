"""How sure each estimate is: chance, rank, class, cluster, change; and joint draws of need."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ESTIMATES = {
    "exceedance": sa.Double,
    "rank_lower": sa.Integer,
    "rank_upper": sa.Integer,
    "membership": sa.Double,
    "cluster": sa.Integer,
    "rose": sa.Double,
}
CLASSES = ("exceedance", "rank_low", "rank_high", "cluster", "rose")


def upgrade() -> None:
    for name, kind in ESTIMATES.items():
        op.add_column("estimates", sa.Column(name, kind(), nullable=True), schema="plan")
    for name in CLASSES:
        op.add_column("classes", sa.Column(name, sa.SmallInteger(), nullable=True), schema="agg")
    op.create_table(
        "need_draws",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("grp", sa.Text(), nullable=False),
        sa.Column("draws", sa.Integer(), nullable=False),
        sa.Column("scale", sa.Double(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["plan.runs.id"], name=op.f("fk_need_draws_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "grp", name=op.f("pk_need_draws")),
        schema="plan",
    )


def downgrade() -> None:
    op.drop_table("need_draws", schema="plan")
    for name in reversed(CLASSES):
        op.drop_column("classes", name, schema="agg")
    for name in reversed(ESTIMATES):
        op.drop_column("estimates", name, schema="plan")
