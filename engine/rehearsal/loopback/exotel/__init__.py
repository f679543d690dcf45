"""Exotel as the loopback carrier plays it."""
