"""Each revision with the format of its files (`engine.language.migrations`), the first where it is older."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision: str | None = "0012"


def upgrade() -> None:
    op.add_column("revisions", sa.Column("format", sa.Integer(), nullable=False, server_default="1"))


def downgrade() -> None:
    op.drop_column("revisions", "format")
