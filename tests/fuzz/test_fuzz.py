"""A short soak of every reader of what strangers send; `make fuzz` gives them a million messages."""

from __future__ import annotations

from random import Random

import pytest

from engine.core.journal import JournalUnreadableError, event_from_json, fact_from_json
from engine.exchange.bid_answers import MalformedError, read_bid, read_confirmation
from tests.fuzz.decoders import FUZZERS, Fuzzer
from tests.fuzz.mutation import json_message, mutated
from tests.fuzz.posts import soak_http
from tests.fuzz.soak import soak

SHORT = 2_000
MOST_S = 1.5  # of each reader; what takes long gets fewer messages
SLOW = 40  # messages over HTTP


@pytest.mark.parametrize("fuzzer", FUZZERS, ids=lambda fuzzer: fuzzer.name)
def test_no_message_makes_a_reader_raise(fuzzer: Fuzzer) -> None:
    soaked = soak(fuzzer, SHORT, "short", MOST_S)
    assert soaked.messages
    assert soaked.faults == {}


def test_no_request_is_answered_with_a_500() -> None:
    soaked = list(soak_http(SLOW, "short", MOST_S))
    assert all(each.messages for each in soaked)
    assert {each.name: each.faults for each in soaked} == {"webhooks": {}, "API": {}}


def test_a_reader_that_raises_is_found_with_the_draw_that_shows_it_again() -> None:
    def broken(rng: Random) -> None:
        if rng.random() < 0.1:
            raise KeyError("x")

    soaked = soak(Fuzzer("broken", 1, lambda _: broken), 200, "a", 60)
    assert soaked.messages == 200
    (told,) = soaked.faults.values()
    number = int(told.partition("message ")[2].partition("\n")[0])
    with pytest.raises(KeyError):
        broken(Random(f"a broken {number}"))


def test_mutations_leave_the_value_that_they_were_made_of() -> None:
    value = {"a": [1, {"b": "text"}], "c": {"d": None}}
    changed = [mutated(value, Random(number), 2) for number in range(300)]
    assert value == {"a": [1, {"b": "text"}], "c": {"d": None}}
    assert len({repr(each) for each in changed}) > 100
    draw = json_message([value])
    assert draw(Random(1)) == draw(Random(1))


# Found by the soak


@pytest.mark.parametrize(
    "record",
    [
        {"type": "Decision", "candidates": ["lonestar"]},
        {"type": "Verdict", "clauses": True},
        {"type": "Verdict", "clauses": "text"},
        {"type": "Ending"},
        {"type": "Leg", "leg": "\ud800", "outcome": "\ud800"},
    ],
    ids=repr,
)
def test_a_record_of_no_form_that_was_ever_written_is_unreadable(record: dict[str, object]) -> None:
    with pytest.raises(JournalUnreadableError):
        fact_from_json(record)  # type: ignore[arg-type]
    with pytest.raises(JournalUnreadableError):
        event_from_json(record)  # type: ignore[arg-type]


def test_half_a_character_in_a_bidders_answer_is_malformed() -> None:
    for body in (b'{"bid": "31.50", "to": "\\ud800"}', b'{"accepted": true, "to": "\\ud800"}'):
        with pytest.raises(MalformedError):
            (read_confirmation if b"accepted" in body else read_bid)(body)
