"""Vonage as the loopback carrier plays it."""
