"""How these tests say things: the ways people say a ZIP, and readings written short."""

from collections.abc import Iterator
from itertools import pairwise

from engine.core.answers import AnswerType
from engine.core.numerals import cardinal

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")

SURE = 0.8  # from here on nobody is asked


def said(kind: AnswerType, words: str) -> list[tuple[object, float]]:
    """(value, confidence) of every reading."""
    return [(each.value, each.confidence) for each in kind.understand_words(words)]


def meant(kind: AnswerType, words: str) -> object:
    """The value that is taken without asking, None where there is none."""
    readings = kind.understand_words(words)
    return readings[0].value if readings and readings[0].confidence >= SURE else None


def asked(kind: AnswerType, words: str) -> set[object]:
    """The values between which the caller is asked."""
    readings = kind.understand_words(words)
    assert all(each.confidence < SURE for each in readings)
    return {each.value for each in readings}


def number_words(number: int) -> str:
    return cardinal(number).replace("-", " ")


def digit(figure: str) -> str:
    return "oh" if figure == "0" else DIGITS[int(figure)]


def one_by_one(code: str) -> Iterator[str]:
    """Digit by digit: with zero, with oh, with double."""
    yield " ".join(DIGITS[int(figure)] for figure in code)
    yield " ".join(map(digit, code))
    words: list[str] = []
    at = 0
    while at < len(code):
        if code[at : at + 2] == 2 * code[at]:
            words.append(f"double {digit(code[at])}")
            at += 2
        else:
            words.append(digit(code[at]))
            at += 1
    yield " ".join(words)


def in_groups(code: str) -> Iterator[str]:
    """By pairs and hundreds, and as one large number."""
    for cuts in (
        (0, 1, 3, 5),
        (0, 2, 3, 5),
        (0, 2, 4, 5),
        (0, 1, 3, 4, 5),
        (0, 2, 3, 4, 5),
        (0, 1, 2, 5),
        (0, 3, 5),
        (0, 3, 4, 5),
    ):
        groups = [code[begin:end] for begin, end in pairwise(cuts)]
        if all(len(group) == 1 or group[0] != "0" for group in groups):
            yield " ".join(digit(group) if len(group) == 1 else number_words(int(group)) for group in groups)
    yield number_words(int(code))
