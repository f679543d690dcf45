"""What a prompt sounds like, written for whoever follows a call; sensitive values are masked."""

from __future__ import annotations

from collections.abc import Iterable

from engine.core.commands import Sound, Tones
from engine.core.conditions import MASK
from engine.core.prompts import PromptItem


def played_text(items: Iterable[PromptItem | Sound | Tones]) -> str:
    """Its words in a row, sounds and keys in brackets."""
    return " ".join(map(_written, items))


def _written(item: PromptItem | Sound | Tones) -> str:
    match item:
        case Sound(name):
            return f"({name})"
        case Tones(keys):
            return f"(keys {keys})"
    return MASK if item.sensitive else item.text
