"""What the programs of voices have in common.

A program reads {"text", "slower"} (in percent) and answers mu-law at 8 kHz, over stdin and stdout, in order,
until stdin ends. A request is a four-byte length and JSON; an answer is a four-byte length, a byte (1 sound,
0 an error message) and the body. It yields to calls on the same machine: lowest priority.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import sys
from array import array
from collections.abc import Callable
from typing import BinaryIO, Protocol

from engine.media import mulaw
from engine.media.resample import resample

_PEAK = 0.71 * 32_767
"""Prompts peak at -3 dB of full scale."""

_MAX_GAIN = 8.0
_PAD_MS = 60
"""Silence around each text: prompts are joined end to end, and must not sound glued."""


class SpeakingVoice(Protocol):
    def spoken(self, text: str, slower: int) -> bytes:
        """The text as mu-law at 8 kHz, spoken so many percent slower."""
        ...


def serve(load: Callable[[], SpeakingVoice]) -> None:
    """Answer requests with the voice that `load` makes, which may take seconds."""
    # Whatever a library prints must not get between two answers: it goes to stderr from here on.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with contextlib.suppress(OSError):
        os.nice(10)
    voice = load()
    while (request := _read_request(sys.stdin.buffer)) is not None:
        try:
            body, is_sound = voice.spoken(*request), True
        except Exception as error:  # noqa: BLE001 - whatever it is, the engine is told and decides
            body, is_sound = f"{type(error).__name__}: {error}".encode(), False
        answers.write(struct.pack("!I?", len(body), is_sound) + body)
        answers.flush()


def telephone_sound(samples: array[int], rate_hz: int) -> bytes:
    """16-bit samples as a prompt: at 8 kHz, as loud as the others, with a little silence around."""
    pad = bytes([mulaw.SILENCE]) * (_PAD_MS * mulaw.RATE_HZ // 1000)
    return pad + mulaw.encode(_levelled(resample(samples, rate_hz, mulaw.RATE_HZ))) + pad


def _levelled(samples: array[int]) -> array[int]:
    peak = max((abs(sample) for sample in samples), default=0)
    if peak == 0:
        return samples
    gain = min(_PEAK / peak, _MAX_GAIN)
    return array("h", [round(sample * gain) for sample in samples])


def _read_request(requests: BinaryIO) -> tuple[str, int] | None:
    head = requests.read(4)
    if len(head) < 4:
        return None
    (size,) = struct.unpack("!I", head)
    request = json.loads(requests.read(size))
    return str(request["text"]), int(request["slower"])
