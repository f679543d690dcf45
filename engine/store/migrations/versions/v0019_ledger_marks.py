"""Marks of the whole ledger in verdicts, journals and decisions; what stands of corrected bills, in caps."""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from alembic import op

from engine.store.migrations.append_only import make_erasable

revision = "0019"
down_revision: str | None = "0018"

_IS_MARKED = sa.text("ledger_mark IS NOT NULL")

_RESTATE = {
    "revenue": sa.text(
        "UPDATE reservations SET amount_micros = :micros WHERE call = :call AND reservation = :place"
    ),
    "payout": sa.text(
        "UPDATE reservations SET payout_micros = :micros WHERE call = :call AND reservation = :place"
    ),
}


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
    op.add_column("reservations", sa.Column("currency", sa.String(), server_default="", nullable=False))
    _name_currencies()
    _restate_places()


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


def _name_currencies() -> None:
    """Of places whose legs were judged; of others an older engine kept none."""
    op.execute(
        "UPDATE reservations SET currency = COALESCE((SELECT MAX(v.currency) FROM verdicts v "
        "WHERE v.call = reservations.call AND v.buyer = reservations.buyer), '')"
    )


def _restate_places() -> None:
    """Bills that were corrected before caps counted what stands: as `reservations.restate` does it today."""
    connection = op.get_bind()
    standing: dict[tuple[str, str], dict[str, int]] = {}
    corrected = connection.execute(
        sa.text(
            "SELECT e.call, e.buyer, COALESCE(b.kind, e.kind) AS kind, SUM(e.amount_micros) AS micros "
            "FROM ledger e LEFT JOIN ledger b ON b.entry = e.corrects "
            "GROUP BY e.call, e.buyer, COALESCE(b.kind, e.kind) HAVING MAX(e.corrects) IS NOT NULL"
        )
    )
    for call, buyer, kind, micros in corrected:
        standing.setdefault((call, buyer), {})[kind] = int(micros)
    first = sa.text(
        "SELECT reservation FROM reservations WHERE call = :call AND buyer = :buyer AND became <> 'pending' "
        "ORDER BY CASE became WHEN 'billed' THEN 0 WHEN 'connected' THEN 1 ELSE 2 END, made_at, reservation "
        "LIMIT 1"
    )
    for (call, buyer), amounts in standing.items():
        place = connection.execute(first, {"call": call, "buyer": buyer}).scalar()
        for kind, micros in amounts.items() if place is not None else ():
            connection.execute(_RESTATE[kind], {"micros": micros, "call": call, "place": place})
