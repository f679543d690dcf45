"""What comes of a dialled leg beside its ringing, answering and ending: some of the call's events, and what
is kept of them with the leg."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from engine.core.records import Frozen

MOST_KEYS = 200  # of a talk, one by one

Answerer = Literal["person", "machine", "unknown"]


class AnswererTold(Frozen, frozen=True):
    """The carrier says what picked up. `said` is its own word for it (machine_start, fax, …), or `not_asked`
    where it doesn't find out."""

    at: int
    leg: str
    answerer: Answerer
    said: str


class TalkKeyPressed(Frozen, frozen=True):
    """One of the two pressed a key in their talk. `key` is "" unless the flow keeps it."""

    at: int
    leg: str
    key: str = ""


JoinFailure = Literal["two_carriers", "cannot_join", "apart", "refused", "unreachable"]
"""Why a carrier did not join two legs: each is at another, it can't, one of them was gone, it said no, or
nobody knows what it said."""


class LegsJoined(Frozen, frozen=True):
    """The carrier has joined the leg with the caller's: their talk goes through us no more."""

    at: int
    leg: str
    carrier: str


class JoinFailed(Frozen, frozen=True):
    """The carrier has not joined them: their talk goes on through us. `said` is its own word for it."""

    at: int
    leg: str
    code: JoinFailure
    said: str = ""


class BuyerNotice(Frozen, frozen=True):
    """What became of telling a buyer's webhook of the call: how long it took, and what it answered."""

    outcome: str
    ms: int
    said: str = ""


class Joining(Frozen, frozen=True):
    """Who joined a leg with its caller, where the flow would have its carrier do so.

    The `carrier` did, `at` then. Where that is "" the talk went through us, for the reason of this `code`:
    the call was recorded, its talk's keys were kept, or what became of asking the carrier.
    """

    at: int
    carrier: str = ""
    code: Literal["", "recorded", "keys_kept"] | JoinFailure = ""
    said: str = ""


class AnsweredBy(Frozen, frozen=True):
    """What picked up, by the carrier: its own word, what we take that for, and when it said so."""

    answerer: Answerer
    said: str
    at: int


class TalkKey(Frozen, frozen=True):
    """A key that one of the two pressed in their talk. `key` is "" unless the flow keeps it."""

    at: int
    by: Literal["caller", "callee"]
    key: str = ""


def keys_of_talk(keys: Sequence[TalkKey]) -> Mapping[str, object]:
    """What a leg keeps of them: their number, and the first of them one by one."""
    return {"keys": tuple(keys[:MOST_KEYS]), "keys_pressed": len(keys)} if keys else {}


LegEvent = AnswererTold | TalkKeyPressed | LegsJoined | JoinFailed
