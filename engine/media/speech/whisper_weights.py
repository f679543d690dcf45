"""Whisper's weights in the form that CTranslate2 keeps them in (its `model_spec.py`, version 6).

The name of the model and its revision, then every weight with its name, shape, type and bytes, then the names
that stand for others; all little-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from engine.media.speech.model import Floats, ModelMissing

_VERSION = 6
_TYPES: Mapping[int, type[np.generic]] = {
    0: np.float32,
    1: np.int8,
    2: np.int16,
    3: np.int32,
    4: np.float16,
}


def read_weights(raw: memoryview) -> dict[str, Floats]:
    """Every weight by its name, as float32; raises ModelMissing for another form.

    Weights of eight bits come with their scales, a row each, and are multiplied out.
    """
    reader = _Reader(raw)
    (version,) = reader.unpack("<I")
    if version != _VERSION:
        raise ModelMissing(f"Whisper's weights have the form {version} of CTranslate2; expected {_VERSION}")
    reader.text()
    reader.unpack("<I")
    found: dict[str, NDArray[np.generic]] = {}
    (count,) = reader.unpack("<I")
    for _ in range(count):
        name, shape, kind, size = reader.weight()
        found[name] = np.frombuffer(reader.take(size), kind).reshape(shape)
    (aliases,) = reader.unpack("<I")
    for _ in range(aliases):
        alias, name = reader.text(), reader.text()
        found[alias] = found[name]
    return {
        name: _multiplied_out(found, name)
        for name, weight in found.items()
        if weight.ndim and not name.endswith("_scale")
    }


def _multiplied_out(found: Mapping[str, NDArray[np.generic]], name: str) -> Floats:
    weight = found[name].astype(np.float32)
    scale = found.get(f"{name}_scale")
    if scale is None:
        return weight
    by_row = scale.astype(np.float32)
    return np.asarray(weight / (by_row[:, None] if by_row.ndim else by_row), np.float32)


class _Reader:
    def __init__(self, raw: memoryview) -> None:
        self._raw = raw
        self._at = 0

    def take(self, size: int) -> memoryview:
        piece = self._raw[self._at : self._at + size]
        if len(piece) != size:
            raise ModelMissing("Whisper's weights end in the middle")
        self._at += size
        return piece

    def unpack(self, form: str) -> tuple[int, ...]:
        return struct.unpack(form, self.take(struct.calcsize(form)))

    def text(self) -> str:
        (size,) = self.unpack("<H")
        return bytes(self.take(size)[:-1]).decode()

    def weight(self) -> tuple[str, tuple[int, ...], type[np.generic], int]:
        name = self.text()
        (rank,) = self.unpack("<B")
        shape = self.unpack(f"<{rank}I")
        (kind,) = self.unpack("<B")
        (size,) = self.unpack("<I")
        if kind not in _TYPES:
            raise ModelMissing(f"Whisper's weight {name} has the type {kind}, which isn't known here")
        return name, shape, _TYPES[kind], size
