"""What a call's answers were, told from its facts."""

from __future__ import annotations

from collections.abc import Iterable

from engine.core.facts import Answer, Decision


def known_answers(facts: Iterable[object]) -> dict[str, Answer]:
    """Each answer as it was given last, but for those that the caller took back."""
    last = {fact.name: fact for fact in facts if isinstance(fact, Answer)}
    return {name: answer for name, answer in last.items() if answer.withdrawn_at is None}


def earlier_answers(facts: Iterable[object], name: str) -> list[Answer]:
    """What the answer was before it was given again, oldest first, from facts in their order.

    Put right at once, it was not given; unless a decision was made by it. One that was only taken back is
    no earlier one yet.
    """
    earlier: list[Answer] = []
    last, is_decided_by = None, False
    for fact in facts:
        if isinstance(fact, Decision):
            is_decided_by = True
        elif isinstance(fact, Answer) and fact.name == name:
            is_new = fact.withdrawn_at is None
            if last is not None and is_new and (is_decided_by or last.answered_at != fact.answered_at):
                earlier.append(last)
            last, is_decided_by = fact, is_decided_by and not is_new
    return earlier
