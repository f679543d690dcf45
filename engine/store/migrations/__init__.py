"""The history of the tables, for alembic; `engine.store.migrations.upgrade` applies it."""
