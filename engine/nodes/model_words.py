"""Whether what a language model would say may be said: few words, and none but words.

Nothing in a text can do anything to a call, for it is only ever spoken. What a voice would take for mark-up
or an escape, what no voice can say, and what runs on is not spoken at all.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Unfit = Literal["too_long", "unspeakable", "empty"]

MOST_LETTERS_A_WORD = 30
"""A text of few words and many letters is no speech either."""

_MARKS_OF_WRITING = re.compile(r"[*_`#\u2022]+")  # lists and emphasis: how models write, and nothing to say
_MARK_UP = re.compile(r"[<>{}\[\]\\|^~]")
_NO_CHARACTERS = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def as_spoken(text: str) -> str:
    """The text on one line, without the marks of writing and without pictures."""
    plain = " ".join(_MARKS_OF_WRITING.sub(" ", text).split())
    return " ".join("".join(one for one in plain if unicodedata.category(one) != "So").split())


def unfit(text: str, most_words: int) -> Unfit | None:
    """Why a text that was brought `as_spoken` may not be said; None where it may."""
    if _MARK_UP.search(text) or any(unicodedata.category(one) in _NO_CHARACTERS for one in text):
        return "unspeakable"
    if len(text.split()) > most_words or len(text) > most_words * MOST_LETTERS_A_WORD:
        return "too_long"
    return None if any(one.isalnum() for one in text) else "empty"
