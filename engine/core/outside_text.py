"""Text from outside, as it may be kept: what no database, file or signature takes is refused or replaced.

Two things that a text of JSON or of a form may hold can't be kept. Half a surrogate pair (`\\ud800`) is no
character and has no UTF-8. NUL (`\\u0000`) is refused by PostgreSQL in every text. One of them in one event
would cost the call its record, so every edge either refuses such a text, with a reason (`is_keepable`), or
replaces those characters (`kept_text`); and whatever edge forgot, no event enters a journal but through
`keepable`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import cast

import msgspec

from engine.core.printable import printable
from engine.core.records import Frozen, Record

REPLACEMENT = "\ufffd"

_UNKEPT = re.compile("[\x00\ud800-\udfff]")
_SHOWN = 40

_encode = msgspec.json.Encoder(enc_hook=dict).encode  # the one foreign type is a frozen mapping


def is_keepable(text: str) -> bool:
    """Whether every character of the text can be kept."""
    return _UNKEPT.search(text) is None


def kept_text(text: str) -> str:
    """The text with the replacement character for each one that can't be kept."""
    return _UNKEPT.sub(REPLACEMENT, text)


def quoted(text: str) -> str:
    """The text in quotes for a message, at most 40 characters of it."""
    shown = printable(text)
    return f"'{shown}'" if len(shown) <= _SHOWN else f"'{shown[: _SHOWN - 1]}…'"


def keepable(record: Record) -> Record:
    """The record itself where all of its texts can be kept, as almost always; else one whose texts can."""
    try:
        if b"\\u0000" not in _encode(record):
            return record
    except UnicodeEncodeError:
        pass
    return cast(Record, _kept(record))


def _kept(thing: object) -> object:
    if isinstance(thing, str):
        return kept_text(thing)
    if isinstance(thing, Frozen):
        fields = {name: _kept(getattr(thing, name)) for name in thing.__struct_fields__}
        return msgspec.structs.replace(thing, **fields)
    if isinstance(thing, Mapping):
        return {_kept(key): _kept(value) for key, value in thing.items()}
    if isinstance(thing, tuple | list):
        return type(thing)(_kept(item) for item in thing)
    return thing
