"""How long what is played lasts in a rehearsal."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from engine.core.commands import Play, Sound, Tones
from engine.core.prompts import PromptItem
from engine.media.keytones import keys_length_ms
from engine.media.sounds import sound

MS_PER_CHARACTER = 60
SHORTEST_PROMPT_MS = 400


def prompt_length_ms(item: PromptItem | Sound | Tones, slower: int = 0) -> int:
    """How long a caller listens to it: an estimate for words, the length itself for a sound.

    Words are spoken by so many percent `slower`.
    """
    if isinstance(item, Sound):
        return _sound_length_ms(item.name)
    if isinstance(item, Tones):
        return keys_length_ms(item.keys)
    return max(SHORTEST_PROMPT_MS, MS_PER_CHARACTER * len(item.text)) * (100 + slower) // 100


@cache
def _sound_length_ms(name: str) -> int:
    return sound(name).duration_ms


@dataclass(slots=True)
class PromptPlaying:
    """A prompt that a leg hears, or is about to."""

    play: Play
    started_at: int

    @property
    def length_ms(self) -> int:
        return sum(prompt_length_ms(item, self.play.slower) for item in self.play.items)
