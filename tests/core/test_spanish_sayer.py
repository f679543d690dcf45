"""Values in Spanish words: gender and number agree, "un" before a noun, "mil" without one."""

import pytest

from engine.core.sayers import SAYERS, sayer

SPANISH = sayer("es-US")


def test_every_tongue_of_spanish_is_spanish():
    assert sayer("es-MX") is sayer("es") is SAYERS["es"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "cero"),
        (1, "uno"),
        (16, "dieciséis"),
        (21, "veintiuno"),
        (22, "veintidós"),
        (31, "treinta y uno"),
        (100, "cien"),
        (101, "ciento uno"),
        (500, "quinientos"),
        (777, "setecientos setenta y siete"),
        (900, "novecientos"),
        (1000, "mil"),
        (1001, "mil uno"),
        (1100, "mil cien"),
        (2000, "dos mil"),
        (21_000, "veintiún mil"),
        (31_021, "treinta y un mil veintiuno"),
        (100_000, "cien mil"),
        (101_000, "ciento un mil"),
        (1_000_000, "un millón"),
        (2_000_001, "dos millones uno"),
        (21_000_000, "veintiún millones"),
        (10**9, "mil millones"),
        (10**12, "un billón"),
        (-5, "menos cinco"),
        (10**15, "uno cero cero cero cero cero cero cero cero cero cero cero cero cero cero cero"),
    ],
)
def test_a_number_is_said_as_spanish_counts(number, words):
    assert SPANISH.cardinal(number) == words


@pytest.mark.parametrize(
    ("cents", "words"),
    [
        (0, "cero dólares"),
        (1, "un centavo"),
        (50, "cincuenta centavos"),
        (100, "un dólar"),
        (121, "un dólar con veintiún centavos"),
        (2_100, "veintiún dólares"),
        (4_550, "cuarenta y cinco dólares con cincuenta centavos"),
        (10_100, "ciento un dólares"),
        (100_000, "mil dólares"),
        (100_000_000, "un millón de dólares"),
        (200_000_000, "dos millones de dólares"),
        (100_000_100, "un millón un dólares"),
        (-250, "menos dos dólares con cincuenta centavos"),
    ],
)
def test_an_amount_agrees_with_its_noun(cents, words):
    assert SPANISH.money(cents) == words


def test_digits_are_said_one_by_one():
    assert SPANISH.digits("78701-0") == "siete ocho siete cero uno cero"


def test_a_decimal_is_said_after_a_punto():
    assert SPANISH.number("-1204.50") == "menos mil doscientos cuatro punto cinco cero"


def test_the_first_of_a_month_is_primero():
    assert SPANISH.date(None, 5, 1) == "primero de mayo"
    assert SPANISH.date(1984, 5, 3) == "tres de mayo de mil novecientos ochenta y cuatro"


def test_yes_has_its_accent():
    assert (SPANISH.yes_or_no(True), SPANISH.yes_or_no(False)) == ("sí", "no")
