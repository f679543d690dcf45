"""The speech model: Moonshine tiny-en (MIT) on onnxruntime, one thread, from the wheel moonshine-voice.

The wheel is used for its three files alone; its own code, which may download, is never imported. The files
are checked against their known sums before use. `Moonshine` turns sound into states, and token sequences
into log-probabilities; which sequences are worth a look is the search's business (beam.py).
"""

from __future__ import annotations

import hashlib
import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnxruntime

from engine.media.speech.model import DecoderStep, Floats, Ids, ModelMissing, log_sum_exp, scores_of
from engine.media.speech.upsample import RATE_HZ, Samples

START, END = 1, 2
_LAYERS, _HEADS, _WIDTH = 6, 8, 36
_FIRST_TEXT_TOKEN = 259  # before: controls and single bytes
_SPECIAL = b"<<ST_"
_SHORTEST = RATE_HZ // 2
"""Shorter sound is padded: the encoder needs some frames, and the model knows no shorter speech."""

_SUMS = {
    "encoder_model.ort": "94e90a4654fc45cdfedb77c4c08e1739f48862998e58fada384b25118134f221",
    "decoder_model_merged.ort": "cf524c4862d36e9e5ab032eddc73637efd822d70e868ac575cf1a46e1e4708a0",
    "tokenizer.bin": "6884b35fd6377d4c4d32336a0bc152f36b64d1e45b6503683cdc238250a8472d",
}


def model_files() -> dict[str, Path]:
    """The model's files by name, checked. Raises ModelMissing."""
    package = importlib.util.find_spec("moonshine_voice")
    if package is None or package.origin is None:
        raise ModelMissing("the default recogniser is not installed; run: pip install 'cordboard[speech]'")
    folder = Path(package.origin).parent / "assets" / "tiny-en"
    files = {name: folder / name for name in _SUMS}
    for name, path in files.items():
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != _SUMS[name]:
            raise ModelMissing(
                f"{name} in {folder} isn't the model that this version knows; "
                "run: pip install --force-reinstall moonshine-voice==0.0.73"
            )
    return files


def read_tokens(path: Path) -> list[str | None]:
    """Each token's text by its id, a leading space included; None for controls and single bytes.

    The file is a run of byte strings, each behind its length; lengths above 127 take two bytes.
    """
    raw, at = path.read_bytes(), 0
    tokens: list[str | None] = []
    while at < len(raw):
        size, at = raw[at], at + 1
        if size >= 128:
            size, at = raw[at] * 128 + size - 128, at + 1
        piece, at = raw[at : at + size], at + size
        is_text = len(tokens) >= _FIRST_TEXT_TOKEN and not piece.startswith(_SPECIAL)
        tokens.append(piece.decode(errors="replace").replace("\u2581", " ") if is_text else None)
    return tokens


@dataclass(frozen=True, slots=True)
class Encoded:
    """A sound as the decoder attends to it: the encoder's states and, per layer, their keys and values."""

    states: Floats
    keys_and_values: tuple[Floats, ...]
    seconds: float
    told: tuple[int, ...] = ()  # tokens of the sound's beginning, whose words are known

    def rows(self, count: int) -> Encoded:
        """The same for up to `count` rows at once, so that no step of a search need copy it."""
        parts = tuple(np.repeat(part[:1], count, 0) for part in self.keys_and_values)
        return replace(self, states=np.repeat(self.states[:1], count, 0), keys_and_values=parts)


