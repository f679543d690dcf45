"""What a search needs of a speech model: a sound's states, and how likely tokens are after others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from engine.media.speech.upsample import Samples

Floats = NDArray[np.float32]
Ids = NDArray[np.int64]


class ModelMissing(Exception):
    """The model is not installed, or is not the one that this code knows; the message says what to do."""


@dataclass(frozen=True, slots=True)
class DecoderStep:
    """What the decoder says after the last token of each row, and its memory of the rows."""

    logits: Floats  # rows x tokens
    memory: tuple[Floats, ...]  # each with the rows first


class EncodedSound(Protocol):
    """A sound as the decoder attends to it."""

    @property
    def seconds(self) -> float: ...

    def rows(self, count: int) -> Self:
        """The same for up to `count` rows at once."""
        ...


SoundT = TypeVar("SoundT", bound=EncodedSound)


class SpeechModel(Protocol[SoundT]):
    """A model, loaded. Scores are natural log-probabilities."""

    @property
    def tokens(self) -> Sequence[str | None]:
        """Each token's text by its id, a leading space included; None for what is no text."""
        ...

    @property
    def end(self) -> int:
        """The token that ends a text."""
        ...

    @property
    def tokens_a_second(self) -> float:
        """The fastest speech in tokens; more than that many are a model gone round in circles."""
        ...

    def encode(self, samples: Samples, told: tuple[int, ...] = ()) -> SoundT:
        """Samples at 16 kHz, full scale 1.0; `told`: tokens of words that they are known to begin with."""
        ...

    def first(self, encoded: SoundT) -> DecoderStep:
        """One row, nothing said yet but what is known."""
        ...

    def next(self, encoded: SoundT, tokens: Ids, memory: tuple[Floats, ...]) -> DecoderStep:
        """Each row goes on by its token; `encoded` must be for as many rows or more."""
        ...

    def score(self, encoded: SoundT, rows: Sequence[Sequence[int]]) -> Floats:
        """The log-probability of each row of tokens after what is known, its end included, in one pass."""
        ...

    def places(self, encoded: SoundT, row: Sequence[int]) -> Floats:
        """The log-probability of every token at each place of a row, and after its last: places x tokens."""
        ...


def scores_of(logits: Floats, rows: Sequence[Sequence[int]], end: int) -> Floats:
    """The log-probability of each row of tokens and of `end` behind it.

    `logits` are by row and place: what the model says of each token there, and after the row's last.
    """
    shape = (len(rows), max(map(len, rows)) + 1)
    targets, weights = np.full(shape, end, np.int64), np.zeros(shape, np.float32)
    for index, row in enumerate(rows):
        targets[index, : len(row)] = row
        weights[index, : len(row) + 1] = 1
    picked = np.take_along_axis(logits, targets[:, :, None], 2)[:, :, 0] - log_sum_exp(logits)
    return np.asarray((picked * weights).sum(1), np.float32)


def log_sum_exp(logits: Floats) -> Floats:
    """Over the last axis."""
    top = logits.max(-1, keepdims=True)
    shifted = np.subtract(logits, top)
    np.exp(shifted, out=shifted)
    return np.asarray(top[..., 0] + np.log(shifted.sum(-1)), np.float32)
