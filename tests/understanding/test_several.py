"""Several answers asked at once are one kind: what a sentence settles of them, and what keys give."""

import pytest

from engine.core.commands import Listen
from engine.core.journal import to_json
from engine.understanding.digits import Digits
from engine.understanding.several import Several
from engine.understanding.yes_no import YesNo
from engine.understanding.zip import Zip

BOTH = Several({"owner": YesNo(), "zip": Zip()}, "zip")


def test_keys_give_one_answer_alone() -> None:
    assert BOTH.keypad == Zip().keypad
    keyed = BOTH.understand_keys("78701")
    assert keyed is not None
    assert keyed.value == "78701"
    assert BOTH.understand_keys("1") is None


def test_words_give_what_they_settle() -> None:
    (reading,) = BOTH.understand_words("I'm in 78701")
    assert reading.values["zip"] == "78701"
    assert "owner" not in reading.values
    assert BOTH.understand_words("hello") == ()


def test_one_sensitive_answer_makes_all_of_it_so() -> None:
    assert Several({"zip": Zip(), "account": Digits(sensitive=True)}, "zip").sensitive
    assert not BOTH.sensitive


def test_the_key_answer_must_be_among_them() -> None:
    with pytest.raises(ValueError, match="keys give 'need'"):
        Several({"zip": Zip()}, "need")


def test_a_journal_names_its_kind() -> None:
    assert to_json(Listen("l1", BOTH, (), 800))["kind"] == "form"
