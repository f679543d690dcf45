"""Why a condition did not hold, in an operator's words: the part that decided, and what it read."""

from __future__ import annotations

from engine.core.conditions import All, AnyOf, Clause, Condition, Evaluator, Not


def explain(condition: Condition, evaluator: Evaluator) -> str:
    """``zip.state == "TX"; zip.state is "OK"``. The condition's outcome is false or unknown."""
    decisive = _decisive(condition, evaluator)
    readings: dict[str, str] = {}
    for leaf in decisive.leaves():
        for name, value in evaluator.reading(leaf).items():
            readings[name] = f"{name} is {_written(value)}"
    return "; ".join((_text(decisive), *readings.values()))


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


def _written(value: object) -> str:
    if value is None:
        return "not known"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)