class Moonshine:
    """The model, loaded: 44 MB on disk, about 160 MB in memory."""

    end = END
    tokens_a_second = 6.5

    def __init__(self) -> None:
        files = model_files()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        providers = ["CPUExecutionProvider"]
        self._encoder = onnxruntime.InferenceSession(str(files["encoder_model.ort"]), options, providers)
        self._decoder = onnxruntime.InferenceSession(
            str(files["decoder_model_merged.ort"]), options, providers
        )
        self.tokens = read_tokens(files["tokenizer.bin"])
        self._own = [f"{layer}.decoder.{part}" for layer in range(_LAYERS) for part in ("key", "value")]
        self._cross = [f"{layer}.encoder.{part}" for layer in range(_LAYERS) for part in ("key", "value")]

    def encode(self, samples: Samples, told: tuple[int, ...] = ()) -> Encoded:
        """Samples at 16 kHz, full scale 1.0; `told`: tokens of words that they are known to begin with."""
        if len(samples) < _SHORTEST:
            samples = np.pad(samples, (0, _SHORTEST - len(samples)))
        heard = samples[None, :].astype(np.float32)
        (states,) = self._encoder.run(
            None, {"input_values": heard, "attention_mask": np.ones(heard.shape, np.int64)}
        )
        cross = self._run([[START]], states, None, None, [f"present.{name}" for name in self._cross])
        return Encoded(states, tuple(cross), len(samples) / RATE_HZ, told)

    def first(self, encoded: Encoded) -> DecoderStep:
        """One row, nothing said yet but what is known."""
        return self._step(np.array([[START, *encoded.told]]), encoded, None)

    def next(self, encoded: Encoded, tokens: Ids, memory: tuple[Floats, ...]) -> DecoderStep:
        """Each row goes on by its token; `encoded` must be for as many rows or more."""
        return self._step(tokens[:, None], encoded, memory)

    def _step(self, tokens: Ids, encoded: Encoded, memory: tuple[Floats, ...] | None) -> DecoderStep:
        wanted = ["logits", *(f"present.{name}" for name in self._own)]
        logits, *own = self._run(tokens, encoded.states, encoded.keys_and_values, memory, wanted)
        return DecoderStep(logits[:, -1], tuple(own))

    def score(self, encoded: Encoded, rows: Sequence[Sequence[int]]) -> Floats:
        """The log-probability of each row of tokens after what is known, its END included, in one pass."""
        return scores_of(self._logits(encoded, rows), rows, END)

    def places(self, encoded: Encoded, row: Sequence[int]) -> Floats:
        """The log-probability of every token at each place of a row, and after its last."""
        logits = self._logits(encoded, [row])[0]
        return np.asarray(logits - log_sum_exp(logits)[:, None], np.float32)

    def _logits(self, encoded: Encoded, rows: Sequence[Sequence[int]]) -> Floats:
        """What is said at each place of each row: rows x places x tokens."""
        known = len(encoded.told)
        inputs = np.full((len(rows), known + max(map(len, rows)) + 1), END, np.int64)
        for index, row in enumerate(rows):
            inputs[index, : known + len(row) + 1] = [START, *encoded.told, *row]
        (logits,) = self._run(inputs, encoded.states, None, None, ["logits"])
        return logits[:, known:]

    def _run(
        self,
        tokens: Ids | Sequence[Sequence[int]],
        states: Floats,
        cross: tuple[Floats, ...] | None,
        memory: tuple[Floats, ...] | None,
        wanted: list[str],
    ) -> list[Floats]:
        ids = np.asarray(tokens, np.int64)
        rows = len(ids)
        frames = states.shape[1]
        if memory is None or cross is None:
            cross = tuple(np.zeros((rows, _HEADS, 0, _WIDTH), np.float32) for _ in self._cross)
            own = tuple(np.zeros((rows, _HEADS, 0, _WIDTH), np.float32) for _ in self._own)
        else:
            cross, own = tuple(part[:rows] for part in cross), memory
        feeds = {
            "input_ids": ids,
            "encoder_attention_mask": np.ones((rows, frames), np.int64),
            "encoder_hidden_states": states[:rows] if len(states) >= rows else np.repeat(states, rows, 0),
            "use_cache_branch": np.array([memory is not None]),
        }
        feeds |= {f"past_key_values.{name}": part for name, part in zip(self._own, own, strict=True)}
        feeds |= {f"past_key_values.{name}": part for name, part in zip(self._cross, cross, strict=True)}
        return list(self._decoder.run(wanted, feeds))
