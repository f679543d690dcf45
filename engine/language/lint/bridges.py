"""What is wrong with how a flow asks others to take its calls, and with what it keeps of the talk."""

from __future__ import annotations

import re

from engine.core.flow import Node
from engine.core.prompts import Prompt, Words
from engine.language.mistakes import Mistakes
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import text_at
from engine.nodes.node_type import NodeType
from engine.nodes.phrasing import phrasing

_WHISPER = "whisper"
_KEPT = "keep_keys"
_LEFT = "caller_left"

_NAMES = {
    "0": "zero cero",
    "1": "one uno",
    "2": "two dos",
    "3": "three tres",
    "4": "four cuatro",
    "5": "five cinco",
    "6": "six seis",
    "7": "seven siete",
    "8": "eight ocho",
    "9": "nine nueve",
    "*": "star asterisk asterisco estrella",
    "#": "pound hash numeral almohadilla",
}


def check_bridge(document: Document, name: str, node: Node, has_sensitive: bool, mistakes: Mistakes) -> None:
    """One node; says nothing of those that call nobody."""
    ringing = node.ringing if isinstance(node, NodeType) else None
    if ringing is None:
        return
    path: Pointer = ("nodes", name)
    whisper = getattr(node, _WHISPER, None)
    key = ringing.decline_key
    if key is not None and not (isinstance(whisper, Prompt) and _names_key(whisper, key)):
        found = f"node '{name}': key {key} declines the call, but nobody is told so"
        cure = f'say it in the whisper: "… Press {ringing.accept_key} to take it, or {key} to decline."'
        mistakes.warn(document.place((*path, "accept", "decline")), found, cure=cure)
    if ringing.keeps_keys and has_sensitive:
        found = f"node '{name}': the keys of a talk can't be kept by a flow with sensitive answers"
        cure = f"remove '{_KEPT}'; that keys were pressed, and when, is always kept"
        mistakes.refuse(document.key_place((*path, _KEPT)), found, cure=cure)
    if ringing.keeps_keys and ringing.via == "carrier":
        found = (
            f"node '{name}': keys of a talk that the carrier joins aren't heard here, so they can't be kept"
        )
        cure = f"remove '{_KEPT}', or write 'via: auto': the talk then goes through the engine"
        mistakes.refuse(document.key_place((*path, _KEPT)), found, cure=cure)
    language = text_at(document, ("language",)) or ""
    if ringing.asks and language and phrasing(language) is None and not document.has((*path, _LEFT)):
        found = f"node '{name}': whoever is called hears in English that the caller left; "
        found += f"there are no words for it in {language}"
        mistakes.warn(document.key_place(path), found, cure=f"write '{_LEFT}'")


def _names_key(prompt: Prompt, key: str) -> bool:
    """Whether its fixed words have the key, as a figure or in words."""
    said = " ".join(part.text for part in prompt.parts if isinstance(part, Words)).lower()
    if key in "*#" and key in said:
        return True
    words = re.findall(r"\w+", said)
    return any(each in words for each in (key, *_NAMES[key].split()))
