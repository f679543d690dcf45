"""What prompts and whispers may say: nothing sensitive, but what their node reveals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields

from engine.core.answers import AnswerType, answers_behind
from engine.core.flow import Node
from engine.core.prompts import Prompt
from engine.language.building import setting_of
from engine.language.sensitive import Sensitive, as_told
from engine.language.yaml.documents import Pointer

_READ_BACK = "confirm_prompt"  # says back what the caller has just given
_WHISPER = "whisper"


def spoken_unrevealed(
    node: Node, answers: Mapping[str, AnswerType], sensitive: Sensitive
) -> Iterator[tuple[Pointer, str, str]]:
    """What the node's prompts say that they may not: where, what is wrong, and how to mend it.

    Whoever calls hears a prompt, and whoever picks up a whisper, so a sensitive answer is said by name alone.
    """
    revealed = getattr(node, "reveal", ())
    for setting, path, prompt in _prompts(node):
        allowed = {*revealed, *(getattr(node, "asks", ()) if setting == _READ_BACK else ())}
        for answer in dict.fromkeys(answers_behind(prompt.names, answers)):
            if answer in sensitive and answer not in allowed:
                who = "whoever picks up" if setting == _WHISPER else "whoever calls"
                found = f"'{setting}' tells {who} {as_told(answer, sensitive)}"
                yield path, found, f"take it out, or add 'reveal: [{answer}]'"


def _prompts(node: Node) -> Iterator[tuple[str, Pointer, Prompt]]:
    """What the node may say: the setting, where it is written, the words. Tags are written, not said."""
    for field in fields(node):  # type: ignore[arg-type]
        value, setting = getattr(node, field.name), setting_of(field.name)
        if isinstance(value, Prompt):
            yield setting, (setting,), value
        elif isinstance(value, tuple):
            for index, each in enumerate(value):
                if isinstance(each, Prompt):
                    yield setting, (setting, index), each
