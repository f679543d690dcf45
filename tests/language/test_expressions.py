"""Expressions are checked when a flow is read; closures mean exactly what CEL means."""

import math
from collections.abc import Mapping

import pytest
from cel_expr_python import cel
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.conditions import Clause, Value
from engine.core.expressions import Expression
from engine.core.places import Place
from engine.language.cel.checked_tree import checked_tree
from engine.language.cel.closures import closure
from engine.language.cel.expressions import (
    Vocabulary,
    comparisons,
    compile_clause,
    compile_value,
    is_usable_name,
)

HERE = Place("network.yaml", 41, 9)
WORDS = Vocabulary(
    {
        "zip": "string",
        "zip.state": "string",
        "need": "string",
        "insured": "bool",
        "age": "int",
        "rate": "double",
        "call.from": "string",
    },
    {"need": "a choice"},
)


def clause(text: str, words: Vocabulary = WORDS) -> Clause:
    compiled = compile_clause(text, HERE, words)
    assert isinstance(compiled, Clause), compiled
    return compiled


def test_a_subflows_answer_is_behind_the_names_of_its_parts():
    words = Vocabulary({"home.zip": "string", "home.zip.state": "string"}, answers=["home.zip"])
    assert clause('home.zip.state == "TX"', words).answers == ("home.zip",)


def complaints(text: str) -> list[str]:
    compiled = compile_clause(text, HERE, WORDS)
    assert isinstance(compiled, tuple)
    return [str(mistake) for mistake in compiled]


def test_a_clause_knows_what_it_reads_and_the_answers_behind():
    compiled = clause('zip.state in ["TX"] && need == "replace" && call.from != "" && zip != "0"')
    assert compiled.names == ("zip.state", "need", "call.from", "zip")
    assert compiled.answers == ("zip", "need")
    assert compiled.evaluate({"zip.state": "OK"}) is False
    assert compiled.evaluate({"zip.state": "TX"}) is None


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('nead == "x"', "41:9: 'nead' isn't an answer of this flow; did you mean 'need'?"),
        ('need == "a" && nead == "b"', "41:24: 'nead' isn't"),
        ('need == "a" &&\n  nead == "b"', "42:11: 'nead' isn't"),
        ('zip.stat == "TX"', "41:9: 'zip' has no 'stat'; did you mean 'zip.state'?"),
        ('call.form == "x"', "41:9: 'call' has no 'form'; did you mean 'call.from'?"),
        ('need.x == "a"', "41:9: 'need' has no 'x'"),
        ("need == 1", "41:14: 'need' is a choice, compared with 1 (a whole number); put it in quotes"),
        ('age == "7"', "41:13: 'age' is a whole number, compared with \"7\" (text); remove the quotes"),
        (
            'insured == "yes"',
            "41:17: 'insured' is yes or no, compared with \"yes\" (text); write insured == true",
        ),
        ("insured == TRUE", "41:20: 'TRUE' isn't a value; write true"),
        ("rate > 1", "41:14: 'rate' is a number, compared with 1 (a whole number); write 1.0"),
        ("age == null", "41:13: 'age' is a whole number, compared with null (null); remove it"),
        ("need == replace", "41:17: 'replace' isn't an answer here; if it is text, put it in quotes"),
        ('zip.state in "TX"', "41:19: 'in' looks into text; expected a list, as in zip.state in [\"TX\"]"),
        ('zip.state in ("TX", "OK")', "41:22: a list in round brackets; write [ and ]"),
        ('need = "a"', "41:14: '=' isn't an operator; write =="),
        ('need == "a" and insured', "41:21: 'and' isn't an operator; write &&"),
        ('need == "a', "41:17: the quote opened here is never closed"),
        ('(need == "a"', "41:21: a '(' is never closed"),
        ("need == ", "the expression ends too soon"),
        ("need == “a”", "41:17: a typographic quote"),
        ('need.startWith("a")', "41:14: function 'startWith' doesn't exist; did you mean 'startsWith'?"),
        ("need", "41:9: 'need' is a choice, not a condition; expected a comparison"),
        ("need && insured", "41:14: 'need' is a choice, and '&&' needs a condition there"),
        ("age + 1", "41:9: this gives a whole number, not true or false"),
        ("  ", "41:9: an empty expression"),
        ("(" * 500 + "insured" + ")" * 500, "nested too deeply"),
        ('need == "\ud800"', "an invalid character"),
        ("for == 1", "41:9: 'for' is a keyword in expressions"),
    ],
)
def test_a_slip_is_named_at_its_column_with_the_cure(text, complaint):
    assert any(complaint in found for found in complaints(text)), complaints(text)


def test_every_undeclared_name_is_named_in_one_pass():
    assert len(complaints('nead == "a" && zap == "b" && insured == "no"')) == 3


def test_names_that_the_language_keeps_for_itself_are_told():
    assert not is_usable_name("type")
    assert not is_usable_name("in")
    assert not is_usable_name("two words")
    assert is_usable_name("zip.state")
    assert complaints_of_reserved() == ("type",)


