"""Whether a call can go round and round through a node while nobody does anything.

Each exit of a node lies on the rounds in which a call can leave by it. A circle whose exits all lie on one
round has no end, and `check` refuses it.

choosing  nobody acts, and nobody who was chosen is called
calling   nobody acts, and nobody new is chosen
silent    the caller says and presses nothing

A circle that chooses a buyer and calls it ends by itself: nobody is chosen twice in a call.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Round = Literal["choosing", "calling", "silent"]
Rounds: TypeAlias = frozenset[Round]

WAITS: Rounds = frozenset()
"""Somebody must have acted, or the call comes this way once."""

SILENCE: Rounds = frozenset({"silent"})
"""The caller need only say nothing."""

IDLE: Rounds = frozenset({"choosing", "calling", "silent"})
"""Nobody need do anything; a web service is nobody."""

CHOOSES: Rounds = frozenset({"choosing", "silent"})
"""A buyer was chosen, or none was left to choose."""

CALLS: Rounds = frozenset({"calling"})
"""Those who were chosen were called in vain."""
