"""Money is read and written without losing a micro."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.money import format_money, parse_money


@pytest.mark.parametrize(
    ("text", "micros", "written"),
    [
        ("45.00", 45_000_000, "45.00"),
        ("45", 45_000_000, "45.00"),
        ("0.5", 500_000, "0.50"),
        ("0.0375", 37_500, "0.0375"),
        ("0.000001", 1, "0.000001"),
        ("0", 0, "0.00"),
        ("007.10", 7_100_000, "7.10"),
    ],
)
def test_an_amount_is_read_and_written_exactly(text, micros, written):
    assert parse_money(text) == micros
    assert format_money(micros) == written


@pytest.mark.parametrize(
    "text", ["", "45.", ".5", "-1", "+1", "1,000", "$45", "1e3", "0.0000001", " 1", "٤٥"]
)
def test_what_is_no_amount_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r'write it as "45\.00"'):
        parse_money(text)


def test_a_debt_has_its_sign_before_it():
    assert format_money(-1_500_000) == "-1.50"


@given(st.integers(0, 10**15 - 1))
def test_writing_and_reading_give_the_same_amount(micros):
    assert parse_money(format_money(micros)) == micros
