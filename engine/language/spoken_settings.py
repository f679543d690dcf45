"""Which settings of a flow are spoken, by the engine or by callers: those that may be written by language."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin

from engine.core.prompts import Prompt
from engine.language.building import annotations_of, setting_of
from engine.language.yaml.documents import Document, Pointer
from engine.language.yaml.lookup import mapping_at, text_at, value_at
from engine.nodes.types import NODE_TYPES
from engine.understanding.kinds import ANSWER_KINDS


@dataclass(frozen=True, slots=True)
class SpokenText:
    """A setting that holds a text, whether it is written or not.

    `is_prompts`: one prompt or a list of them. `is_heard`: phrases, said by callers. `is_named`: left out,
    the option's own name is spoken. `is_any_language`: its words are of several languages anyway.
    `is_for_others`: not the caller hears it. `is_compared`: what callers say is compared with it, and a
    language may do without.
    """

    path: Pointer
    is_prompts: bool = False
    is_heard: bool = False
    is_named: bool = False
    is_any_language: bool = False
    is_for_others: bool = False
    is_command: bool = False
    is_compared: bool = False


def spoken_texts(document: Document) -> Iterator[SpokenText]:
    """Every text that the flow has, or could have."""
    for name in mapping_at(document, ("nodes",)):
        yield from _of_node(document, ("nodes", name))
    for name in mapping_at(document, ("answers",)):
        kind = ANSWER_KINDS.get(text_at(document, ("answers", name, "type")) or "")
        is_language = kind is not None and kind.IS_LANGUAGE
        yield from _of_options(
            document, ("answers", name), is_any_language=is_language, is_said=not is_language
        )
    for name in mapping_at(document, ("commands",)):
        if isinstance(value_at(document, ("commands", name)), dict):
            path = ("commands", name, "phrases")
            yield SpokenText(path, is_heard=True, is_command=True)


def _of_node(document: Document, path: Pointer) -> Iterator[SpokenText]:
    made = NODE_TYPES.get(text_at(document, (*path, "type")) or "")
    if made is None:
        return
    settings: type = made
    for setting, is_prompts in _prompts_of(settings):
        is_for_others = setting in made.HEARD_BY_OTHERS
        yield SpokenText((*path, setting), is_prompts=is_prompts, is_for_others=is_for_others)
    is_offered = value_at(document, (*path, "keypad_offer")) is not False
    is_said = is_offered and text_at(document, (*path, "input")) != "keys"
    yield from _of_options(document, path, is_said=is_said)


def _of_options(
    document: Document, path: Pointer, *, is_said: bool, is_any_language: bool = False
) -> Iterator[SpokenText]:
    """`is_said`: prompts say the options by `say`, or by their names."""
    for option in mapping_at(document, (*path, "options")):
        at = (*path, "options", option)
        yield SpokenText((*at, "phrases"), is_heard=True, is_any_language=is_any_language)
        if not is_any_language:
            yield SpokenText((*at, "means"), is_compared=True)
            yield SpokenText((*at, "examples"), is_compared=True)
        yield SpokenText((*at, "say"), is_named=is_said, is_any_language=is_any_language)


@cache
def _prompts_of(made: type) -> tuple[tuple[str, bool], ...]:
    """The settings of a node type that are one prompt, or several."""
    found = []
    for field, annotation in annotations_of(made).items():
        parts: Any = {each for each in (get_args(annotation) or (annotation,)) if each is not NoneType}
        is_list = get_origin(annotation) is tuple and Prompt in parts
        if is_list or parts == {Prompt}:
            found.append((setting_of(field), is_list))
    return tuple(found)
