"""One file a change. A published one is never edited: a database may already stand on it."""
