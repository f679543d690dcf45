"""Run by alembic: applies the migrations on the connection, and in the transaction, that it is handed."""

from __future__ import annotations

from alembic import context

from engine.store.tables.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
