"""How the engine and a recogniser's worker write to each other.

A frame is a JSON head and a body, and before them the two lengths.
"""

from __future__ import annotations

import json
import struct
from dataclasses import asdict, replace
from typing import BinaryIO, cast

import msgspec

from engine.core.conditions import Value
from engine.core.grammar_spec import GrammarSpec
from engine.core.other_words import InOtherWords
from engine.media.speech.recognition import Alternative, Recognition

Head = dict[str, object]

WORDS_ALONE = "words-alone"
"""A worker's second argument where it is to tell no meanings."""

LENGTHS = struct.Struct("!II")
LARGEST = 32 * 1024 * 1024


def frame(head: Head, body: bytes = b"") -> bytes:
    text = json.dumps(head).encode()
    return LENGTHS.pack(len(text), len(body)) + text + body


def read_frame(stream: BinaryIO) -> tuple[Head, bytes] | None:
    """The next frame, None at the stream's end."""
    lengths = stream.read(LENGTHS.size)
    if len(lengths) < LENGTHS.size:
        return None
    head, body = LENGTHS.unpack(lengths)
    text, sound = stream.read(head), stream.read(body)
    return (json.loads(text), sound) if len(sound) == body else None


def grammar_head(spec: GrammarSpec) -> Head:
    return asdict(spec)


def grammar_from(head: Head) -> GrammarSpec:
    fields = dict(head)
    for name in ("phrases", "alone", "described"):
        fields[name] = tuple((text, value) for text, value in cast("list[tuple[str, Value]]", head[name]))
    for name in ("leads", "tails", "others", "asides", "aside_leads", "aside_tails", "masks"):
        fields[name] = tuple(cast("list[str]", head[name]))
    fields["parts"] = tuple(grammar_from(part) for part in cast("list[Head]", head["parts"]))
    return GrammarSpec(**fields)  # type: ignore[arg-type]


def recognition_head(recognition: Recognition) -> Head:
    alternatives = [
        {**asdict(one), "other": None if one.other is None else msgspec.structs.asdict(one.other)}
        for one in recognition.alternatives
    ]
    return {**asdict(replace(recognition, alternatives=())), "alternatives": alternatives}


def recognition_from(head: Head) -> Recognition:
    fields = dict(head)
    alternatives = cast("list[Head]", head["alternatives"])
    fields["alternatives"] = tuple(_alternative_from(one) for one in alternatives)
    evidence = cast("list[tuple[str, float]]", head["evidence"])
    fields["evidence"] = tuple((name, value) for name, value in evidence)
    return Recognition(**fields)  # type: ignore[arg-type]


def _alternative_from(head: Head) -> Alternative:
    other = head["other"]
    found = None if other is None else msgspec.convert(other, InOtherWords)
    return Alternative(**{**head, "other": found})  # type: ignore[arg-type]
