"""What an unquoted word in YAML means: YAML 1.2's core schema, narrowed to what operators mean.

``true`` and ``false``, ``null``, ``123`` and ``1.5`` get a type. Whatever else a YAML 1.1 reader would
turn into something surprising stays the text that was written: ``02134``, ``+15550100``, ``1:30``, ``off``,
``2024-01-01``, ``0x1F``, ``1e5``, ``.5``, and numbers too long for a counter.
"""

import re
from typing import TypeAlias

Scalar: TypeAlias = str | int | float | bool | None

_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_FRACTION = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}(?:[eE][-+]?[0-9]{1,2})?")


def plain_value(text: str) -> Scalar:
    """The value of an unquoted scalar."""
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text in _NULLS:
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FRACTION.fullmatch(text):
        return float(text)
    return text
