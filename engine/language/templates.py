"""Reads a prompt's text: words with ``{{ name }}`` and ``{{ name | filter }}`` between them, nothing more.

Conditions and loops have no place in a prompt: a flow branches, so that every path can be tested.
"""

import re
from collections.abc import Collection

from engine.core.filters import FILTERS
from engine.core.places import Place
from engine.core.prompts import Prompt, Slot, Words
from engine.language.mistakes import Mistake, phrase, suggestion

_BRACES = re.compile(r"\{\{(?P<inside>(?:(?!\{\{|\}\}).)*)(?P<end>\}\})?|\}\}|\{[%#]", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_EXAMPLE = "{{ name }} or {{ name | filter }}"


def parse(
    text: str,
    place: Place,
    names: Collection[str],
    filters: Collection[str] = FILTERS,
    language: str = "en-US",
) -> Prompt | tuple[Mistake, ...]:
    """The prompt, or every mistake in it. ``place`` is where the text's first character stands."""
    parts: list[Words | Slot] = []
    mistakes: list[Mistake] = []
    end = 0
    for match in _BRACES.finditer(text):
        if match.start() > end:
            parts.append(Words(text[end : match.start()]))
        end = match.end()
        found = _slot(match, names, filters)
        if isinstance(found, Slot):
            parts.append(found)
        else:
            mistakes.append(Mistake(_at(place, text, found[0]), found[1]))
    if end < len(text):
        parts.append(Words(text[end:]))
    return tuple(mistakes) if mistakes else Prompt(text, tuple(parts), language)


def _slot(match: re.Match[str], names: Collection[str], filters: Collection[str]) -> Slot | tuple[int, str]:
    """The slot, or the index and the words of what is wrong with it."""
    start, opening = match.start(), match[0][:2]
    if opening == "}}":
        return start, phrase("this '}}' has nothing to close", cure="remove it, or open it with '{{'")
    if opening != "{{":
        cure = "branch in the flow, with a prompt on each path"
        return start, phrase(f"'{opening}' isn't supported in prompts", expected=_EXAMPLE, cure=cure)
    if match["end"] is None:
        return start, phrase("the '{{' opened here is never closed", cure="add '}}'")
    name, *rest = match["inside"].split("|")
    at_name = match.start("inside") + len(name) - len(name.lstrip())
    name = name.strip()
    if not _NAME.fullmatch(name):
        found = f"'{name}' isn't a name" if name else "the name between '{{' and '}}' is missing"
        return at_name if name else start, phrase(found, expected=_EXAMPLE)
    if name not in names:
        return at_name, phrase(f"'{name}' isn't an answer of this flow", cure=suggestion(name, names))
    if not rest:
        return Slot(name)
    at_filter = match.start("inside") + match["inside"].index("|") + 1
    at_filter += len(rest[0]) - len(rest[0].lstrip())
    wanted = "|".join(rest).strip()
    if len(rest) > 1:
        return at_filter, phrase(f"more than one filter, '{wanted}'", expected=_EXAMPLE)
    if wanted not in filters:
        found = f"filter '{wanted}' doesn't exist" if wanted else "the filter after '|' is missing"
        return at_filter, phrase(found, cure=suggestion(wanted, filters))
    return Slot(name, wanted)


def _at(place: Place, text: str, index: int) -> Place:
    line = text.count("\n", 0, index)
    return place.moved(line, index - (text.rfind("\n", 0, index) + 1))
