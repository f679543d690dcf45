"""Choices in other words, as a folder for bench understand: `python -m benchmarks.own_words FOLDER`.

The sentences are in own_words.toml. Every other one, and two of the voices, fitted the weights of
engine/understanding/own_words.py; the folder has those that did not (`--fitted`: those that did). Each is
said by one voice of those installed (flite and espeak-ng, which share no engine with the recogniser).
Sentences that are no answer are offered to each of the two questions, with null expected.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.media import mulaw

from .labelled import caller
from .sounds import Draw
from .voices import installed, write_wav

FITTED_VOICES = ("flite:slt", "espeak:en-us")
LEFT_OUT_VOICES = ("flite:rms", "flite:awb", "espeak:en-gb", "espeak:en-us+f3")
ASKED = ("needs", "insurers")
"""The questions that are measured; the others fit the weights alone."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """What a caller says to a question; `option` None: it is no answer."""

    question: str
    option: str | None
    text: str


def questions() -> dict[str, dict[str, list[str]]]:
    """The options of each question, with their phrases."""
    return {name: block["options"] for name, block in _document().items() if "options" in block}


def sentences(*, fitted: bool) -> Iterator[Sentence]:
    """Those that the weights were fitted to, or the others."""
    document = _document()
    for question, block in document.items():
        if "options" not in block:
            continue
        for option, said in block["said"].items():
            for number, text in enumerate(said):
                is_fitted = number % 2 == 0 or question not in ASKED
                if is_fitted == fitted:
                    yield Sentence(question, option, text)
    asked = tuple(questions()) if fitted else ASKED
    for text in document["off_topic"]["said"][0 if fitted else 1 :: 2]:
        yield from (Sentence(question, None, text) for question in asked)


def _document() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "own_words.toml").read_text("utf-8"))


def make(folder: Path, seed: int = 7, *, fitted: bool = False, most: int | None = None) -> int:
    """Writes the folder, and returns how many items it has: `most` of all, drawn by group in proportion.
    Raises ValueError where no voice is installed."""
    wanted = FITTED_VOICES if fitted else LEFT_OUT_VOICES
    voices = tuple(voice for voice in installed() if voice in wanted)
    if not voices:
        raise ValueError("no synthesiser is installed; run: apt-get install flite espeak-ng")
    folder.mkdir(parents=True, exist_ok=True)
    draw = np.random.default_rng(seed)
    options = questions()
    manifest = []
    for number, sentence in drawn(list(sentences(fitted=fitted)), seed, most):
        voice = voices[number % len(voices)]
        name = f"{number:04d}_{sentence.question}.wav"
        _write(folder / name, draw, voice, sentence.text)
        group = sentence.question if sentence.option else f"{sentence.question}, no answer"
        label = {"wav": name, "kind": "choice", "expected": sentence.option, "group": group}
        label |= {"question": sentence.question}
        label |= {"voice": voice, "said": sentence.text, "options": options[sentence.question]}
        manifest.append(label)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    return len(manifest)


def drawn(said: Sequence[Sentence], seed: int, most: int | None) -> list[tuple[int, Sentence]]:
    """All sentences with their places, or `most` of them in each group's proportion."""
    numbered = list(enumerate(said))
    if most is None or most >= len(said):
        return numbered
    groups: dict[tuple[str, bool], list[tuple[int, Sentence]]] = {}
    for pair in numbered:
        groups.setdefault((pair[1].question, pair[1].option is None), []).append(pair)
    draw = np.random.default_rng(seed)
    kept: list[tuple[int, Sentence]] = []
    for members in groups.values():
        count = max(1, round(most * len(members) / len(said)))
        kept += [members[at] for at in draw.permutation(len(members))[:count]]
    return sorted(kept, key=lambda pair: pair[0])


def _write(path: Path, draw: Draw, voice: str, text: str) -> None:
    pcm = np.clip(caller(draw, voice, text) * 32_767, -32_768, 32_767).astype(np.int16)
    write_wav(path, mulaw.encode(array("h", pcm.tolist())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--fitted", action="store_true", help="what the weights were fitted to")
    given = parser.parse_args()
    print(f"{make(given.folder, given.seed, fitted=given.fitted)} items in {given.folder}")


if __name__ == "__main__":
    main()
