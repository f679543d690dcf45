"""The history of the tables, for alembic; `engine.store.upgrade` applies it."""