def complaints_of_reserved() -> tuple[str, ...]:
    words = Vocabulary({"type": "string", "need": "string"})
    return tuple(name for name in ("type", "need") if name not in words.types)


def test_values_are_computed_or_unknown():
    compiled = compile_value("insured ? age * 2 : 0", HERE, WORDS)
    assert isinstance(compiled, Expression)
    assert compiled.type == "int"
    assert compiled.evaluate({"insured": True, "age": 4}) == 8
    assert compiled.evaluate({"insured": True}) is None
    listed = compile_value("[1, 2]", HERE, WORDS)
    assert isinstance(listed, tuple)


@pytest.mark.parametrize(
    "text",
    ["age / 0 == 1", "9223372036854775807 + age > 0", "age % 0 == 1", 'need.matches("(")', "int(need) == 1"],
)
def test_an_error_inside_is_unknown_and_never_raises(text):
    assert clause(text).evaluate({"age": 1, "need": "x"}) is None


def test_a_value_of_a_wrong_type_never_raises():
    assert clause("age > 1").evaluate({"age": "old"}) is None
    assert clause("age / 1 > 1").evaluate({"age": "old"}) is None
    assert clause('need.startsWith("a")').evaluate({"need": 1}) is None


def test_what_has_no_closure_is_left_to_cel():
    compiled = clause("[1, 2].exists(n, n == age) && need.matches('^re')")
    assert compiled.names == ("age", "need")
    assert compiled.evaluate({"age": 2, "need": "repair"}) is True
    assert compiled.evaluate({"age": 3}) is False
    assert compiled.evaluate({"age": 2}) is None


def test_literals_are_told_with_the_name_they_are_held_against():
    text = 'need == "replase" || ("TX" != zip.state && age in [1, 2])'
    assert comparisons(text, WORDS) == (("need", "replase"), ("zip.state", "TX"), ("age", 1), ("age", 2))
    assert comparisons("nead == 1", WORDS) == ()


# --- closures against CEL itself ---

TYPES = {"s": cel.Type.STRING, "t.u": cel.Type.STRING, "b": cel.Type.BOOL, "c": cel.Type.BOOL}
TYPES |= {"i": cel.Type.INT, "j": cel.Type.INT, "d": cel.Type.DOUBLE}
CEL = cel.NewEnv(variables=TYPES)

texts = st.sampled_from(['"TX"', '"OK"', '""', '"é"', '"TXa"']) | st.sampled_from(["s", "t.u"])
integers = st.sampled_from(["0", "1", "-1", "2", "9223372036854775807", "i", "j"])
integers = st.recursive(
    integers,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/%"), inner)
        | st.builds("(-{})".format, inner)
        | st.builds("size({})".format, texts)
    ),
    max_leaves=4,
)
doubles = st.sampled_from(["0.0", "1.5", "-2.25", "d", "(d + 1.0)", "(-d)", "(d * d)", "(d - 0.5)"])
signs = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])


def compared(operands: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds("({} {} {})".format, operands, signs, operands)


def listed(operands: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda item, items: f"({item} in [{', '.join(items)}])", operands, st.lists(operands, max_size=3)
    )


methods = st.builds("{}.{}({})".format, texts, st.sampled_from(["startsWith", "endsWith", "contains"]), texts)
booleans = st.recursive(
    st.sampled_from(["b", "c", "true", "false"])
    | compared(texts)
    | compared(integers)
    | compared(doubles)
    | listed(texts)
    | listed(integers)
    | listed(doubles)
    | methods,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["&&", "||", "==", "!="]), inner)
        | st.builds("(!{})".format, inner)
        | st.builds("({} ? {} : {})".format, inner, inner, inner)
    ),
    max_leaves=6,
)
values = st.fixed_dictionaries(
    {},
    optional={
        "s": st.sampled_from(["TX", "OK", "", "é"]),
        "t.u": st.sampled_from(["TX", "a"]),
        "b": st.booleans(),
        "c": st.booleans(),
        "i": st.integers(-(2**63), 2**63 - 1) | st.integers(-2, 2),
        "j": st.integers(-2, 2),
        "d": st.floats(),
    },
)


def of_cel(program: cel.Expression, known: Mapping[str, Value]) -> object:
    result = program.eval(data=dict(known))
    return result.value() if result.type().name() in ("BOOL", "INT", "STRING", "DOUBLE") else None


@settings(max_examples=600, deadline=None)
@given(booleans | integers | doubles, st.lists(values, min_size=1, max_size=4))
def test_a_closure_is_what_cel_says(text, moments):
    program = CEL.compile(text)
    evaluate = closure(checked_tree(program.serialize()).root)
    if evaluate is None:  # left to CEL
        assert "/" in text or "%" in text
        return
    for known in moments:
        ours, theirs = evaluate(known), of_cel(program, known)
        assert type(ours) is type(theirs), (text, known)
        assert ours == theirs or (math.isnan(ours) and math.isnan(theirs)), (text, known)
