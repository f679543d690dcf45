"""Why a condition did not hold: the part that decided, in the operator's own words, and what it read."""

from __future__ import annotations

from engine.core.conditions import All, AnyOf, Clause, Condition, Details, Evaluator, Not, Value


def explain(condition: Condition, evaluator: Evaluator) -> Details:
    """`condition`, ``zip.state == "TX"``, and `read`, ``{"zip.state": "OK"}``.

    The condition's outcome is false or unknown.
    """
    decisive = _decisive(condition, evaluator)
    read: dict[str, Value | None] = {}
    for leaf in decisive.leaves():
        read.update(evaluator.reading(leaf))
    return {"condition": _text(decisive), "read": read}


def _decisive(condition: Condition, evaluator: Evaluator) -> Condition:
    """The first child of an All that has its outcome; any other condition decides as a whole."""
    while isinstance(condition, All):
        outcome = condition.judged(evaluator)
        condition = next(child for child in condition.children if child.judged(evaluator) is outcome)
    return condition


def _text(condition: Condition, *, within: bool = False) -> str:
    match condition:
        case Clause(text=text):
            return text
        case Not(child=child):
            return f"not {_text(child, within=True)}"
        case All(children=children):
            joined = " and ".join(_text(child, within=True) for child in children)
        case AnyOf(children=children):
            joined = " or ".join(_text(child, within=True) for child in children)
    return f"({joined})" if within and len(children) > 1 else joined or "one of no conditions"
