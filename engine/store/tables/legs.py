"""What is reckoned from a leg's row."""

from __future__ import annotations

from sqlalchemy import case, func

from engine.store.tables.schema import legs

_ENDED = func.coalesce(legs.c.carrier_ended_at_ms, legs.c.ended_at_ms)
_TALKED = _ENDED - legs.c.bridged_at_ms - legs.c.held_ms

TALK_MS = case((_TALKED > 0, _TALKED), (_TALKED <= 0, 0))
"""How long the two talked, by the carrier's record where that counts; NULL of a leg that was not bridged, or
has not ended."""
