"""What a condition's text means to those who judge many of them together: its atoms, and their shapes.

A text that joins conditions (`need == "a" && (zip >= "78000" || !insured)`) is the same to Kleene's logic
as the parts that it joins, so that an index may sort the parts of ten thousand texts by what they read.
Traces keep the operator's text whole. Where a part has no closure the text stays whole, left to CEL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias

from engine.core.conditions import Affix, All, AnyOf, Bound, Clause, Condition, Not, Selection, Shape
from engine.core.places import Place
from engine.language.cel.checked_tree import Checked, Constant, FunctionCall, ListExpression, Name
from engine.language.cel.closures import closure

Meaning: TypeAlias = Shape | All | AnyOf | Not
AnswersBehind: TypeAlias = Callable[[tuple[str, ...]], tuple[str, ...]]
Operator: TypeAlias = Literal["<", "<=", ">", ">="]

_JOINED = ("logical_and", "logical_or", "logical_not")
_OPERATORS: dict[str, Operator] = {"_<_": "<", "_<=_": "<=", "_>_": ">", "_>=_": ">="}
_MIRRORED: dict[str, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NOWHERE = Place("", 1, 1)  # atoms are in no file; the clause that they mean is


def meaning_of(root: Checked, answers_behind: AnswersBehind) -> Meaning | None:
    """The meaning of a condition; None where the whole is one atom without a shape, or left to CEL."""
    if not isinstance(root, FunctionCall) or closure(root) is None:
        return None
    condition = _condition(root, answers_behind)
    return condition.meaning if isinstance(condition, Clause) else condition


def _condition(node: Checked, answers_behind: AnswersBehind) -> Condition:
    if isinstance(node, FunctionCall) and node.overload in _JOINED:
        if node.overload == "logical_not":
            return Not(_condition(node.arguments[0], answers_behind))
        children = tuple(_condition(each, answers_behind) for each in _chain(node, node.overload))
        return All(children) if node.overload == "logical_and" else AnyOf(children)
    evaluate = closure(node)
    assert evaluate is not None, "what has a closure has parts that have one"
    names = tuple(dict.fromkeys(_names(node)))
    # A condition's type was checked to be bool: the cast costs no call of its own on the hot path.
    return Clause(_told(node), _NOWHERE, names, answers_behind(names), evaluate, shape_of(node))  # type: ignore[arg-type]


def shape_of(node: Checked) -> Shape | None:
    """The shape of a condition over one name; None for any other."""
    if not isinstance(node, FunctionCall) or len(node.arguments) != 2:
        return None
    left, right = node.arguments
    if isinstance(left, Name) and isinstance(right, ListExpression) and node.overload == "in_list":
        constants = [each.value for each in right.elements if isinstance(each, Constant)]
        return (
            Selection((left.name,), frozenset(constants)) if len(constants) == len(right.elements) else None
        )
    is_mirrored = isinstance(left, Constant)
    if is_mirrored:
        left, right = right, left
    if not isinstance(left, Name) or not isinstance(right, Constant) or left.kind != right.kind:
        return None
    if node.overload in ("equals", "not_equals"):
        return Selection((left.name,), frozenset((right.value,)), node.overload == "not_equals")
    operator = _OPERATORS.get(node.function)
    if operator is not None:
        return Bound(left.name, _MIRRORED[operator] if is_mirrored else operator, right.value)
    if node.function in ("startsWith", "endsWith") and not is_mirrored:
        return Affix(left.name, str(right.value), node.function == "endsWith")
    return None


def _chain(node: Checked, overload: str) -> Iterator[Checked]:
    """`a || b || c`, which CEL reads two by two, as its three."""
    if isinstance(node, FunctionCall) and node.overload == overload:
        for argument in node.arguments:
            yield from _chain(argument, overload)
    else:
        yield node


def _names(node: Checked) -> Iterator[str]:
    if isinstance(node, Name):
        yield node.name
    elif isinstance(node, FunctionCall | ListExpression):
        for child in node.arguments if isinstance(node, FunctionCall) else node.elements:
            yield from _names(child)


def _told(node: Checked) -> str:
    """One text for all atoms that mean the same, however they were written."""
    if isinstance(node, Constant):
        return f"{node.kind} {node.value!r}"
    if isinstance(node, Name):
        return node.name
    if isinstance(node, FunctionCall | ListExpression):
        word, children = (
            (node.overload, node.arguments) if isinstance(node, FunctionCall) else ("list", node.elements)
        )
        return f"{word}({', '.join(map(_told, children))})"
    raise AssertionError("what has no closure is no atom")
