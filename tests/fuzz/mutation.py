"""Structural mutations: a message that is nearly right goes deeper into a reader than noise does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

ODD_TEXTS: Sequence[str] = (
    *("", " ", "\0", "\x1b[31m", "\r\n", "\u202e", "\ud800", "\U0010ffff", "²", "٣", "½", "é", "'", '"'),
    *("-1", "1e9", "NaN", "Infinity", "0x10", "9" * 40, "9" * 5_000, "a" * 3_000, "true", "null", "~", "no"),
    *("+15550100", "+", "+266696687", "anonymous", "sip:a@b", "../../etc/passwd", "%00", "%", "${HOME}", "{{ zip }}"),
    *("2026-02-30", "24:00", "25:61", "90s", "-1s", "1e400", "78701", "zip.state", "call.hour < 17", "* & [", "\ufeff"),
)  # fmt: skip
ODD_VALUES: Sequence[Any] = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, 2**70, -(2**70), 0.5, -0.0, 1e308, [], {}, [[]], {"": {}}, [None]),
    *ODD_TEXTS,
)  # fmt: skip


def odd_text(rng: Random) -> str:
    return rng.choice(ODD_TEXTS)


def mutated_text(text: str, rng: Random) -> str:
    """A text with something inserted, cut, doubled, swapped or replaced."""
    if not text or rng.random() < 0.2:
        return odd_text(rng)
    first = rng.randrange(len(text) + 1)
    past = min(len(text), first + rng.randrange(1, 9))
    between = rng.choice(
        (odd_text, lambda _: "", lambda _: text[first:past] * 2, lambda _: chr(rng.randrange(0x300)))
    )
    return text[:first] + between(rng)[:64] + text[past:]


def mutated_bytes(content: bytes, rng: Random) -> bytes:
    """Bytes with some flipped, cut or repeated."""
    found = bytearray(content)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(found) + 1)
        match rng.randrange(4):
            case 0 if at < len(found):
                found[at] ^= 1 << rng.randrange(8)
            case 1:
                del found[at : at + rng.randrange(1, 9)]
            case 2:
                found[at:at] = rng.randbytes(rng.randrange(1, 5))
            case _:
                found[at:at] = found[at : at + 8]
    return bytes(found)


def mutated(value: Any, rng: Random, changes: int = 1) -> Any:
    """A value of JSON or YAML with some of its parts, however deep, removed, doubled, renamed or replaced."""
    for _ in range(changes):
        value = _mutated(value, rng)
    return value


def _mutated(value: Any, rng: Random) -> Any:
    if isinstance(value, Mapping) and value and rng.random() < 0.9:
        return _in_mapping(dict(value), rng)
    if isinstance(value, list) and value and rng.random() < 0.9:
        return _in_list(list(value), rng)
    if isinstance(value, str) and rng.random() < 0.5:
        return mutated_text(value, rng)
    if isinstance(value, int | float) and not isinstance(value, bool) and rng.random() < 0.4:
        return value + rng.choice((-1, 1, -value, value, 0.5))
    return rng.choice(ODD_VALUES)


def _in_mapping(value: dict[Any, Any], rng: Random) -> dict[Any, Any]:
    key = rng.choice(list(value))
    match rng.randrange(10):
        case 0:
            del value[key]
        case 1:
            value[mutated_text(str(key), rng)] = value.pop(key)
        case 2:
            value[mutated_text(str(key), rng)] = value[key]
        case 3:
            value[key] = value[rng.choice(list(value))]
        case _:
            value[key] = _mutated(value[key], rng)
    return value


def _in_list(value: list[Any], rng: Random) -> list[Any]:
    at = rng.randrange(len(value))
    match rng.randrange(6):
        case 0:
            del value[at]
        case 1:
            value.insert(at, value[rng.randrange(len(value))])
        case 2:
            value.reverse()
        case _:
            value[at] = _mutated(value[at], rng)
    return value


def json_message(seeds: Sequence[Any]) -> Callable[[Random], bytes]:
    """Draws one of the messages, mutated as a value or, less often, as the bytes on the wire."""
    whole = [json.dumps(seed, separators=(",", ":")).encode() for seed in seeds]

    def draw(rng: Random) -> bytes:
        lot = rng.randrange(len(seeds))
        if rng.random() < 0.3:
            return mutated_bytes(whole[lot], rng)
        changed = mutated(seeds[lot], rng, rng.choice((1, 1, 2)))
        return json.dumps(changed, separators=(",", ":"), ensure_ascii=rng.random() < 0.8).encode(
            "utf-8", "surrogatepass"
        )

    return draw
