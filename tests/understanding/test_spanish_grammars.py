"""What a recogniser listens for in Spanish, and that what it hears so is understood as the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.sayers import SAYERS
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.date import Date
from engine.understanding.digits import Digits
from engine.understanding.grammars import Grammar, compile_grammar, grammar_of
from engine.understanding.languages import LANGUAGES
from engine.understanding.money import Money
from engine.understanding.number import Number
from engine.understanding.replies import Confirming
from engine.understanding.yes_no import YesNo
from engine.understanding.zip import Zip
from engine.understanding.zip_table import zip_table
from tests.understanding.spoken import meant, said

SPANISH = SAYERS["es"]
DATE = Date().in_tongue("es")
YES_NO = YesNo().in_tongue("es")
NUMBERS = compile_grammar(grammar_of(Number().in_tongue("es")))
DATES = compile_grammar(grammar_of(DATE))


def values(grammar: Grammar, text: str) -> list[object]:
    state = grammar.follow(text)
    return [] if state is None else [reading.value for reading in grammar.readings(state)]


@given(st.integers(0, 999_999_999))
def test_any_number_is_heard(number):
    assert values(NUMBERS, SPANISH.cardinal(number)) == [number]


@given(st.dates())
def test_any_day_of_the_last_hundred_years_is_heard(day):
    words = SPANISH.date(1930 + day.year % 120, day.month, day.day)
    state = DATES.follow(words)
    assert state is not None
    assert DATES.readings(state)


@pytest.mark.parametrize(
    "words", ["tres de mayo del ochenta y cuatro", "fue el 3 de mayo de 1984", "hoy", "el lunes que viene"]
)
def test_a_day_is_heard_however_it_is_said(words):
    state = DATES.follow(words)
    assert state is not None
    assert DATES.readings(state)


def test_zips_are_heard_and_nothing_that_is_none():
    zips = compile_grammar(grammar_of(Zip().in_tongue("es")))
    for number in range(0, 100_000, 977):
        code = f"{number:05d}"
        is_zip = zip_table().place(code) is not None
        assert values(zips, SPANISH.digits(code)) == ([code] if is_zip else [])
    for words in (
        "setenta y ocho siete cero uno",
        "mi código postal es setenta y ocho, siete cero uno, por favor",
        "siete ocho siete cero uno, no, perdón, siete ocho siete cero uno",
        "setenta y ocho mil setecientos uno",
        "78701",
    ):
        assert values(zips, words) == ["78701"]
    assert values(zips, "nueve doble cero uno dos") == values(zips, "nueve dos ceros uno dos") == ["90012"]


@pytest.mark.parametrize("is_yes", [True, False])
def test_every_yes_and_no_that_is_listened_for_is_understood(is_yes):
    book = LANGUAGES["es"].phrasebook
    wrong = [text for text in (book.yes if is_yes else book.no) if meant(YES_NO, text) is not is_yes]
    assert wrong == []


def test_every_not_known_that_is_listened_for_says_nothing():
    assert [text for text in LANGUAGES["es"].phrasebook.unknown if said(YES_NO, text)] == []


def test_accents_and_capitals_are_how_a_recogniser_writes():
    grammar = compile_grammar(grammar_of(YES_NO))
    assert values(grammar, "¡SÍ, Señor!") == values(grammar, "si senor") == [True]


def test_digits_and_amounts_are_heard():
    digits = compile_grammar(grammar_of(Digits(length=4).in_tongue("es")))
    assert values(digits, "doce treinta y cuatro") == ["1234"]
    amounts = compile_grammar(grammar_of(Money().in_tongue("es")))
    assert values(amounts, "unos doscientos dólares al mes") == [200]
    assert values(amounts, "un millón de dólares") == [1_000_000]


def test_a_read_back_is_answered_in_its_tongue():
    zips = Zip().in_tongue("es")
    stated = zips.understand_keys("78701")
    assert stated is not None
    grammar = compile_grammar(grammar_of(Confirming({"zip": stated}, {"zip": zips}).in_tongue("es")))
    for words in (
        "sí",
        "no, siete ocho siete cero dos",
        "no es siete ocho siete cero uno, siete ocho siete cero dos",
    ):
        state = grammar.follow(words)
        assert state is not None, words
        assert grammar.readings(state), words


def test_a_key_is_heard_by_its_number_or_its_place():
    need = Choice(
        {"repair": ChoiceOption("1", ("reparación",)), "replace": ChoiceOption("2", ("techo nuevo",))}
    )
    grammar = compile_grammar(grammar_of(need.in_tongue("es")))
    for words in ("la opción dos", "dos", "la segunda", "oprimo dos", "techo nuevo, por favor"):
        assert values(grammar, words) == ["replace"]
