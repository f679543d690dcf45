"""Whoever's words are kept as they sounded should know."""

from __future__ import annotations

from collections.abc import Mapping

from engine.language.flows import FlowReading
from engine.language.mistakes import Mistakes
from engine.language.recordings import WHY, is_recorded
from engine.language.yaml.documents import Document
from engine.language.yaml.lookup import mapping_at, text_at


def check_sounds_told(document: Document, flows: Mapping[str, FlowReading], mistakes: Mistakes) -> None:
    """Warn of each answer that is kept with its sound where neither the call nor the question tells so."""
    for campaign in mapping_at(document, ("campaigns",)):
        reading = flows.get(text_at(document, ("campaigns", campaign, "flow")) or "")
        if reading is None or is_recorded(document, campaign):
            continue
        answers = reading.answers if reading.flow is None else reading.flow.answers
        for name, kind in answers.items():
            if kind.keeps_sound and not kind.tells_in_prompt:
                whose = f"campaign '{campaign}': the sound of '{name}'"
                found = f"{whose} is kept, but nothing tells callers so; {WHY}"
                cure = (
                    "add 'recording' with an announcement, write 'sound: told_in_prompt' if the question "
                    "says so, or 'sound: none'"
                )
                mistakes.warn(document.key_place(("campaigns", campaign)), found, cure=cure)
