"""Telnyx as the loopback carrier plays it."""
