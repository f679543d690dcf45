"""Bandwidth as the loopback carrier plays it."""
