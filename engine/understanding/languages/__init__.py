"""The languages in which callers are understood, by tongue; another is another line here."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.understanding.languages.english import ENGLISH
from engine.understanding.languages.language import Language
from engine.understanding.languages.spanish import SPANISH

LANGUAGES: Mapping[str, Language] = MappingProxyType({"en": ENGLISH, "es": SPANISH})


def language_of(tongue: str) -> Language:
    """That of the tongue; English where there is none, as before there were others."""
    return LANGUAGES.get(tongue, ENGLISH)
