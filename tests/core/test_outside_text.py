"""Text from outside: what no database takes never enters an event, and everything else is left as it came."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.events import Bid, BidsIn, LookedUp, ReservationRefused, Said, SpeechHeard
from engine.core.journal import to_json
from engine.core.outside_text import is_keepable, keepable, kept_text

ODD = "\ud800"


def is_kept(record: object) -> bool:
    text = json.dumps(to_json(record), ensure_ascii=False)  # type: ignore[arg-type]
    text.encode()
    return "\\u0000" not in text and "\0" not in text


@pytest.mark.parametrize("odd", ["\0", ODD, "a\udfffb", "\udc80"])
def test_every_text_of_an_event_is_reached_however_deep_it_lies(odd: str) -> None:
    events = [
        BidsIn(5, "b1", (Bid("good", "bid", 1), Bid("odd", "bid", 2, name=odd))),
        LookedUp(5, "l1", "found", fields={odd: odd, "age": 7}),
        ReservationRefused(5, "r1", odd, {"by": odd}),
        SpeechHeard(5, "n1", odd, 0.5, (Said(odd, 0.5),), 1, 4, odd),
    ]
    for event in events:
        kept = keepable(event)
        assert is_kept(kept)
        assert type(kept) is type(event)
    bids = keepable(events[0])
    assert isinstance(bids, BidsIn)
    assert bids.bids[0] == Bid("good", "bid", 1)
    assert bids.bids[1].name == kept_text(odd)


def test_what_can_be_kept_is_the_very_same_record() -> None:
    event = LookedUp(5, "l1", "found", fields={"note": "\\u0000 is how it is written, and 😀 is a character"})
    assert keepable(event) == event
    plain = LookedUp(5, "l1", "found", fields={"note": "fine"})
    assert keepable(plain) is plain


@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=20))
def test_a_text_is_keepable_just_when_nothing_of_it_is_replaced(text: str) -> None:
    assert is_keepable(text) is (kept_text(text) == text)
    assert is_keepable(kept_text(text))
    assert len(kept_text(text)) == len(text)
