"""The whole ledger as one hash, and the marks of it that verdicts, journals and decisions keep."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

from engine.store.migrations.append_only import make_erasable

revision = "0019"
down_revision: str | None = "0018"

_IS_MARKED = sa.text("ledger_mark IS NOT NULL")


def upgrade() -> None:
    for table in ("journal", "verdicts", "dispute_decisions"):
        op.add_column(table, sa.Column("ledger_mark", sa.String()))
    for table, key in (("journal", ["call", "seq"]), ("verdicts", ["call", "seq", "n"])):
        columns = [*key, "ledger_mark"]
        op.create_index(
            f"ix_{table}_marks", table, columns, sqlite_where=_IS_MARKED, postgresql_where=_IS_MARKED
        )
    make_erasable("verdicts", ("body",))
    make_erasable("dispute_decisions", ("why",), of_dispute=True)
    _fold_what_stands()


def downgrade() -> None:
    raise NotImplementedError("marks of the ledger can't be undone; restore a backup instead")


def _fold_what_stands() -> None:
    connection = op.get_bind()
    entries, fold = 0, ""
    for (own,) in connection.execute(sa.text("SELECT hash FROM ledger ORDER BY entry")):
        entries, fold = entries + 1, hashlib.sha256(f"{fold}{own}".encode()).hexdigest()
    if entries:
        connection.execute(
            sa.text("INSERT INTO ledger_heads (party, entries, hash) VALUES ('', :entries, :hash)"),
            {"entries": entries, "hash": fold},
        )
