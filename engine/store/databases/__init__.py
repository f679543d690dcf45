"""SQLite and PostgreSQL behind one door: transactions, grouped writes, upgrades."""
