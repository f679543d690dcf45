"""What a condition's text means part by part is what it means as a whole, whatever is known."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.conditions import (
    Affix,
    All,
    AnyOf,
    Bound,
    Clause,
    Condition,
    Evaluator,
    Not,
    Selection,
    Value,
)
from engine.core.places import Place
from engine.exchange.condition_index import ConditionIndex
from engine.language.cel.expressions import Vocabulary, compile_clause

HERE = Place("network.yaml", 41, 9)
WORDS = Vocabulary(
    {
        "zip": "string",
        "zip.state": "string",
        "need": "string",
        "insured": "bool",
        "age": "int",
        "rate": "double",
        "call.hour": "int",
    }
)


def clause(text: str) -> Clause:
    compiled = compile_clause(text, HERE, WORDS)
    assert isinstance(compiled, Clause), compiled
    return compiled


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ('need == "a"', Selection(("need",), frozenset({"a"}))),
        ('"a" == need', Selection(("need",), frozenset({"a"}))),
        ('need != "a"', Selection(("need",), frozenset({"a"}), is_excluding=True)),
        ('zip.state in ["TX", "OK"]', Selection(("zip.state",), frozenset({"TX", "OK"}))),
        ('zip >= "78000"', Bound("zip", ">=", "78000")),
        ("9 < call.hour", Bound("call.hour", ">", 9)),
        ("rate <= 1.5", Bound("rate", "<=", 1.5)),
        ('zip.startsWith("787")', Affix("zip", "787")),
        ('zip.endsWith("01")', Affix("zip", "01", is_at_end=True)),
        ("age in [1, age]", None),
        ('"78701".startsWith(zip)', None),
        ("age + 1 > 2", None),
        ("size(need) == 3", None),
        ("insured", None),
        ('need.contains("a")', None),
    ],
)
def test_a_clause_over_one_name_has_the_shape_that_an_index_serves(text, shape):
    assert clause(text).meaning == shape


def test_joined_conditions_are_their_parts():
    meaning = clause('need == "a" && (zip >= "78" || !insured || age in [1, 2])').meaning
    assert isinstance(meaning, All)
    needs, either = meaning.children
    assert isinstance(needs, Clause)
    assert needs.meaning == Selection(("need",), frozenset({"a"}))
    assert isinstance(either, AnyOf)
    assert [type(each) for each in either.children] == [Clause, Not, Clause]


def test_a_part_reads_what_it_reads_and_not_what_the_whole_reads():
    meaning = clause('zip.state == "TX" || insured').meaning
    assert isinstance(meaning, AnyOf)
    assert [child.leaves()[0].answers for child in meaning.children] == [("zip",), ("insured",)]


def test_a_text_with_a_part_that_only_cel_can_judge_stays_whole():
    assert clause('need == "a" && need.matches("^a")').meaning is None


# --- equivalence ---

words = st.sampled_from(['"78701"', '"78"', '"TX"', '""', '"é"'])
text_names = st.sampled_from(["zip", "zip.state", "need"])
signs = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
whole = st.sampled_from(["0", "1", "-1", "9"])
broken = st.sampled_from(["0.0", "1.5", "-0.0"])


def either_way(names: st.SearchStrategy[str], literals: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("{} {} {}".format, names, signs, literals) | st.builds(
        "{} {} {}".format, literals, signs, names
    )


def among(names: st.SearchStrategy[str], literals: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lists = st.lists(literals, max_size=3).map(", ".join)
    return st.builds("{} in [{}]".format, names, lists)


atoms = (
    either_way(text_names, words)
    | either_way(st.sampled_from(["age", "call.hour"]), whole)
    | either_way(st.just("rate"), broken)
    | among(text_names, words)
    | among(st.just("age"), whole)
    | st.builds(
        "{}.{}({})".format, text_names, st.sampled_from(["startsWith", "endsWith", "contains"]), words
    )
    | st.sampled_from(["insured", "age + 1 > call.hour", "age / 0 == 1", "need == zip", 'need.matches("^T")'])
)
texts = st.recursive(
    atoms,
    lambda inner: (
        st.builds("({} && {})".format, inner, inner)
        | st.builds("({} || {})".format, inner, inner)
        | st.builds("!({})".format, inner)
        | st.builds("({} ? {} : {})".format, inner, inner, inner)
    ),
    max_leaves=6,
)
conditions: st.SearchStrategy[Condition] = st.recursive(
    texts.map(clause),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda children: All(tuple(children)))
        | st.lists(inner, max_size=3).map(lambda children: AnyOf(tuple(children)))
        | inner.map(Not)
    ),
    max_leaves=5,
)
told = st.sampled_from(["78701", "78", "TX", "", "é", "787"])
numbers = st.sampled_from([-1, 0, 1, 9, 2**62])
moments = st.fixed_dictionaries(
    {},
    optional={
        "zip": told,
        "zip.state": told,
        "need": told,
        "insured": st.booleans(),
        "age": numbers,
        "rate": st.floats() | st.sampled_from([0.0, 1.5]),
        "call.hour": numbers,
    },
)
anything = told | st.booleans() | numbers | st.floats()
ill_typed = st.fixed_dictionaries(
    {},
    optional={name: anything for name in WORDS.types if name != "insured"} | {"insured": st.booleans()},
)


def outcome_of(condition: Condition, values: Mapping[str, Value]) -> bool | None:
    return condition.judged(Evaluator(values))


@settings(max_examples=400, deadline=None)
@given(texts.map(clause), st.lists(moments | ill_typed, min_size=1, max_size=4))
def test_the_parts_together_are_the_whole(judged, known):
    if not isinstance(judged.meaning, All | AnyOf | Not):
        return
    for values in known:
        assert outcome_of(judged.meaning, values) is judged.evaluate(values)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.none() | conditions, min_size=1, max_size=10),
    st.lists(moments | ill_typed, min_size=1, max_size=3),
)
def test_the_index_finds_of_written_conditions_what_each_is_by_itself(accepted, known):
    parts = [(place, condition) for place, condition in enumerate(accepted) if condition is not None]
    index = ConditionIndex(parts, len(accepted))
    for values in known:
        unmet, unknown = index.judge(Evaluator(values), (1 << len(accepted)) - 1)
        for place, condition in enumerate(accepted):
            outcome = True if condition is None else outcome_of(condition, values)
            assert bool(unmet >> place & 1) is (outcome is False)
            assert bool(unknown >> place & 1) is (outcome is None)


@settings(max_examples=200, deadline=None)
@given(st.lists(conditions, min_size=1, max_size=6), moments, moments)
def test_what_is_not_open_in_written_conditions_cannot_decide(accepted, known, filling):
    index = ConditionIndex(list(enumerate(accepted)), len(accepted))
    evaluator = Evaluator(known)
    unknown = index.judge(evaluator, (1 << len(accepted)) - 1).unknown
    open_to: dict[str, int] = {}
    for answer, buyers in index.opened(evaluator, unknown):
        open_to[answer] = open_to.get(answer, 0) | buyers
    for place, condition in enumerate(accepted):
        if not unknown >> place & 1:
            continue
        mine = {answer for answer, buyers in open_to.items() if buyers >> place & 1}
        shut = {*mine, "call"}  # which is no answer: what is not known of the call never will be
        filled = {name: value for name, value in filling.items() if name.partition(".")[0] not in shut}
        assert outcome_of(condition, {**filled, **known}) is None
