"""Triggers that refuse to change or delete a table's rows. Used by migrations, which run them once."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from alembic import op

_STATEMENTS = {
    "sqlite": [
        f"CREATE TRIGGER {{table}}_{change.lower()} BEFORE {change} ON {{table}} "
        "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        for change in ("UPDATE", "DELETE")
    ],
    "postgresql": [
        (
            "CREATE OR REPLACE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        ),
        (
            "CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        ),
    ],
}
_LIFTED = {
    "sqlite": ["DROP TRIGGER {table}_update", "DROP TRIGGER {table}_delete"],
    "postgresql": ["DROP TRIGGER {table}_append_only ON {table}"],
}
_ERASABLE = {
    "sqlite": [
        "DROP TRIGGER {table}_update",
        (
            "CREATE TRIGGER {table}_update BEFORE UPDATE ON {table} "
            "WHEN NOT EXISTS (SELECT 1 FROM erasures WHERE call = {call}) OR {differs} "
            "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
        ),
    ],
    "postgresql": [
        "DROP TRIGGER {table}_append_only ON {table}",
        "DROP TRIGGER IF EXISTS {table}_erasable ON {table}",
        (
            "CREATE TRIGGER {table}_append_only BEFORE DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        ),
        (
            "CREATE OR REPLACE FUNCTION {table}_erasable() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF NOT EXISTS (SELECT 1 FROM erasures WHERE call = {call}) OR {differs} "
            "THEN RAISE EXCEPTION '{table} is append-only'; END IF; RETURN NEW; END $$"
        ),
        (
            "CREATE TRIGGER {table}_erasable BEFORE UPDATE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION {table}_erasable()"
        ),
    ],
}
_DIFFERS = {"sqlite": "NEW.{0} IS NOT OLD.{0}", "postgresql": "NEW.{0} IS DISTINCT FROM OLD.{0}"}
_OF_CALL = "OLD.call"
_OF_DISPUTE = "(SELECT d.call FROM disputes d WHERE d.dispute = OLD.dispute)"


def make_append_only(table: str) -> None:
    _run(_STATEMENTS, table)


def lift_append_only(table: str) -> None:
    """For a migration that has to fill a new column; `make_append_only` follows in the same one."""
    _run(_LIFTED, table)


def make_erasable(table: str, columns: Collection[str], *, of_dispute: bool = False) -> None:
    """Let these columns of an append-only table change, and only where an erasure of the call is kept.

    A migration that adds a column to the table says this again: of a new column nothing is known before.
    """
    bind = op.get_bind()
    names = [column["name"] for column in sa.inspect(bind).get_columns(table)]
    differs = _DIFFERS[bind.dialect.name]
    told = {
        "call": _OF_DISPUTE if of_dispute else _OF_CALL,
        "differs": " OR ".join(differs.format(name) for name in names if name not in columns),
    }
    _run(_ERASABLE, table, **told)


def _run(statements: dict[str, list[str]], table: str, **told: str) -> None:
    for statement in statements[op.get_bind().dialect.name]:
        op.execute(statement.format(table=table, **told))
