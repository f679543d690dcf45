"""Triggers that refuse to change or delete a table's rows. Used by migrations, which run them once."""

from __future__ import annotations

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


def make_append_only(table: str) -> None:
    _run(_STATEMENTS, table)


def lift_append_only(table: str) -> None:
    """For a migration that has to fill a new column; `make_append_only` follows in the same one."""
    _run(_LIFTED, table)


def _run(statements: dict[str, list[str]], table: str) -> None:
    for statement in statements[op.get_bind().dialect.name]:
        op.execute(statement.format(table=table))
