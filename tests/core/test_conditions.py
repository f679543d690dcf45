"""Kleene's logic against a truth table, and a trace that leaves nothing out."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.conditions import (
    All,
    AnyOf,
    Clause,
    Condition,
    Evaluator,
    Not,
    Value,
    judge,
    outcome_word,
    trace,
)
from engine.core.places import Place

HERE = Place("network.yaml", 41, 5)


def flag(name: str, place: Place = HERE) -> Clause:
    """A clause that is what the value of its name is."""

    def read(values: Mapping[str, Value]) -> bool | None:
        value = values.get(name)
        return value if isinstance(value, bool) else None

    return Clause(name, place, (name,), (name.partition(".")[0],), read)


NAMES = "abcd"
conditions = st.recursive(
    st.sampled_from(NAMES).map(flag),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda children: All(tuple(children)))
        | st.lists(inner, max_size=3).map(lambda children: AnyOf(tuple(children)))
        | inner.map(Not)
    ),
    max_leaves=8,
)


def possible(condition: Condition, world: Mapping[str, bool]) -> bool:
    """Two-valued logic in one world where everything is known."""
    match condition:
        case Clause(text=text):
            return world[text]
        case All(children=children):
            return all(possible(child, world) for child in children)
        case AnyOf(children=children):
            return any(possible(child, world) for child in children)
        case Not(child=child):
            return not possible(child, world)


def kleene(condition: Condition, values: Mapping[str, Value]) -> bool | None:
    """Łukasiewicz numbers: false 0, unknown 1, true 2; all is the least, any the greatest, not is 2 - x."""

    def rank(node: Condition) -> int:
        match node:
            case Clause(text=text):
                return {None: 1, False: 0, True: 2}[values.get(text)]
            case All(children=children):
                return min([rank(child) for child in children], default=2)
            case AnyOf(children=children):
                return max([rank(child) for child in children], default=0)
            case Not(child=child):
                return 2 - rank(child)

    return {0: False, 1: None, 2: True}[rank(condition)]


known = st.dictionaries(st.sampled_from(NAMES), st.booleans())


@given(conditions, known)
def test_judging_follows_kleenes_truth_table(condition, values):
    assert judge(condition, Evaluator(values)) is kleene(condition, values)


@given(conditions, known)
def test_what_is_decided_early_stays_so_whatever_is_answered_later(condition, values):
    outcome = judge(condition, Evaluator(values))
    unknown = [name for name in NAMES if name not in values]
    for number in range(2 ** len(unknown)):
        world = {**values, **{name: bool(number >> bit & 1) for bit, name in enumerate(unknown)}}
        if outcome is not None:
            assert possible(condition, world) is outcome


def test_no_condition_asks_for_nothing():
    assert judge(None, Evaluator({})) is True
    assert trace(None, Evaluator({})) == ()
    assert judge(All(()), Evaluator({})) is True


def test_the_trace_lists_every_leaf_even_behind_a_decided_one():
    second = Place("network.yaml", 42, 5)
    condition = All((flag("a"), AnyOf((flag("b", second), Not(flag("zip.state"))))))
    lines = trace(condition, Evaluator({"a": False, "zip.state": True}))
    assert [(line.clause, line.outcome) for line in lines] == [("a", False), ("b", None), ("zip.state", True)]
    assert lines[1].values == {"b": None}
    assert lines[2].values == {"zip.state": True}
    assert lines[2].answers == ("zip",)
    assert str(lines[1].place) == "network.yaml:42:5"


def test_one_text_is_evaluated_once_but_traced_at_each_place():
    asked = []

    def read(values: Mapping[str, Value]) -> bool:
        asked.append(values)
        return True

    here, there = (Clause("x", Place("n.yaml", line, 1), ("x",), ("x",), read) for line in (1, 2))
    evaluator = Evaluator({})
    assert judge(All((here, there)), evaluator) is True
    assert [line.place.line for line in trace(All((here, there)), evaluator)] == [1, 2]
    assert len(asked) == 1


def test_outcomes_have_words():
    assert [outcome_word(outcome) for outcome in (True, False, None)] == ["true", "false", "unknown"]


def test_a_place_prints_as_editors_click_it():
    assert str(HERE) == "network.yaml:41:5"
    assert HERE.at == "network.yaml:41"
    with pytest.raises(ValueError, match="count from 1"):
        Place("x.yaml", 0, 1)
