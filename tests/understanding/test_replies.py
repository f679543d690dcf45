"""What callers say to a read-back: yes, no, another value in the same breath; nothing denied is a reading."""

import pytest

from engine.core.answers import AnswerType
from engine.core.conditions import Value
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.date import Date
from engine.understanding.number import Number
from engine.understanding.phone import Phone
from engine.understanding.replies import Confirming, Reply
from engine.understanding.yes_no import YesNo
from engine.understanding.zip import Zip

NEED = Choice(
    {
        "repair": ChoiceOption("1", ("repair", "leak")),
        "replace": ChoiceOption("2", ("replacement", "new roof"), say="a new roof"),
    }
)
INSURANCE = Choice(
    {
        "claim": ChoiceOption("1", ("filing a claim",), say="an insurance claim"),
        "none": ChoiceOption("2", ("no insurance", "out of pocket"), say="no insurance"),
    }
)
SURE = 0.8


def confirming(kind: AnswerType, stated: Value) -> Confirming:
    read_back = kind.understand_value(stated)
    assert read_back is not None
    return Confirming({"x": read_back}, {"x": kind})


def best(reply: Reply | None) -> tuple[Value, bool]:
    """The value, and whether it is sure."""
    assert reply is not None
    reading = reply.values["x"][0]
    return reading.value, reading.confidence >= SURE


@pytest.mark.parametrize(
    "words", ["yes", "yeah that's right", "78701", "yes, 78701", "correct", "one", "press 1"]
)
def test_a_yes_or_the_same_again_confirms(words: str) -> None:
    reply = confirming(Zip(), "78701").reply_in_words(words)
    assert reply is not None
    assert (reply.is_yes, dict(reply.values)) == (True, {})


@pytest.mark.parametrize(
    "words", ["no", "nope", "that's wrong", "no, 78701", "not 78701", "not 78701, 78701", "two", "no, two"]
)
def test_a_no_denies_and_gives_nothing_else(words: str) -> None:
    reply = confirming(Zip(), "78701").reply_in_words(words)
    assert reply is not None
    assert (reply.is_yes, dict(reply.values)) == (False, {})


@pytest.mark.parametrize("words", ["maybe", "I don't know", "hello", "no no 78701 is right", ""])
def test_what_is_neither_is_asked_again(words: str) -> None:
    assert confirming(Zip(), "78701").reply_in_words(words) is None


@pytest.mark.parametrize(
    "words",
    [
        "no, 78702",
        "no 78702",
        "no it's seven eight seven oh two",
        "not 78701, 78702",
        "seven eight seven oh two",
        "that's not right, it's 78702",
        "It's 78702, not 78701.",
        "wait, 78702",
    ],
)
def test_another_zip_is_taken_with_a_no_or_without(words: str) -> None:
    assert best(confirming(Zip(), "78701").reply_in_words(words)) == ("78702", True)


@pytest.mark.parametrize("words", ["yes 78702", "not 78701 78702"])
def test_what_contradicts_itself_is_another_value_that_is_not_sure(words: str) -> None:
    assert best(confirming(Zip(), "78701").reply_in_words(words)) == ("78702", False)


@pytest.mark.parametrize(
    ("kind", "stated", "words", "value", "is_sure"),
    [
        (NEED, "replace", "no, repair", "repair", True),
        (NEED, "replace", "no it's a leak", "repair", True),
        (NEED, "replace", "not a new roof, a repair", "repair", True),
        (NEED, "replace", "no repair", "repair", False),  # or is it "no" to a repair?
        (NEED, "replace", "one", "repair", False),  # or the key for yes?
        (INSURANCE, "claim", "no insurance", "none", True),
        (INSURANCE, "claim", "no, no insurance", "none", True),
        (INSURANCE, "none", "no, filing a claim", "claim", True),
        (Number(0, 10), 2, "no, it's four", 4, True),
        (Number(0, 10), 2, "one", 1, False),
        (Date(), "--05-03", "no, May 4th", "--05-04", True),
        (Phone(), "+15125550123", "no, 512 555 0124", "+15125550124", True),
    ],
)
def test_every_kind_can_be_put_right(kind, stated, words, value, is_sure):
    assert best(confirming(kind, stated).reply_in_words(words)) == (value, is_sure)


def test_an_option_that_begins_with_no_is_no_denial_of_itself() -> None:
    reply = confirming(INSURANCE, "none").reply_in_words("no insurance")
    assert reply is not None
    assert reply.is_yes is True


def test_a_bare_key_that_is_also_the_value_is_unclear() -> None:
    assert confirming(NEED, "replace").reply_in_words("two") is None


def test_to_a_yes_or_no_only_yes_and_no_are_replies() -> None:
    asked = confirming(YesNo(), True)
    reply = asked.reply_in_words("no")
    assert reply is not None
    assert (reply.is_yes, dict(reply.values)) == (False, {})
    assert asked.keyed is None


@pytest.mark.parametrize(
    ("keys", "is_yes", "value", "rest"),
    [
        ("1", True, None, ""),
        ("2", False, None, ""),
        ("78702", None, ("78702", True), ""),
        ("10001", None, ("10001", False), ""),
        ("78701", True, None, ""),
        ("12", True, None, "2"),
        ("24567", False, None, "4567"),
    ],
)
def test_keys_are_yes_no_or_another_value(keys, is_yes, value, rest):
    replied = confirming(Zip(), "78701").reply_by_keys(keys)
    assert replied is not None
    reply, left = replied
    assert (reply.is_yes, left) == (is_yes, rest)
    assert (best(reply) if value else None) == value


def test_keys_that_make_no_sense_are_none() -> None:
    assert confirming(Zip(), "78701").reply_by_keys("99999") is None
    assert confirming(NEED, "replace").reply_by_keys("7") is None


def test_only_a_kind_of_some_length_waits_for_more_than_one_key() -> None:
    assert confirming(NEED, "replace").keypad == YesNo().keypad
    assert confirming(Zip(), "78701").keypad.whole_keys == {"1", "2"}


SEVERAL = {"need": NEED, "zip": Zip(), "insurance": INSURANCE}


def replies(words: str) -> tuple[bool | None, dict[str, Value]] | None:
    stated = {"need": NEED.understand_value("replace"), "zip": Zip().understand_value("78701")}
    reply = Confirming(stated, SEVERAL).reply_in_words(words)  # type: ignore[arg-type]
    return None if reply is None else (reply.is_yes, {n: some[0].value for n, some in reply.values.items()})


@pytest.mark.parametrize(
    ("words", "reply"),
    [
        ("yes", (True, {})),
        ("no", (False, {})),
        ("new roof in 78701", (True, {})),
        ("no, 78702", (False, {"zip": "78702"})),
        ("no, a repair in 78702", (False, {"zip": "78702", "need": "repair"})),
        ("yes and I'm filing a claim", (True, {"insurance": "claim"})),
        ("a repair", (None, {"need": "repair"})),
        ("78701", None),  # half of it again: is the rest right?
    ],
)
def test_several_that_were_read_back_together_are_put_right_one_by_one(words, reply):
    assert replies(words) == reply
