"""A prompt that is said in every language: `{each: {en: "For English, …", es: "Para español, …"}}`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from engine.core.prompts import Prompt, Slot, Words
from engine.language.mistakes import Mistakes
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at

EACH = "each"

ReadsPrompt = Callable[[Document, Pointer, str, Mistakes], Prompt | None]


def prompt_in_each(
    document: Document, path: Pointer, language: str, read: ReadsPrompt, mistakes: Mistakes
) -> Prompt | None:
    """All of its texts as one prompt, each part in its language; None where one of them is mistaken."""
    parts: list[Words] = []
    texts: list[str] = []
    said = mapping_at(document, (*path, EACH))
    for each in said:
        prompt = read(document, (*path, EACH, each), each, mistakes)
        if prompt is None:
            return None
        for part in prompt.parts:
            if isinstance(part, Slot):
                place = document.place((*path, EACH, each))
                found = f"'{part.name}' can't be spoken in a text that is said in each language"
                mistakes.error(place, found, cure="say it in a prompt of its own")
                return None
            parts.append(replace(part, language=each))
        texts.append(prompt.text.strip())
    return Prompt(" ".join(texts), tuple(parts), language) if parts else None
