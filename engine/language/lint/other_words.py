"""What options are, where nobody compares it with what callers say: in other languages than English."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.sayers import tongue_of
from engine.language.mistakes import Mistakes
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at
from engine.understanding.own_words import TONGUES

_COMPARED = ("means", "examples")


def check_other_words(document: Document, mistakes: Mistakes) -> None:
    """Warn of each `means`, and each `examples`, that is written in a language without the comparison."""
    language = text_at(document, ("language",)) or "en-US"
    if tongue_of(language) in TONGUES:
        return
    for group in ("answers", "nodes"):
        for name in mapping_at(document, (group,)):
            for path in _written(document, (group, name, "options")):
                found = f"{group[:-1]} '{name}': '{path[-2]} → {path[-1]}' has no effect in {language}"
                cure = "add 'phrases'; only in English are callers understood in their own words"
                mistakes.warn(document.key_place(path), found, cure=cure)


def _written(document: Document, options: Pointer) -> Iterator[Pointer]:
    for option in mapping_at(document, options):
        for setting in _COMPARED:
            if document.has((*options, option, setting)):
                yield (*options, option, setting)
