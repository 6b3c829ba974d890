"""What a candidate site costs and whom it needs."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

COSTS = ("opening_cost", "yearly_cost", "staff")


def upgrade() -> None:
    for name in COSTS:
        op.add_column("sites", sa.Column(name, sa.Double(), nullable=True), schema="geo")


def downgrade() -> None:
    for name in reversed(COSTS):
        op.drop_column("sites", name, schema="geo")
