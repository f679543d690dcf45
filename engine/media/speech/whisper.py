"""The speech model of languages but English: Whisper base (MIT), many languages, in plain numpy, one thread.

It has no runtime of its own here, so that a search may go through its decoder by any rows that a grammar
allows (engine.media.speech.beam), and only what it says of them is computed. What it hears is padded with
silence to `_PADDING_S` past the speech, not to the half minute that it was made for: the encoder then costs
what the speech costs (benchmarks/README.md has what that does to word errors).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from engine.media.speech.mel import HOP, mel_bands
from engine.media.speech.model import DecoderStep, Floats, Ids, ModelMissing, log_sum_exp, scores_of
from engine.media.speech.upsample import RATE_HZ, Samples
from engine.media.speech.whisper_packages import WhisperMissing, whisper_files
from engine.media.speech.whisper_weights import read_weights

_HEADS = 8
_LONGEST_FRAMES = 3000
_PADDING_S = 1.0
_LEAST_FRAMES = 300
_EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class HeardByWhisper:
    """A sound as the decoder attends to it: keys and values of each layer, heads first."""

    keys_and_values: tuple[tuple[Floats, Floats], ...]
    seconds: float
    told: tuple[int, ...] = ()

    def rows(self, count: int) -> HeardByWhisper:
        """Itself: all rows attend to the one sound."""
        return self


class Whisper:
    """The model, loaded: 145 MB on disk, about 350 MB in memory."""

    tokens_a_second = 9.0

    def __init__(self, tongue: str) -> None:
        """`tongue` is the language that is spoken: "es". Raises ModelMissing."""
        try:
            raw, vocabulary = whisper_files()
        except WhisperMissing as missing:
            raise ModelMissing(str(missing)) from missing
        weights = read_weights(memoryview(raw))
        self.tokens = vocabulary.texts
        self.end = vocabulary.special["<|endoftext|>"]
        self._prompt = tuple(
            vocabulary.special[name]
            for name in ("<|startoftranscript|>", f"<|{tongue}|>", "<|transcribe|>", "<|notimestamps|>")
        )
        self._encoder = _Encoder(weights)
        self._decoder = _Decoder(weights)

    def encode(self, samples: Samples, told: tuple[int, ...] = ()) -> HeardByWhisper:
        """Samples at 16 kHz, full scale 1.0, of 30 s at most; `told`: tokens that they begin with."""
        seconds = len(samples) / RATE_HZ
        frames = int((len(samples) + _PADDING_S * RATE_HZ) / HOP) // 2 * 2
        states = self._encoder.states(mel_bands(samples, min(_LONGEST_FRAMES, max(_LEAST_FRAMES, frames))))
        return HeardByWhisper(self._decoder.attended(states), seconds, told)

    def first(self, encoded: HeardByWhisper) -> DecoderStep:
        """One row, nothing said yet but what is known."""
        known = np.array([[*self._prompt, *encoded.told]], np.int64)
        logits, memory = self._decoder.run(known, encoded.keys_and_values, None)
        return DecoderStep(logits[:, -1], memory)

    def next(self, encoded: HeardByWhisper, tokens: Ids, memory: tuple[Floats, ...]) -> DecoderStep:
        """Each row goes on by its token."""
        logits, after = self._decoder.run(tokens[:, None], encoded.keys_and_values, memory)
        return DecoderStep(logits[:, -1], after)

    def score(self, encoded: HeardByWhisper, rows: Sequence[Sequence[int]]) -> Floats:
        """The log-probability of each row of tokens after what is known, its end included, in one pass."""
        return scores_of(self._logits(encoded, rows), rows, self.end)

    def places(self, encoded: HeardByWhisper, row: Sequence[int]) -> Floats:
        """The log-probability of every token at each place of a row, and after its last."""
        logits = self._logits(encoded, [row])[0]
        return np.asarray(logits - log_sum_exp(logits)[:, None], np.float32)

    def _logits(self, encoded: HeardByWhisper, rows: Sequence[Sequence[int]]) -> Floats:
        """What is said at each place of each row: rows x places x tokens."""
        before = (*self._prompt, *encoded.told)
        longest = max(map(len, rows)) + 1
        inputs = np.full((len(rows), len(before) + longest - 1), self.end, np.int64)
        for index, row in enumerate(rows):
            inputs[index, : len(before) + len(row)] = [*before, *row]
        logits, _ = self._decoder.run(inputs, encoded.keys_and_values, None, last=longest)
        return logits


class _Layer:
    """What encoder and decoder layers have in common."""

    def __init__(self, weights: Mapping[str, Floats], name: str) -> None:
        self._weights = {
            part.removeprefix(f"{name}/"): np.ascontiguousarray(weight.T) if weight.ndim == 2 else weight
            for part, weight in weights.items()
            if part.startswith(f"{name}/")
        }

    def normed(self, name: str, states: Floats) -> Floats:
        return _normed(states, self._weights[f"{name}/gamma"], self._weights[f"{name}/beta"])

    def linear(self, name: str, states: Floats) -> Floats:
        after: Floats = states @ self._weights[f"{name}/weight"]
        bias = self._weights.get(f"{name}/bias")
        return after if bias is None else after + bias

    def fed_forward(self, states: Floats) -> Floats:
        inner = _gelu(self.linear("ffn/linear_0", self.normed("ffn/layer_norm", states)))
        return states + self.linear("ffn/linear_1", inner)


class _Encoder:
    def __init__(self, weights: Mapping[str, Floats]) -> None:
        self._convolutions = [
            (_as_matrix(weights[f"encoder/conv{number}/weight"]), weights[f"encoder/conv{number}/bias"])
            for number in (1, 2)
        ]
        self._positions = weights["encoder/position_encodings/encodings"]
        self._layers = [
            _Layer(weights, f"encoder/layer_{number}") for number in range(_layers(weights, "encoder"))
        ]
        self._norm = weights["encoder/layer_norm/gamma"], weights["encoder/layer_norm/beta"]

    def states(self, bands: Floats) -> Floats:
        """Frames x width; one frame of states is two of bands."""
        states = bands.T
        for stride, (matrix, bias) in zip((1, 2), self._convolutions, strict=True):
            padded = np.pad(states, ((1, 1), (0, 0)))
            windows = np.lib.stride_tricks.sliding_window_view(padded, 3, axis=0)[::stride]
            states = _gelu(windows.reshape(len(windows), -1) @ matrix + bias)
        states = states + self._positions[: len(states)]
        for layer in self._layers:
            mixed = layer.linear("self_attention/linear_0", layer.normed("self_attention/layer_norm", states))
            queries, keys, values = (_by_head(part) for part in np.split(mixed, 3, -1))
            attended = _joined(_attention(queries, keys, values, None))
            states = layer.fed_forward(states + layer.linear("self_attention/linear_1", attended))
        return _normed(states, *self._norm)


class _Decoder:
    def __init__(self, weights: Mapping[str, Floats]) -> None:
        self._embeddings = weights["decoder/embeddings/weight"]
        self._logits_of = np.ascontiguousarray(weights["decoder/projection/weight"].T)
        self._positions = weights["decoder/position_encodings/encodings"]
        self._layers = [
            _Layer(weights, f"decoder/layer_{number}") for number in range(_layers(weights, "decoder"))
        ]
        self._norm = weights["decoder/layer_norm/gamma"], weights["decoder/layer_norm/beta"]

    def attended(self, states: Floats) -> tuple[tuple[Floats, Floats], ...]:
        """What the layers attend to of a sound."""
        found = []
        for layer in self._layers:
            keys, values = np.split(layer.linear("attention/linear_1", states), 2, -1)
            found.append((np.ascontiguousarray(_by_head(keys)), np.ascontiguousarray(_by_head(values))))
        return tuple(found)

    def run(
        self,
        tokens: Ids,
        sound: tuple[tuple[Floats, Floats], ...],
        memory: tuple[Floats, ...] | None,
        last: int = 1,
    ) -> tuple[Floats, tuple[Floats, ...]]:
        """Logits of the `last` tokens of each row, and the memory: keys and values of each layer in turn."""
        count, length = tokens.shape
        past = 0 if memory is None else memory[0].shape[2]
        states = self._embeddings[tokens] + self._positions[past : past + length]
        mask = None
        if length > 1:
            mask = np.triu(np.full((length, past + length), -np.inf, np.float32), past + 1)
        after: list[Floats] = []
        for number, layer in enumerate(self._layers):
            mixed = layer.linear("self_attention/linear_0", layer.normed("self_attention/layer_norm", states))
            queries, keys, values = (_by_head(part) for part in np.split(mixed, 3, -1))
            if memory is not None:
                keys = np.concatenate((memory[2 * number], keys), 2)
                values = np.concatenate((memory[2 * number + 1], values), 2)
            after += [keys, values]
            attended = _joined(_attention(queries, keys, values, mask))
            states = states + layer.linear("self_attention/linear_1", attended)
            # All rows attend to one sound: they go as one long row, and nothing is copied for each.
            asked = layer.linear("attention/linear_0", layer.normed("attention/layer_norm", states))
            heads = _by_head(asked.reshape(count * length, -1))
            attended = _joined(_attention(heads, *sound[number], None)).reshape(count, length, -1)
            states = layer.fed_forward(states + layer.linear("attention/linear_2", attended))
        logits = _normed(states[:, -last:], *self._norm) @ self._logits_of
        return np.asarray(logits, np.float32), tuple(after)


def _layers(weights: Mapping[str, Floats], part: str) -> int:
    return sum(
        name.startswith(f"{part}/layer_") and name.endswith("/ffn/layer_norm/gamma") for name in weights
    )


def _as_matrix(kernel: Floats) -> Floats:
    """A convolution's kernel, out x in x 3, as the matrix by which a window of in x 3 goes."""
    return np.ascontiguousarray(kernel.reshape(len(kernel), -1).T)


