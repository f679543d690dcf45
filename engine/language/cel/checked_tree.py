"""The type-checked tree of a CEL expression, read from its serialized form.

CEL's library hands out a ``cel.expr.CheckedExpr`` in protobuf's wire format (field numbers as in
cel-spec's checked.proto and syntax.proto) but no message classes. Only what closures and lint need is
read; a node of any other kind becomes ``Other``.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["bool", "int", "uint", "double", "string", "bytes", "other"]

_PRIMITIVES: dict[int, Kind] = {1: "bool", 2: "int", 3: "uint", 4: "double", 5: "string", 6: "bytes"}


@dataclass(frozen=True, slots=True)
class Constant:
    value: bool | int | float | str
    kind: Kind
    offset: int


@dataclass(frozen=True, slots=True)
class Name:
    """A variable; a dotted one (``zip.state``) is a single name."""

    name: str
    kind: Kind
    offset: int


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function or operator; ``overload`` is the one the checker resolved, "" where several remain."""

    function: str
    overload: str
    arguments: tuple["Checked", ...]
    kind: Kind
    offset: int


@dataclass(frozen=True, slots=True)
class ListExpression:
    elements: tuple["Checked", ...]
    kind: Kind
    offset: int


@dataclass(frozen=True, slots=True)
class Other:
    """A macro, map, message or field access: left to CEL itself."""

    kind: Kind
    offset: int


Checked: TypeAlias = Constant | Name | FunctionCall | ListExpression | Other


@dataclass(frozen=True, slots=True)
class CheckedTree:
    """``names`` are all variables read anywhere in it, each once, in the order of the text."""

    root: Checked
    names: tuple[str, ...]


def checked_tree(serialized: bytes) -> CheckedTree:
    """Parses what ``cel.Expression.serialize()`` returned."""
    envelope = _fields(serialized)  # google.protobuf.Any
    checked = _fields(_bytes(envelope, 2))
    return _TreeReader(checked).tree()


class _TreeReader:
    def __init__(self, checked: "_Message") -> None:
        self._expression = _bytes(checked, 4)
        self._overloads: dict[int, tuple[str, ...]] = {}
        self._names: dict[int, str] = {}
        for key, content in _pairs(checked, 2):
            if isinstance(content, bytes):
                self._read_reference(key, _fields(content))
        self._kinds = {
            key: _kind(content) for key, content in _pairs(checked, 3) if isinstance(content, bytes)
        }
        source = _fields(_bytes(checked, 5))
        self._offsets = {key: offset for key, offset in _pairs(source, 4) if isinstance(offset, int)}

    def tree(self) -> CheckedTree:
        in_order = sorted(self._names.items(), key=lambda item: self._offsets.get(item[0], 0))
        return CheckedTree(self._node(self._expression), tuple(dict.fromkeys(name for _, name in in_order)))

    def _read_reference(self, key: int, reference: "_Message") -> None:
        overloads = tuple(
            entry.decode() for number, entry in reference if number == 3 and isinstance(entry, bytes)
        )
        if overloads:
            self._overloads[key] = overloads
        elif name := _bytes(reference, 1).decode():
            self._names[key] = name

    def _node(self, encoded: bytes) -> Checked:
        message = _fields(encoded)
        key = _number(message, 2)
        kind, offset = self._kinds.get(key, "other"), self._offsets.get(key, 0)
        for number, content in message:
            if not isinstance(content, bytes):
                continue
            if number == 3:
                constant = _constant(_fields(content))
                return Other(kind, offset) if constant is None else Constant(constant, kind, offset)
            if number == 4:
                return Name(self._names.get(key) or _bytes(_fields(content), 1).decode(), kind, offset)
            if number == 6:
                return self._call(key, _fields(content), kind, offset)
            if number == 7:
                items = _fields(content)
                if any(item != 1 for item, _ in items):  # optional elements
                    return Other(kind, offset)
                return ListExpression(tuple(self._children(items, 1)), kind, offset)
        return Other(kind, offset)

    def _call(self, key: int, call: "_Message", kind: Kind, offset: int) -> FunctionCall:
        overloads = self._overloads.get(key, ())
        arguments = (*self._children(call, 1), *self._children(call, 3))
        overload = overloads[0] if len(overloads) == 1 else ""
        return FunctionCall(_bytes(call, 2).decode(), overload, arguments, kind, offset)

    def _children(self, message: "_Message", field: int) -> Iterator[Checked]:
        return (
            self._node(entry) for number, entry in message if number == field and isinstance(entry, bytes)
        )


def _constant(message: "_Message") -> bool | int | float | str | None:
    for number, content in message:
        if number == 2:
            return bool(content)
        if number == 3 and isinstance(content, int):
            return content - (1 << 64) if content >= 1 << 63 else content
        if number == 5 and isinstance(content, bytes):
            value: float = struct.unpack("<d", content)[0]
            return value
        if number == 6 and isinstance(content, bytes):
            return content.decode()
    return None


@lru_cache(maxsize=256)  # there are but a few types
def _kind(encoded: bytes) -> Kind:
    return _PRIMITIVES.get(_number(_fields(encoded), 3), "other")


_Message: TypeAlias = list[tuple[int, int | bytes]]


def _fields(encoded: bytes) -> _Message:
    """A message's fields by number: integers as they are, everything of fixed or given length as bytes."""
    fields: _Message = []
    position, end = 0, len(encoded)
    while position < end:
        tag = encoded[position]
        position += 1
        if tag >= 0x80:
            tag, position = _varint(encoded, position - 1)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value = encoded[position]
            position += 1
            if value >= 0x80:
                value, position = _varint(encoded, position - 1)
            fields.append((number, value))
            continue
        if wire == 2:
            length = encoded[position]
            position += 1
            if length >= 0x80:
                length, position = _varint(encoded, position - 1)
        elif wire in (1, 5):
            length = 8 if wire == 1 else 4
        else:
            raise ValueError(f"wire type {wire} is not part of a checked expression")
        fields.append((number, encoded[position : position + length]))
        position += length
    return fields


def _varint(encoded: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = encoded[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7


def _pairs(message: _Message, field: int) -> Iterator[tuple[int, int | bytes]]:
    """A map's entries, whose keys are expression ids."""
    for number, entry in message:
        if number == field and isinstance(entry, bytes):
            yield _pair(entry)


@lru_cache(maxsize=8_192)  # of ten thousand texts most say the same of their first dozen parts
def _pair(entry: bytes) -> tuple[int, int | bytes]:
    pair = dict(_fields(entry))
    key = pair.get(1, 0)
    assert isinstance(key, int)
    return key, pair.get(2, 0)


def _bytes(message: _Message, field: int) -> bytes:
    for number, value in message:
        if number == field and isinstance(value, bytes):
            return value
    return b""


def _number(message: _Message, field: int) -> int:
    for number, value in message:
        if number == field and isinstance(value, int):
            return value
    return 0
