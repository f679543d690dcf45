"""What is reckoned from a leg's row."""

from __future__ import annotations

from engine.store.tables.schema import legs

TALK_MS = legs.c.ended_at_ms - legs.c.bridged_at_ms - legs.c.held_ms
"""How long the two talked; NULL of a leg that was not bridged, or has not ended."""
