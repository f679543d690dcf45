"""What bidders answer, read as strictly as money deserves.

A ping's answer is JSON: `{"bid": "31.50", "to": "+15550111", "expires_in": 30, "id": "b-7"}`, or
`{"bid": 0, "reason": "no agents"}`. Only `bid` must be there; what is not known here is passed over. An
object that says one thing twice says nothing: it is refused, and so is any amount that cannot be written in
millionths.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Annotated, TypeVar

import msgspec

from engine.core.journal import named_twice
from engine.core.nesting import NestedTooDeeply, check_nesting
from engine.core.outside_text import is_keepable

MICROS = 1_000_000
HIGHEST_BID = 1_000_000

_AMOUNT = re.compile(r"-?\d{1,30}(?:\.\d{1,30})?", re.ASCII)
_DECIMALS = 6
_SHOWN = 40
_SHOWN_WHY = 120


class MalformedError(ValueError):
    """The answer is no bid, or no confirmation; says which field, and what belongs there."""


_PHONE = Annotated[str, msgspec.Meta(pattern=r"^(\+[1-9][0-9]{6,14})?\Z")]
_SHORT = Annotated[str, msgspec.Meta(max_length=200)]


class BidAnswer(msgspec.Struct, frozen=True):
    """What a bidder answers to a ping."""

    bid: Decimal
    to: _PHONE = ""
    expires_in: Annotated[int, msgspec.Meta(ge=0, le=86_400)] | None = None  # seconds
    id: _SHORT = ""
    reason: _SHORT = ""

    @property
    def amount_micros(self) -> int:
        return int(self.bid * MICROS)


class ConfirmAnswer(msgspec.Struct, frozen=True):
    """What a bidder answers when it is told that it gets the call."""

    accepted: bool
    to: _PHONE = ""
    reason: _SHORT = ""


Answer = TypeVar("Answer", BidAnswer, ConfirmAnswer)


def read_bid(body: bytes) -> BidAnswer:
    """Raises MalformedError where it is no bid."""
    said = _object(body)
    if not isinstance(said, dict):
        return _read(said, BidAnswer)
    amount = {"bid": _amount(said["bid"])} if "bid" in said else {}
    return _read({**{name: _plain(value) for name, value in said.items()}, **amount}, BidAnswer)


def read_confirmation(body: bytes) -> ConfirmAnswer:
    """Raises MalformedError where it is none."""
    return _read(_object(body), ConfirmAnswer)


def _object(body: bytes) -> object:
    """The JSON as it is written: numbers with a point are still their text."""
    try:
        text = body.decode()
        check_nesting(text)
        said: object = json.loads(text, object_pairs_hook=_once, parse_float=_Written, parse_constant=_refuse)
    except NestedTooDeeply as error:
        raise MalformedError(str(error)) from error
    except ValueError as error:  # no JSON, no UTF-8, a whole number of thousands of digits
        raise MalformedError(f"it isn't JSON: {error}"[:_SHOWN_WHY]) from error
    return said


class _Written(float):
    """A number with its digits."""

    __slots__ = ("text",)

    def __new__(cls, text: str) -> _Written:
        made = super().__new__(cls, text)
        made.text = text
        return made

    text: str


def _plain(value: object) -> object:
    if not isinstance(value, _Written):
        return value
    return int(value) if value.is_integer() else float(value)  # 30.0 seconds are 30


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if (twice := named_twice(pairs)) is not None:
        raise MalformedError(f"{_short(twice)}: found twice, expected once")
    return dict(pairs)


def _refuse(word: str) -> object:
    raise MalformedError(f"found {word}, which isn't JSON")


def _amount(said: object) -> Decimal:
    text = said.text if isinstance(said, _Written) else said
    if isinstance(text, bool) or not isinstance(text, str | int):
        raise MalformedError(f"bid: found {_short(json.dumps(said))}, expected an amount")
    if _AMOUNT.fullmatch(str(text)) is None:
        raise MalformedError(f"bid: found {_short(str(text))}, expected an amount, as in 31.50")
    amount = Decimal(text)
    if not 0 <= amount < HIGHEST_BID:
        raise MalformedError(f"bid: found {_short(str(text))}, expected an amount from 0 to {HIGHEST_BID}")
    if str(text).partition(".")[2][_DECIMALS:].strip("0"):
        expected = f"at most {_DECIMALS} digits behind the point"
        raise MalformedError(f"bid: found {_short(str(text))}, expected {expected}")
    return amount


def _read(said: object, kind: type[Answer]) -> Answer:
    try:
        answer = msgspec.convert(said, kind)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise MalformedError(str(error)) from error
    if isinstance(answer, BidAnswer) and not is_keepable(answer.id):
        raise MalformedError(f"id: found {_short(answer.id)}, expected a text of whole characters")
    shown = "".join(letter if letter.isprintable() else " " for letter in answer.reason)
    return msgspec.structs.replace(answer, reason=shown)  # an operator's terminal shows it


def _short(text: str) -> str:
    shown = text if text.isprintable() else ascii(text)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
