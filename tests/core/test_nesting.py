"""JSON from outside is refused for its depth before a reader could run out of stack over it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.nesting import MAX_LEVELS, NestedTooDeeply, check_nesting


def too_deep(text: str) -> bool:
    try:
        check_nesting(text)
    except NestedTooDeeply:
        return True
    return False


def depth(value: object) -> int:
    match value:
        case dict():
            return 1 + max(map(depth, value.values()), default=0)
        case list():
            return 1 + max(map(depth, value), default=0)
    return 0


@pytest.mark.parametrize("opened", ["[", '{"a":', '[{"]": '])
def test_the_limit_is_a_number_of_levels(opened: str) -> None:
    each = opened.count("[") + opened.count("{")
    assert not too_deep(opened * (MAX_LEVELS // each))
    assert too_deep(opened * (MAX_LEVELS // each + 1))
    assert too_deep(opened * 1_000_000)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(["[" * 100, {"{" * 100: '\\"' + "[" * 100}]),
        "[],{}," * 10_000,
        '"' + '\\"[' * 100_000,  # a text that never closes: one piece, read once
        '["' + "[" * 100 + "\\",
        "]" * 100 + "[" * 100,
        "",
    ],
    ids=["quoted", "side by side", "unclosed", "torn", "closing first", "empty"],
)
def test_brackets_in_texts_and_side_by_side_are_not_levels(text: str) -> None:
    assert not too_deep(text)


@given(
    st.recursive(
        st.none() | st.text(alphabet='[]{}"\\ab'),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet='[]{}"\\'), inner, max_size=3)
        ),
        max_leaves=40,
    ),
    st.integers(0, 2 * MAX_LEVELS),
)
def test_a_text_is_as_deep_as_its_value(value: object, more: int) -> None:
    for _ in range(more):
        value = [value]
    assert too_deep(json.dumps(value)) == (depth(value) > MAX_LEVELS)
