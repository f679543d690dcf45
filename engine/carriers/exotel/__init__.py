"""Exotel: Voicebot streams, the v1 call API, Basic authentication."""
