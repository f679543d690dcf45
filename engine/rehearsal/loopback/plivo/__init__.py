"""Plivo as the loopback carrier plays it."""
