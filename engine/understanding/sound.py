"""How words sound over a telephone, coarsely: two words of one key are easily taken for each other.

Vowels count only at the beginning, voiced and voiceless consonants are one, silent letters go. "Aetna" and
"eat na" share a key, so do "leak" and "league".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

Spelled = Sequence[tuple[re.Pattern[str], str]]
"""What letters of a language sound like, one rule after the other."""


def spelled(*rules: tuple[str, str]) -> Spelled:
    """Pairs of a pattern and its sound."""
    return tuple((re.compile(pattern), sound) for pattern, sound in rules)


_ENGLISH = spelled(
    (r"[^a-z]", ""),
    (r"^(?:kn|gn|pn)", "n"),
    (r"^wr", "r"),
    (r"^ps", "s"),
    (r"mb$", "m"),
    (r"tch|ch|dge|sh|j|ti(?=on|a)|ci(?=a|o)|si(?=on)", "C"),
    (r"sc(?=[eiy])", "s"),
    (r"c(?=[eiy])", "s"),
    (r"ph", "f"),
    (r"(?<=[aeiou])gh(?=t|$)", ""),
    (r"ck|qu?|c|g", "k"),
    (r"x", "ks"),
    (r"th|d", "t"),
    (r"b", "p"),
    (r"v", "f"),
    (r"z", "s"),
    (r"([^aeiou])\1+", r"\1"),
    (r"^[aeiouyh]+", "A"),
    (r"[aeiouyhw]", ""),
)


def sound_key(text: str) -> str:
    """The key of a word, or of several run together."""
    return key_by(_ENGLISH, text)


def key_by(rules: Spelled, text: str) -> str:
    """The same, by the rules of a language."""
    key = text.lower()
    for pattern, sound in rules:
        key = pattern.sub(sound, key)
    return key
