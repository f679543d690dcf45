"""More spoken ZIP codes of the same people: recordings cut at their digits' pauses, and put together anew.

FOLDER is one of `cordboard bench understand`; of its manifest the ZIPs are taken. A recording is cut where it
falls quiet; one that does not fall into five pieces is only used as it is. Beside each speaker as recorded
there are stand-ins for others: the same digits slower and deeper, or quicker and higher, as larger and
smaller people speak. Items are in noise as they come: none, white, pink.

The same seed and folder give the same draws.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.media import mulaw
from engine.media.speech.sound_files import read_wav
from engine.media.speech.upsample import expanded, quicker
from engine.understanding.zip_table import zip_table

from .sounds import RATE_HZ, Draw, Sound, in_noise

_FRAME = RATE_HZ // 100
_QUIET = 0.06  # the share of a recording's loudest frame below which it is quiet
_PAUSES = range(3, 16)  # frames that a pause may have at least: those that make as many pieces as digits
_SHORTEST_DIGIT = 8
_MARGIN = 3  # frames kept around a digit: its quiet consonants
SPEEDS = (1.0, 0.88, 1.14)
NOISES = ("clean", "white", "pink")


@dataclass(frozen=True, slots=True)
class ZipDraw:
    """One spoken ZIP: whose digits, in which noise, as recorded or put together."""

    sound: bytes  # mu-law at 8 kHz
    code: str
    speaker: str
    noise: str
    speed: float
    is_whole: bool


def draws(folder: Path, seed: int, spliced: int, snr_db: float = 15.0) -> Iterator[ZipDraw]:
    """Every recording in each noise, and of each speaker so many new ones, in turns of speed and noise."""
    draw = np.random.default_rng(seed)
    recordings = _recordings(folder)
    for speaker, code, sound in recordings:
        for noise in NOISES:
            yield ZipDraw(_in(draw, sound, noise, snr_db), code, speaker, noise, 1.0, is_whole=True)
    codes = zip_table().codes()
    for speaker in dict.fromkeys(speaker for speaker, _, _ in recordings):
        digits = _digits([(code, sound) for whose, code, sound in recordings if whose == speaker])
        possible = [code for code in codes if all(digit in digits for digit in code)]
        for count in range(spliced):
            code = str(draw.choice(possible))
            speed, noise = SPEEDS[count % len(SPEEDS)], NOISES[count // len(SPEEDS) % len(NOISES)]
            sound = quicker(_put_together(draw, code, digits), speed)
            yield ZipDraw(_in(draw, sound, noise, snr_db), code, speaker, noise, speed, is_whole=False)


def too_short(folder: Path, seed: int, count: int) -> Iterator[ZipDraw]:
    """So many of four digits, which are no ZIP code, of the speakers by turns; their `code` is empty."""
    draw = np.random.default_rng((seed, 4))
    recordings = _recordings(folder)
    speakers = list(dict.fromkeys(speaker for speaker, _, _ in recordings))
    digits = {
        speaker: _digits([(code, sound) for whose, code, sound in recordings if whose == speaker])
        for speaker in speakers
    }
    for at in range(count):
        speaker, noise = speakers[at % len(speakers)], NOISES[at // len(speakers) % len(NOISES)]
        said = "".join(map(str, draw.choice(sorted(digits[speaker]), 4)))
        sound = _put_together(draw, said, digits[speaker])
        yield ZipDraw(_in(draw, sound, noise, 15.0), "", speaker, noise, 1.0, is_whole=False)


def _recordings(folder: Path) -> list[tuple[str, str, Sound]]:
    labels = json.loads((folder / "manifest.json").read_text("utf-8"))
    return [
        (label["group"], label["expected"], expanded(read_wav(folder / label["wav"])))
        for label in labels
        if label["kind"] == "zip" and label["expected"] is not None
    ]


def _digits(recordings: Sequence[tuple[str, Sound]]) -> Mapping[str, list[Sound]]:
    """By digit, how this speaker says it."""
    found: dict[str, list[Sound]] = {}
    for code, sound in recordings:
        if pieces := cut(sound, len(code)):
            for digit, piece in zip(code, pieces, strict=True):
                found.setdefault(digit, []).append(piece)
    return found


def cut(sound: Sound, count: int) -> list[Sound]:
    """The so many words of a recording with pauses between them; nothing where it does not fall into them."""
    frames = sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)
    level = np.sqrt((frames**2).mean(1))
    is_loud = level > _QUIET * level.max()
    edges = np.flatnonzero(np.diff(np.concatenate(([0], is_loud.astype(np.int8), [0]))))
    spans = [(int(first), int(past)) for first, past in edges.reshape(-1, 2)]
    for pause in _PAUSES:
        words = [span for span in _joined(spans, pause) if span[1] - span[0] >= _SHORTEST_DIGIT]
        if len(words) == count:
            margins = ((max(0, first - _MARGIN), past + _MARGIN) for first, past in words)
            return [sound[first * _FRAME : past * _FRAME] for first, past in margins]
    return []


def _joined(spans: Sequence[tuple[int, int]], pause: int) -> list[tuple[int, int]]:
    """Spans that a shorter pause parts are one."""
    joined: list[tuple[int, int]] = []
    for first, past in spans:
        if joined and first - joined[-1][1] < pause:
            joined[-1] = joined[-1][0], past
        else:
            joined.append((first, past))
    return joined


def _put_together(draw: Draw, code: str, digits: Mapping[str, list[Sound]]) -> Sound:
    """Digits of one speaker, as loud as each other, with pauses of a tenth of a second or so."""
    parts = [_silence(draw, 0.2, 0.4)]
    for digit in code:
        said = digits[digit][int(draw.integers(len(digits[digit])))]
        parts += [said * np.float32(0.5 / max(float(np.abs(said).max()), 1e-3)), _silence(draw, 0.02, 0.15)]
    return np.concatenate([*parts, _silence(draw, 0.2, 0.3)])


def _silence(draw: Draw, least_s: float, most_s: float) -> Sound:
    return np.zeros(int(RATE_HZ * draw.uniform(least_s, most_s)), np.float32)


def _in(draw: Draw, sound: Sound, noise: str, snr_db: float) -> bytes:
    if noise != "clean":
        sound = in_noise(draw, sound, snr_db, is_pink=noise == "pink")
    pcm = np.clip(sound * 32_767, -32_768, 32_767).astype(np.int16)
    return mulaw.encode(array("h", pcm.tolist()))
