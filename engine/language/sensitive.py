"""Which answers of a flow may be sensitive: those that say so, and those that may be made of them.

A call knows which value it has just now (`engine.core.secrecy`); a draft is checked for every call that there
can be. So an answer counts as sensitive here where any node may compute it from one that does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from engine.core.answers import AnswerName, AnswerType, answers_behind
from engine.core.expressions import Expression
from engine.core.flow import Node
from engine.language.namings import holding

Sensitive: TypeAlias = Mapping[str, str]
"""Answer → the declared one that it may be made of: itself where it is declared sensitive."""


def sensitive_answers(
    answers: Mapping[str, AnswerType], nodes: Iterable[Node | None], inside: Sensitive
) -> Sensitive:
    """Those of a flow. `inside` are those of the flows that it enters, under their names here."""
    found = {name: name for name, kind in answers.items() if kind.sensitive} | dict(inside)
    computed = [
        (answer, expression)
        for node in nodes
        if node is not None
        for setting in holding(type(node), AnswerName, Expression)
        for answer, expression in getattr(node, setting).items()
    ]
    while True:
        before = len(found)
        for answer, expression in computed:
            origin = _origin(expression, answers, found)
            if origin is not None:
                found.setdefault(answer, origin)
        if len(found) == before:
            return found


def as_told(answer: str, sensitive: Sensitive, verb: str = ", which is") -> str:
    """A sensitive answer, and why it is one, for the message of a mistake."""
    origin = sensitive[answer]
    made = "" if origin == answer else f" because it's computed from '{origin}'"
    return f"'{answer}'{verb} sensitive{made}"


def _origin(expression: Expression, answers: Mapping[str, AnswerType], found: Sensitive) -> str | None:
    """What makes the expression's value sensitive, by the rules of `engine.core.secrecy`."""
    for name in expression.names:
        for answer in answers_behind((name,), answers):
            part = name.removeprefix(answer).removeprefix(".")
            hands_on = expression.type != "bool" or answers[answer].value_types.get(part) == "bool"
            if answer in found and hands_on:
                return found[answer]
    return None
