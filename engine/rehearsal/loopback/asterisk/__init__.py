"""Asterisk as the loopback carrier plays it."""
