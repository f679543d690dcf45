"""Spanish numbers, ZIPs, amounts: what is said is what is understood."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.sayers import SAYERS
from engine.understanding.digits import Digits
from engine.understanding.languages.spanish_numbers import numbers
from engine.understanding.money import Money
from engine.understanding.number import Number
from engine.understanding.phone import Phone
from engine.understanding.spoken_zip import spoken_zips
from engine.understanding.words import utterance
from engine.understanding.zip import Zip
from engine.understanding.zip_table import zip_table
from tests.understanding.spoken import asked, meant, said

SPANISH = SAYERS["es"]
ZIP = Zip().in_tongue("es")
NUMBER = Number(max=999_999_999).in_tongue("es")
MONEY = Money().in_tongue("es")


def all_zips() -> list[str]:
    return [code for number in range(100_000) if zip_table().place(code := f"{number:05d}") is not None]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("siete ocho siete cero uno", "78701"),
        ("setenta y ocho siete cero uno", "78701"),
        ("setenta y ocho, siete cero uno", "78701"),
        ("siete ochenta y siete cero uno", "78701"),
        ("setenta y ocho setecientos uno", "78701"),
        ("setenta y ocho mil setecientos uno", "78701"),
        ("treinta y tres, uno, veinticinco", "33125"),
        ("nueve doble cero uno dos", "90012"),
        ("nueve dos ceros uno dos", "90012"),
        ("triple uno cero uno", "11101"),
        ("diez mil uno", "10001"),
        ("cero dos uno tres cuatro", "02134"),
        ("78701", "78701"),
        ("7, 8, 7, 0, 1", "78701"),
        ("78.701", "78701"),
        ("78,701", "78701"),
        ("78701-4242", "78701"),
        ("siete ocho siete cero uno, siete ocho siete cero uno", "78701"),
        ("vivo en el siete ocho siete cero uno", "78701"),
        ("eh, mi código postal es setenta y ocho, este, siete cero uno por favor", "78701"),
        ("no, perdón, siete ocho siete cero dos", "78702"),
        ("78701, no, 78702", "78702"),
        ("78701, digo, 78702", "78702"),
        ("no es 78701, es 78702", "78702"),
        ("tengo 4 recámaras en 78701", "78701"),
        ("siete ocho siete cero", None),
        ("siete ocho siete cero uno dos", None),
        ("cero cero cero cero cero", None),
        ("setenta y ocho diez", None),
    ],
)
def test_a_zip_is_understood_however_it_is_said(words, code):
    assert meant(ZIP, words) == code


def test_a_swallowed_y_is_asked_about():
    assert asked(ZIP, "setenta ocho siete cero uno") == {"78701"}


def test_every_zip_is_understood_as_itself_digit_by_digit_and_by_pairs():
    def is_zip(code: str) -> bool:
        return zip_table().place(code) is not None

    wrong = []
    for code in all_zips():
        pair = SPANISH.cardinal(int(code[:2])) if code[0] != "0" else SPANISH.digits(code[:2])
        for words in (SPANISH.digits(code), f"{pair} {SPANISH.digits(code[2:])}"):
            found = {(each, sure) for each, sure, _, _ in spoken_zips(utterance(words, "es"), is_zip)}
            if found != {(code, 1.0)}:
                wrong.append((words, found))
    assert wrong == []


@pytest.mark.parametrize("step", [977])
def test_a_zip_said_as_one_number_is_understood_or_asked_about(step):
    for code in all_zips()[::step]:
        if code[0] != "0":
            assert meant(ZIP, SPANISH.cardinal(int(code))) == code
            assert meant(ZIP, f"{SPANISH.cardinal(int(code[:2]))} {SPANISH.cardinal(int(code[2:]))}") in (
                code,
                None,
            )


def test_every_number_below_a_hundred_thousand_is_understood_as_itself():
    wrong = []
    for number in range(100_000):
        words = SPANISH.cardinal(number)
        found = [(each.value, each.confidence) for each in numbers(utterance(words, "es"))]
        if found != [(number, 1.0)]:
            wrong.append((number, words, found))
    assert wrong == []


@given(st.integers(0, 999_999_999))
def test_any_number_said_is_understood_as_itself(number):
    assert meant(NUMBER, SPANISH.cardinal(number)) == number


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("dos mil quinientos", 2500),
        ("unos trescientos", 300),
        ("mil", 1000),
        ("un millón y medio", 1_500_000),
        ("medio millón", 500_000),
        ("veintiuna", 21),
        ("doscientas cincuenta", 250),
        ("una docena", 12),
        ("media docena", 6),
        ("un par", 2),
        ("uno dos cero", 120),
        ("1.200", 1200),
        ("45 mil", 45_000),
        ("2,5 millones", 2_500_000),
        ("diez y seis", 16),
        ("tres, no, cuatro", 4),
        ("ninguno", 0),
        ("tengo tres hijos", 3),
        ("menos cinco", None),
        ("dos y media", None),
        ("no sé", None),
    ],
)
def test_a_number_is_understood_however_it_is_said(words, number):
    assert meant(NUMBER, words) == number


def test_a_rough_number_of_one_who_does_not_know_is_asked_about():
    assert asked(NUMBER, "no sé, como cien") == {100}


@pytest.mark.parametrize(
    ("words", "amount"),
    [
        ("cuarenta y cinco dólares", "45.00"),
        ("cuarenta y cinco dólares con cincuenta centavos", "45.50"),
        ("cuarenta y cinco dólares con cincuenta", "45.50"),
        ("cuarenta y cinco con cincuenta", "45.50"),
        ("cincuenta centavos", "0.50"),
        ("un dólar", "1.00"),
        ("veintiún dólares", "21.00"),
        ("mil cien dólares", "1100.00"),
        ("dos mil", "2000.00"),
        ("unos doscientos dólares al mes", "200.00"),
        ("un millón de dólares", "1000000.00"),
        ("veinte dólares y medio", "20.50"),
        ("$45.50", "45.50"),
        ("45,50", "45.50"),
        ("1.200,50 dólares", "1200.50"),
        ("1,200 dólares", "1200.00"),
    ],
)
def test_an_amount_is_understood_however_it_is_said(words, amount):
    assert meant(MONEY, words) == amount


def test_two_fifty_and_the_end_of_a_range_are_asked_about():
    assert asked(MONEY, "dos cincuenta") == {"250.00", "2.50"}
    assert asked(MONEY, "cinco o seis mil dólares") == {"6000.00"}


@given(st.integers(0, 10**10))
def test_any_amount_said_is_understood_as_itself(cents):
    assert meant(MONEY, SPANISH.money(cents)) == f"{cents // 100}.{cents % 100:02d}"


def test_an_amount_is_read_back_in_spanish():
    (reading,) = MONEY.understand_words("cien dólares")
    assert reading.label == "cien dólares"


@given(st.text("0123456789", min_size=4, max_size=12))
def test_any_digits_said_one_by_one_are_understood_as_themselves(digits):
    kind = Digits(min=4, max=12).in_tongue("es")
    assert meant(kind, SPANISH.digits(digits)) == digits


@pytest.mark.parametrize(
    "words",
    [
        "cinco uno dos, cinco cinco cinco, cero uno dos tres",
        "quinientos doce, quinientos cincuenta y cinco, cero uno veintitrés",
        "uno, cinco uno dos, cinco cinco cinco, cero uno dos tres",
        "(512) 555-0123",
    ],
)
def test_a_phone_number_is_understood_in_any_grouping(words):
    assert meant(Phone().in_tongue("es"), words) == "+15125550123"


def test_a_kind_keeps_its_english_beside_its_spanish():
    assert meant(Zip(), "seven eight seven oh one") == "78701"
    assert said(Zip(), "siete ocho siete cero uno") == []
    assert said(ZIP, "seven eight seven oh one") == []
    assert Zip() == ZIP
