"""Answers that are whatever callers say: who can give them, and that nothing is made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.core.answers import AnswerName, AnswerType, answers_behind
from engine.core.expressions import Expression
from engine.core.flow import Node
from engine.language.building import annotations_of, setting_of
from engine.language.lint.wiring import WiredNode
from engine.language.mistakes import Mistakes
from engine.language.names import ASK_OTHERWISE, DECIDES_NOTHING
from engine.language.namings import named_in
from engine.language.yaml.documents import Document
from engine.language.yaml.lookup import text_at


def check_free_words(
    document: Document,
    answers: Mapping[str, AnswerType],
    step: WiredNode,
    node: Node | None,
    mistakes: Mistakes,
) -> None:
    """What a node does with such answers."""
    path = ("nodes", step.name)
    for setting in step.type.LEARNS:
        for answer, at in named_in(document, path, step.type, setting, AnswerName):
            kind = answers.get(answer)
            if kind is None or not kind.IS_FREE:
                continue
            if step.type.HEARS_SEVERAL:
                found = f"node '{step.name}': any sentence would be '{answer}', which is {kind.kind}"
                cure = f"ask for it in a node of its own: {{type: collect, answer: {answer}, …}}"
                mistakes.error(document.place(at), found, cure=cure)
            elif text_at(document, (*path, "input")) == "keys" and not kind.keypad.first_keys:
                found = f"node '{step.name}': no key gives '{answer}', which is {kind.kind}"
                cure = "remove 'input: keys', or declare the answer 'optional: true'"
                mistakes.error(document.place((*path, "input")), found, cure=cure)
    for expression in _computed(node, step.type.TELLS) if node is not None else ():
        for answer in dict.fromkeys(answers_behind(expression.names, answers)):
            if answers[answer].IS_FREE:
                found = f"node '{step.name}': it computes from '{answer}'{DECIDES_NOTHING}"
                mistakes.error(expression.place, found, cure=ASK_OTHERWISE)


def _computed(node: Node, told: str) -> Iterator[Expression]:
    """What the node computes, but for what it tells outside."""
    for field in annotations_of(type(node)):
        held = getattr(node, field)
        if setting_of(field) != told and isinstance(held, Mapping):
            yield from (each for each in held.values() if isinstance(each, Expression))
