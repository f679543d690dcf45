"""What the engine says by itself: one place, every kind, read as a voice should read it."""

import pytest

from engine.core.answers import AnswerType
from engine.nodes.phrasing import keypad_offer, read_back
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.date import Date
from engine.understanding.digits import Digits
from engine.understanding.free_words import FreeWords
from engine.understanding.kinds import ANSWER_KINDS
from engine.understanding.language import ChosenLanguage
from engine.understanding.money import Money
from engine.understanding.number import Number
from engine.understanding.phone import Phone
from engine.understanding.spelled import Spelled
from engine.understanding.yes_no import YesNo
from engine.understanding.zip import Zip

LANGUAGES = ChosenLanguage({"en": ChoiceOption("1"), "es": ChoiceOption("2")})
THREE = Choice({"a": ChoiceOption("1"), "b": ChoiceOption("12"), "c_d": ChoiceOption("#", say="the rest")})


@pytest.mark.parametrize(
    ("kind", "termchar", "text"),
    [
        (Zip(), "#", "enter the five digits, then wait."),
        (Digits(length=4), "#", "enter the four digits, then wait."),
        (Digits(min=4, max=8), "#", "enter the digits, then press pound."),
        (Number(), "*", "enter the number, then press star."),
        (Money(), "", "enter the amount in whole dollars, then wait."),
        (Phone(), "#", "enter the ten digits, area code first."),
        (Date(), "#", "enter two digits for the month, two for the day, and four for the year."),
        (YesNo(), "#", "press 1 for yes, or 2 for no."),
        (THREE, "#", "press 1 for a, 1 2 for b, or pound for the rest."),
        (Choice({"only": ChoiceOption("1")}), "#", "press 1 for only."),
        (FreeWords(optional=True, skip_key="9"), "#", "press 9 to go on without it."),
        (
            Spelled(patterns=("AAA9999",)),
            "#",
            (
                "for each letter press star, its key, and 1, 2, 3 or 4 for its place on that key; "
                "press digits as they are, then press pound."
            ),
        ),
    ],
)
def test_every_kind_has_its_offer(kind: AnswerType, termchar: str, text: str) -> None:
    offer = keypad_offer(kind, termchar, "en-US")
    assert offer is not None
    assert offer.text == f"Please use your keypad: {text}"


def test_no_kind_is_forgotten() -> None:
    for name, made in ANSWER_KINDS.items():
        kind = LANGUAGES if name == "language" else THREE if name == "choice" else made()  # type: ignore[call-arg]
        can_be_keyed = bool(kind.keypad.first_keys)
        assert (keypad_offer(kind, "#", "en-US") is not None) is can_be_keyed


def test_a_tongue_shares_its_words_and_a_foreign_one_gets_no_english_offer() -> None:
    assert keypad_offer(Zip(), "#", "en-GB") is not None
    assert keypad_offer(Zip(), "#", "es-MX") is not None
    assert keypad_offer(Zip(), "#", "fr-FR") is None


@pytest.mark.parametrize(
    ("kind", "termchar", "text"),
    [
        (Digits(min=4, max=8), "#", "marque los dígitos, y luego numeral."),
        (Number(), "*", "marque el número, y luego asterisco."),
        (Money(), "", "marque la cantidad en dólares enteros, y espere."),
        (Phone(), "#", "marque los diez dígitos, primero el código de área."),
        (Date(), "#", "marque dos dígitos para el mes, dos para el día y cuatro para el año."),
        (THREE, "#", "marque 1 para a, 1 2 para b, o numeral para the rest."),
    ],
)
def test_so_does_every_kind_in_spanish(kind: AnswerType, termchar: str, text: str) -> None:
    offer = keypad_offer(kind, termchar, "es-US")
    assert offer is not None
    assert offer.text == f"Por favor, use el teclado: {text}"


def test_every_kind_has_its_words_in_each_language_of_the_engine() -> None:
    """What hangs on the kind: a link that English has, Spanish has as well."""
    for made in ANSWER_KINDS.values():
        assert made.KEYPAD_OFFER.keys() in (set(), {"en", "es"})
        assert made.LINK.keys() in (set(), {"en", "es"})


def test_which_key_is_which_language_is_told_in_each() -> None:
    offer = keypad_offer(LANGUAGES, "#", "en-US")
    assert offer is not None
    assert [(item.text, item.language) for item in offer.render({})] == [
        ("For English, press 1.", "en"),
        ("Para español, marque 2.", "es"),
    ]


@pytest.mark.parametrize(
    ("kind", "stated", "said"),
    [
        (Zip(), "78701", "I heard 7 8 7 0 1."),
        (Number(), 1204, "I heard 1204."),
        (Money(), "45.50", "I heard forty-five dollars and fifty cents."),
        (Phone(), "+15125550123", "I heard 5 1 2, 5 5 5, 0 1 2 3."),
        (Date(), "2026-05-03", "I heard May 3, 2026."),
        (YesNo(), True, "I heard yes."),
    ],
)
def test_a_read_back_says_values_as_they_are_spoken(kind, stated, said) -> None:
    prompt = read_back({"x": kind}, "en-US", is_keyed=False, has_voice=True)
    value = kind.understand_value(stated)
    items = prompt.render(value.named("x"), {"x": {str(value.value): value.label}})
    assert " ".join(item.text for item in items).startswith(f"{said} If that is right, say yes or press 1.")


def test_a_keyed_answer_was_entered_and_keys_alone_are_asked_for_keys() -> None:
    prompt = read_back({"zip": Zip()}, "en-US", is_keyed=True, has_voice=False)
    assert prompt.text == "You entered {{ zip }}. If that is right, press 1. To change it, press 2."
