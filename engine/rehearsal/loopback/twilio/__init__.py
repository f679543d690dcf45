"""Twilio as the loopback carrier plays it."""
