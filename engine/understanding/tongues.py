"""Which kinds of answer are understood in which tongue, when they are spoken. Keys are the same in all."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.understanding.kinds import ANSWER_KINDS
from engine.understanding.languages import LANGUAGES

SPOKEN: Mapping[str, frozenset[str]] = MappingProxyType(dict.fromkeys(LANGUAGES, frozenset(ANSWER_KINDS)))
"""By tongue, the kinds whose words it has."""
