"""Genesys Cloud as the loopback carrier plays it."""