def _by_head(states: Floats) -> Floats:
    """… x frames x width → … x heads x frames x width of a head."""
    *outer, frames, width = states.shape
    return np.swapaxes(states.reshape(*outer, frames, _HEADS, width // _HEADS), -2, -3)


def _joined(states: Floats) -> Floats:
    """… x heads x frames x width of a head → … x frames x width."""
    swapped = np.swapaxes(states, -2, -3)
    return swapped.reshape(*swapped.shape[:-2], -1)


def _attention(queries: Floats, keys: Floats, values: Floats, mask: Floats | None) -> Floats:
    scores = queries @ np.swapaxes(keys, -1, -2) * np.float32(queries.shape[-1] ** -0.5)
    if mask is not None:
        scores += mask
    scores -= scores.max(-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(-1, keepdims=True)
    return np.asarray(scores @ values, np.float32)


def _normed(states: Floats, gamma: Floats, beta: Floats) -> Floats:
    centred = states - states.mean(-1, keepdims=True)
    variance = np.square(centred).mean(-1, keepdims=True)
    return np.asarray(centred / np.sqrt(variance + _EPSILON) * gamma + beta, np.float32)


def _gelu(states: Floats) -> Floats:
    """By its tanh form, which is within a thousandth of the error function's."""
    inner = np.float32(0.7978845608) * (states + np.float32(0.044715) * states * states * states)
    np.tanh(inner, out=inner)
    inner += 1
    inner *= states
    inner *= np.float32(0.5)
    return inner
