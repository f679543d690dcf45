"""What a sealed telephone number is found by, and an index of the erasures that wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision: str | None = "0019"


def upgrade() -> None:
    op.add_column("answers", sa.Column("found_by", sa.String(), server_default="", nullable=False))
    op.create_index(
        "ix_answers_found_by",
        "answers",
        ["found_by"],
        sqlite_where=sa.text("found_by <> ''"),
        postgresql_where=sa.text("found_by <> ''"),
    )
    op.create_index(
        "ix_erasures_waiting",
        "erasures",
        ["erasure"],
        sqlite_where=sa.text("made_at IS NULL"),
        postgresql_where=sa.text("made_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_erasures_waiting", table_name="erasures")
    op.drop_index("ix_answers_found_by", table_name="answers")
    op.drop_column("answers", "found_by")
