"""A grammar follows what a question allows, in words or figures, and knows what it means."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.conditions import Value
from engine.core.grammar_spec import GrammarSpec
from engine.core.numerals import cardinal, digit_names
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.digits import Digits
from engine.understanding.grammars import Grammar, compile_grammar, grammar_of, open_grammar
from engine.understanding.kinds import ANSWER_KINDS
from engine.understanding.number import Number
from engine.understanding.replies import Confirming
from engine.understanding.several import Several
from engine.understanding.yes_no import YesNo
from engine.understanding.zip import Zip
from engine.understanding.zip_table import zip_table

ZIPS = [code for number in range(0, 100_000, 7) if zip_table().place(code := f"{number:05d}") is not None]

INSURANCE = Choice(
    {
        "state_farm": ChoiceOption("1", ("state farm",)),
        "geico": ChoiceOption("2", ("geico",)),
        "none": ChoiceOption("3", ("no insurance", "not insured"), say="no insurance"),
    }
)


@pytest.fixture(scope="module")
def zips() -> Grammar:
    return compile_grammar(grammar_of(Zip(), ("operator",)))


@pytest.fixture(scope="module")
def insurance() -> Grammar:
    return compile_grammar(grammar_of(INSURANCE, ("operator", "say that again")))


def values(grammar: Grammar, text: str) -> list[Value | None]:
    state = grammar.follow(text)
    return [] if state is None else [reading.value for reading in grammar.readings(state)]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("78701", "78701"),
        ("7-8-7, 0 1.", "78701"),
        ("Seven eight seven oh one", "78701"),
        ("seventy-eight seven zero one", "78701"),
        ("seven eighty seven oh one", "78701"),
        ("nine oh two one oh", "90210"),
        ("ninety two one oh one", "92101"),
        ("six oh six double one", "60611"),
        ("one double oh one nine", "10019"),
        ("two triple two two", "22222"),
        ("one hundred oh one", "10001"),
        ("ten thousand one", "10001"),
        ("10,001", "10001"),
        ("Uh, my zip code is 78701, please.", "78701"),
        ("it's nine oh two one oh, thank you", "90210"),
        ("78701, no, 78702", "78702"),
        ("seven eight seven oh one sorry seven eight seven oh two", "78702"),
    ],
)
def test_a_zip_is_read_however_it_is_said(zips: Grammar, said: str, code: str) -> None:
    if zip_table().place(code) is None:
        assert values(zips, said) == []
    else:
        assert values(zips, said) == [code]


@pytest.mark.parametrize(
    "said", ["00000", "ninety two ten", "seven eight seven", "787011", "my zip code is", "no"]
)
def test_what_is_no_zip_has_no_reading(zips: Grammar, said: str) -> None:
    assert values(zips, said) == []


@given(st.sampled_from(ZIPS))
def test_every_zip_said_digit_by_digit_is_itself_alone(code: str) -> None:
    grammar = compile_grammar(SPEC)
    assert values(grammar, digit_names(code)) == [code]
    assert values(grammar, " ".join(cardinal(int(digit)) for digit in code)) == [code]


SPEC = grammar_of(Zip())


@given(st.text(alphabet="0123456789 ", max_size=8))
def test_no_text_is_read_as_a_zip_that_does_not_exist(text: str) -> None:
    for value in values(compile_grammar(SPEC), text):
        assert zip_table().place(str(value)) is not None


def test_a_command_is_heard_beside_the_answer(zips: Grammar) -> None:
    state = zips.follow("Operator!")
    assert state is not None
    assert [(reading.value, reading.phrase) for reading in zips.readings(state)] == [(None, "operator")]


def test_not_knowing_is_always_listened_for(insurance: Grammar) -> None:
    state = insurance.follow("I don't know.")
    assert state is not None
    assert [reading.phrase for reading in insurance.readings(state)] == ["i don't know"]


@pytest.mark.parametrize(
    ("said", "is_yes"),
    [
        ("Yeah.", True),
        ("That's right", True),
        ("uh-huh", True),
        ("Nope", False),
        ("no, that's wrong", False),
        ("not really", False),
        ("yes please", True),
        ("I don't think so", False),
    ],
)
def test_yes_and_no_have_many_forms(said: str, is_yes: bool) -> None:
    assert values(compile_grammar(grammar_of(YesNo())), said) == [is_yes]


@pytest.mark.parametrize("said", ["no, yes", "yes, no", "yes I don't know"])
def test_yes_and_no_in_one_breath_is_neither(said: str) -> None:
    assert values(compile_grammar(grammar_of(YesNo())), said) == []


@pytest.mark.parametrize(
    ("said", "option"),
    [
        ("State Farm", "state_farm"),
        ("I'm with Geico", "geico"),
        ("I have no insurance", "none"),
        ("two", "geico"),
        ("option 1", "state_farm"),
        ("my insurance is geico, no wait, state farm", "state_farm"),
    ],
)
def test_a_choice_takes_names_phrases_and_keys(insurance: Grammar, said: str, option: str) -> None:
    assert values(insurance, said) == [option]


def test_a_negated_phrase_is_not_followed(insurance: Grammar) -> None:
    assert insurance.follow("I'm not with Geico") is None


@given(st.integers(0, 999_999))
def test_every_number_in_words_is_itself(number: int) -> None:
    grammar = compile_grammar(grammar_of(Number()))
    assert values(grammar, cardinal(number)) == [number]
    assert values(grammar, f"about {number:,}") == [number]


@pytest.mark.parametrize(
    ("said", "number"),
    [("a hundred and twenty", 120), ("two grand", 2000), ("twelve hundred", 1200), ("a thousand", 1000)],
)
def test_numbers_in_their_other_forms(said: str, number: int) -> None:
    assert values(compile_grammar(grammar_of(Number())), said) == [number]


def test_a_number_beyond_its_limits_is_not_read() -> None:
    grammar = compile_grammar(grammar_of(Number(5, 50)))
    assert values(grammar, "four") == []
    assert values(grammar, "fifty") == [50]
    assert values(grammar, "fifty one") == []


def test_digits_keep_their_count_and_their_zeros() -> None:
    grammar = compile_grammar(grammar_of(Digits(length=4)))
    assert values(grammar, "double oh seven two") == ["0072"]
    assert values(grammar, "one two three") == []


@pytest.mark.parametrize(
    "kind", sorted(name for name, kind in ANSWER_KINDS.items() if not issubclass(kind, Choice))
)
def test_every_kind_has_a_grammar_that_travels(kind: str) -> None:
    spec = grammar_of(ANSWER_KINDS[kind](), ("operator",))  # type: ignore[call-arg]
    assert pickle.loads(pickle.dumps(spec)) == spec
    assert hash(spec) == hash(pickle.loads(pickle.dumps(spec)))
    if not spec.is_open:  # which refuses nothing
        assert compile_grammar(spec).follow("operator") is not None


def test_a_form_allows_any_words_and_tells_which_are_likely() -> None:
    spec = grammar_of(Several({"zip": Zip(), "insurance": INSURANCE}, "zip"), ("operator",))
    assert spec.is_open
    assert [part.core for part in spec.parts] == ["zip_code", "phrases"]
    assert "operator" in spec.others
    assert pickle.loads(pickle.dumps(spec)) == spec


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("no, 78702", "78702"),
        ("No, it's seven eight seven oh two.", "78702"),
        ("not seven eight seven oh one, seven eight seven oh two", "78702"),
        ("no not 7 8 7 0 1, 78702", "78702"),
        ("seven eight seven oh two", "78702"),
        ("yes, 78701", "78701"),
        ("that's not right, it's 78702", "78702"),
    ],
)
def test_a_read_back_listens_for_another_value(said: str, code: str) -> None:
    stated = Zip().understand_keys("78701")
    assert stated is not None
    grammar = compile_grammar(grammar_of(Confirming({"zip": stated}, {"zip": Zip()}), ("operator",)))
    assert values(grammar, said) == [code]
    for whole in ("yes", "no", "that's right", "operator", "I don't know"):
        state = grammar.follow(whole)
        assert state is not None
        assert grammar.readings(state)
    begun = grammar.follow("it is")  # the beginning of a value, no yes
    assert begun is not None
    assert grammar.readings(begun) == ()


def test_a_read_back_of_a_yes_listens_for_yes_and_no_alone() -> None:
    stated = YesNo().understand_value(True)
    assert stated is not None
    assert grammar_of(Confirming({"owner": stated}, {"owner": YesNo()})) == grammar_of(YesNo())


def test_no_other_kind_is_open() -> None:
    assert not any(grammar_of(kind).is_open for kind in (Zip(), YesNo(), INSURANCE, Number()))


def test_an_unknown_kind_of_grammar_is_refused() -> None:
    with pytest.raises(ValueError, match="a grammar of 'colour'"):
        compile_grammar(GrammarSpec("colour"))


def test_an_open_grammar_listens_for_its_answers_but_not_for_keys_or_a_bare_yes() -> None:
    spec = open_grammar([Zip(), INSURANCE, YesNo()], ("operator",))
    assert spec.is_open
    assert [part.core for part in spec.parts] == ["zip_code", "phrases"]
    phrases = {text for text, _ in spec.parts[1].phrases}
    assert "state farm" in phrases
    assert not phrases & {"1", "one", "first one"}
    assert pickle.loads(pickle.dumps(spec)) == spec
