"""Conditions that were written differently, though no case of their campaign could tell them apart.

Cases are of answers. A condition may read the call's hour or date, the caller's number or the publisher, and
a number may be asked more than cases try. Then the conditions themselves are shown, lest silence be taken
for sameness.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from engine.core.answers import AnswerType
from engine.core.conditions import All, AnyOf, Clause, Condition, Not, Selection
from engine.exchange.panels import Panel
from engine.rehearsal.comparison.cases import tries_all_of
from engine.rehearsal.comparison.written import condition_text


def conditions_sentences(
    old: Panel, new: Panel, kinds: Mapping[str, AnswerType], reach: Collection[str], *, is_whole: bool
) -> Iterator[str]:
    """``lonestar: accepts call.hour < 17 → call.hour < 18``, where `reach` does not say as much.

    `is_whole` where the cases were every combination of answers.
    """
    before = {prospect.buyer.key: prospect.buyer for prospect in old.prospects}
    for prospect in new.prospects:
        buyer = prospect.buyer
        was = before.get(buyer.key)
        for setting in ("area", "accepts") if was is not None else ():
            had, has = getattr(was, setting), getattr(buyer, setting)
            if _meaning(had) == _meaning(has):
                continue
            moved = _leaves(had).items() ^ _leaves(has).items()
            texts = {text for text, _ in moved} or {*_texts(had), *_texts(has)}
            leaves = [leaf for leaf in (*_every(had), *_every(has)) if leaf.text in texts]
            is_told = any(line.startswith((f"{buyer.key} gains ", f"{buyer.key} loses ")) for line in reach)
            is_seen = is_told or (is_whole and tries_all_of(leaves, kinds))
            if not is_seen or any(_reads_the_call(leaf) for leaf in leaves):
                yield f"{buyer.key}: {setting} {_text(had)} → {_text(has)}"


def _reads_the_call(leaf: Clause) -> bool:
    return any(name.startswith("call.") for name in leaf.names)


def _meaning(condition: Condition | None) -> object:
    """The same for conditions that differ in their order alone."""
    match condition:
        case Clause():
            meaning = condition.meaning
            if not isinstance(meaning, Selection):
                return condition.text
            return (condition.text, meaning.values, meaning.is_excluding)
        case Not():
            return ("not", _meaning(condition.child))
        case All() | AnyOf():
            return (type(condition).__name__, frozenset(map(_meaning, condition.children)))
    return None


def _every(condition: Condition | None) -> tuple[Clause, ...]:
    return () if condition is None else tuple(condition.leaves())


def _texts(condition: Condition | None) -> list[str]:
    return [leaf.text for leaf in _every(condition)]


def _leaves(condition: Condition | None) -> Mapping[str, object]:
    return {leaf.text: _meaning(leaf) for leaf in _every(condition)}


def _text(condition: Condition | None) -> str:
    return "anybody" if condition is None else condition_text(condition)
