"""Which kinds of answer are understood in which tongue, when they are spoken. Keys are the same in all."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.understanding.kinds import ANSWER_KINDS
from engine.understanding.languages import LANGUAGES

_ENGLISH_ALONE = frozenset({"spelled"})
"""The names of letters are English ones."""

SPOKEN: Mapping[str, frozenset[str]] = MappingProxyType(
    {tongue: frozenset(ANSWER_KINDS) - (_ENGLISH_ALONE if tongue != "en" else set()) for tongue in LANGUAGES}
)
"""By tongue, the kinds whose words it has."""
