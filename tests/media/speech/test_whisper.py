"""The recogniser of Spanish: its files read, its sound seen, and real speech heard through a grammar."""

from __future__ import annotations

import asyncio
import struct

import numpy as np
import pytest

from engine.core.answers import AnswerType
from engine.media.speech.certainty import WHISPER
from engine.media.speech.mel import BANDS, mel_bands
from engine.media.speech.model import ModelMissing
from engine.media.speech.pools import RecogniserPools
from engine.media.speech.recogniser import Recogniser, recogniser_of
from engine.media.speech.whisper import HeardByWhisper
from engine.media.speech.whisper_packages import read_vocabulary, whisper_folders
from engine.media.speech.whisper_weights import read_weights
from engine.understanding.date import Date
from engine.understanding.grammars import grammar_of
from engine.understanding.yes_no import YesNo
from engine.understanding.zip import Zip
from tests.spoken import words

is_installed = whisper_folders() is not None
needs_extra = pytest.mark.skipif(not is_installed, reason="the extra 'spanish' is missing")


def _text(text: str) -> bytes:
    return struct.pack("<H", len(text) + 1) + text.encode() + b"\0"


def _weight(name: str, kind: int, values: np.ndarray) -> bytes:
    shape = struct.pack(f"<B{values.ndim}I", values.ndim, *values.shape)
    return _text(name) + shape + struct.pack("<BI", kind, values.nbytes) + values.tobytes()


def test_weights_are_read_and_multiplied_out() -> None:
    half = np.array([[1.5, -2.0]], np.float16)
    eighth, scale = np.array([[10, -20], [3, 6]], np.int8), np.array([10, 3], np.float32)
    raw = struct.pack("<I", 6) + _text("WhisperSpec") + struct.pack("<II", 3, 3)
    raw += _weight("half", 4, half) + _weight("eighth", 1, eighth) + _weight("eighth_scale", 0, scale)
    raw += struct.pack("<I", 1) + _text("other") + _text("half")
    weights = read_weights(memoryview(raw))
    assert weights.keys() == {"half", "eighth", "other"}
    assert weights["other"].tolist() == [[1.5, -2.0]]
    assert weights["eighth"].tolist() == [[1.0, -2.0], [1.0, 2.0]]


@pytest.mark.parametrize("raw", [struct.pack("<I", 5), struct.pack("<I", 6) + b"\0"])
def test_another_form_is_no_model(raw: bytes) -> None:
    with pytest.raises(ModelMissing):
        read_weights(memoryview(raw))


def test_tokens_are_texts_where_their_bytes_are() -> None:
    tokens = read_vocabulary("Ġsiete\n<|es|>\nÃŃ\nåľº\nÃ\n")
    assert tokens.texts == (" siete", None, "í", "场", None)
    assert tokens.special == {"<|es|>": 1}


def test_a_tone_is_loudest_in_its_band() -> None:
    time_s = np.arange(16_000, dtype=np.float32) / 16_000
    low, high = (mel_bands(np.sin(2 * np.pi * hz * time_s), 100) for hz in (300, 3000))
    assert low.shape == (BANDS, 100)
    assert low[:, 50].argmax() < high[:, 50].argmax()
    assert float(low.max() - low.min()) <= 2.0 + 1e-5


async def test_what_nobody_hears_is_recognised_as_nothing() -> None:
    pools = RecogniserPools({})
    found = await pools.recognise(b"\xff" * 8000, grammar_of(Zip().in_tongue("es")))
    assert (found.text, found.confidence, found.audio_ms) == ("", 0.0, 1000)
    assert pools.tongues == frozenset()
    await pools.close()


@pytest.fixture(scope="module")
def recogniser() -> Recogniser[HeardByWhisper]:
    return recogniser_of("es")


SAID: list[tuple[str, AnswerType, object]] = [
    ("siete ocho siete cero uno", Zip(), "78701"),
    ("setenta y ocho, siete cero uno", Zip(), "78701"),
    ("claro que sí", YesNo(), True),
    ("no, para nada", YesNo(), False),
    ("tres de mayo de mil novecientos ochenta y cuatro", Date(), "1984-05-03"),
]


@pytest.fixture(scope="module")
def sounds() -> dict[str, bytes]:
    return asyncio.run(words(*(text for text, _, _ in SAID), language="es-US"))


@needs_extra
@pytest.mark.parametrize(("said", "kind", "value"), SAID)
def test_what_a_voice_says_in_spanish_is_heard(
    recogniser: Recogniser[HeardByWhisper],
    sounds: dict[str, bytes],
    said: str,
    kind: AnswerType,
    value: object,
) -> None:
    spanish = kind.in_tongue("es")
    heard = recogniser.recognise(sounds[said], grammar_of(spanish))
    assert [each.value for each in spanish.understand_words(heard.text)][:1] == [value]


def test_every_sort_of_answer_has_weights_of_its_own_model() -> None:
    assert WHISPER.of("figures") is WHISPER.figures
    assert WHISPER.of("yes_or_no") is WHISPER.yes_or_no
    assert WHISPER.of("phrases") is WHISPER.phrases
