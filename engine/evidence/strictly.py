"""JSON and base64url read so that one file has one meaning: nothing twice, nothing that stands for nothing.

Two readers of `{"a": 1, "a": 2}` may differ over it, and so may those of base64 with stray bits. What is
signed must be read alike by everybody.
"""

from __future__ import annotations

import base64
import json
import math
from typing import NoReturn, cast

from engine.core.journal import named_twice
from engine.core.json_values import Json, JsonObject
from engine.core.nesting import check_nesting

_LONGEST_INT = 20  # digits of 64 bits, with a sign


def parsed(text: str) -> Json:
    """The value that the text spells; raises ValueError, saying why, where it spells none or several."""
    check_nesting(text)
    return cast(
        Json,
        json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_no_number,
            parse_float=_number,
            parse_int=_whole_number,
        ),
    )


def decoded(text: Json) -> bytes:
    """The bytes behind base64url without padding; raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("found no text where base64url was expected")
    raw = text.encode("ascii")
    found = base64.b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True)
    if encoded(found) != text:
        raise ValueError("found base64url with unused bits that aren't zero")
    return found


def encoded(raw: bytes) -> str:
    """Bytes as base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _object(pairs: list[tuple[str, Json]]) -> JsonObject:
    if (twice := named_twice(pairs)) is not None:
        raise ValueError(f"it has {twice!r} twice")
    return dict(pairs)


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} isn't a JSON number")


def _whole_number(text: str) -> int:
    """Nothing that Cordboard counts is beyond 64 bits, and sums of a million digits take for ever."""
    if len(text) > _LONGEST_INT or not -(2**63) <= (found := int(text)) < 2**63:
        raise ValueError(f"{text[:_LONGEST_INT]}… is beyond all numbers")
    return found


def _number(text: str) -> float:
    found = float(text)
    if not math.isfinite(found):
        raise ValueError(f"{text} is beyond all numbers")
    return found
