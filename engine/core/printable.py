"""Text from outside, made fit for a line of a log or of a terminal.

What is no letter (escape sequences, line ends, C1 controls, marks that turn the direction of writing, halves
of surrogate pairs) is shown as Python writes it: `\\x1b`, `\\n`, `\\u202e`. Everything else stays as it is.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

Told = TypeVar("Told")

_NO_LETTERS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
_JOINERS = "\u200c\u200d"  # some scripts can't be written without


def is_letter(character: str) -> bool:
    """Whether a terminal draws it, and does nothing else."""
    return unicodedata.category(character) not in _NO_LETTERS or character in _JOINERS


def printable(text: str, longest: int | None = None) -> str:
    """The text on one line, cut with an ellipsis where it is longer than `longest`."""
    if longest is not None and len(text) > longest:
        text = f"{text[:longest]}…"
    if text.isprintable():
        return text
    return "".join(one if is_letter(one) else _written(one) for one in text)


def printable_lines(text: str) -> str:
    """As `printable`, but where the text is ours and has several lines."""
    return "\n".join(printable(line) for line in text.split("\n"))


def printable_json(text: str) -> str:
    """The same JSON, in which what is no letter is escaped as JSON does."""
    if text.isprintable():
        return text
    return "".join(one if one == "\n" or is_letter(one) else _in_json(one) for one in text)


def printable_record(told: Told) -> Told:
    """A record, or what is in one, with each of its texts made printable."""
    return _printable(told)  # type: ignore[no-any-return]


def _printable(told: Any) -> Any:
    match told:
        case str():
            return printable(told)
        case msgspec.Struct():
            names = told.__struct_fields__
            return msgspec.structs.replace(told, **{name: _printable(getattr(told, name)) for name in names})
        case Mapping():
            return {_printable(name): _printable(held) for name, held in told.items()}
        case tuple() | list():
            return type(told)(_printable(each) for each in told)
        case _:
            return told


def _written(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _in_json(character: str) -> str:
    code = ord(character)
    if code < 0x10000:
        return f"\\u{code:04x}"
    high, low = divmod(code - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
