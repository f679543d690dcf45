"""A folder for `cordboard bench understand`, made on this machine: `python -m benchmarks.labelled FOLDER`.

Synthetic callers (benchmarks/voices.py) say ZIPs, yes and no, and the choices of several verticals, plainly
and in a sentence, at several speeds and levels; and what is no answer: talk beside the question, another
talker in the background, tunes, coughs, noises, silence. `--sounds DIR` adds recordings of the real thing, at
most 60 a folder: DIR/music, DIR/coughs, DIR/talk, in any format that the package soundfile reads.

The same seed and voices give the same folder. Noise at a set level is `bench understand --snr`'s to add.
"""

from __future__ import annotations

import argparse
import json
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.core.numerals import cardinal
from engine.media import mulaw
from engine.media.resample import resample
from engine.media.speech.upsample import expanded
from engine.understanding.zip_table import zip_table

from .sounds import NON_ANSWERS, RATE_HZ, Draw, Sound, noise
from .voices import installed, spoken, write_wav

Options = Mapping[str, tuple[str, ...]]

CHOICES: Mapping[str, Options] = {
    "need": {
        "repair": ("repair", "leak", "leaking roof", "missing shingles"),
        "replace": ("replacement", "new roof", "whole roof"),
        "inspection": ("inspection", "estimate"),
    },
    "insurance": {
        "claim": ("filing a claim", "insurance claim"),
        "none": ("no insurance", "paying myself", "out of pocket"),
    },
    "carrier": {
        "state_farm": ("state farm",),
        "geico": ("geico",),
        "progressive": ("progressive",),
        "allstate": ("allstate",),
        "none": ("not insured", "no insurance"),
    },
    "accident": {
        "car": ("car accident", "car crash"),
        "truck": ("truck accident", "semi truck"),
        "motorcycle": ("motorcycle accident", "motorbike"),
        "pedestrian": ("hit while walking", "on foot"),
    },
    "pest": {
        "termites": ("termites",),
        "bedbugs": ("bed bugs",),
        "rodents": ("mice", "rats", "rodents"),
        "ants": ("ants",),
        "wildlife": ("raccoon", "wildlife"),
    },
    "cover": {
        "private": ("private insurance", "blue cross"),
        "medicaid": ("medicaid",),
        "medicare": ("medicare",),
        "none": ("nothing", "no insurance"),
    },
}
_IN_A_SENTENCE = ("{}", "{}", "uh, {}", "it's {}", "{}, please", "well, {} I think")
_YES_NO: Mapping[str, bool] = {
    **dict.fromkeys(("yes", "yeah", "yep", "that's right", "correct", "yes please", "sure"), True),
    **dict.fromkeys(("no", "nope", "no that's wrong", "not really", "no thank you", "incorrect"), False),
}
_TALK = (
    *("Hold on a second please.", "Can you hear me?", "What is this about?", "Turn that down honey."),
    *("The weather is nice today.", "Who am I speaking with?", "My dog needs to go outside."),
    *("Let me find my glasses.", "I was calling about my bill.", "We moved here in the spring."),
    *("Could you call me back later?", "How much does it cost?", "I would like a pizza with cheese."),
    *("It is raining cats and dogs.", "Did you see the game last night?", "Dinner is on the table."),
)
_ZIP_FORMS = ("{}", "my zip code is {}", "it's {}", "uh, {}")
_VOICES_A_TEXT = 3
_TALKS_A_KIND = 24
_SOUNDS_A_KIND = 9
_LONGEST_S = 4.0


@dataclass(frozen=True, slots=True)
class Item:
    """A sound with what is expected of it."""

    sound: Sound
    kind: str
    group: str
    expected: object
    options: Options | None = None
    voice: str = ""
    said: str = ""


def items(draw: Draw, voices: tuple[str, ...], sounds: Path | None) -> Iterator[Item]:
    yield from _choices(draw, voices)
    yield from _yes_and_no(draw, voices)
    yield from _zips(draw, voices)
    yield from _talk(draw, voices)
    for name, make in NON_ANSWERS.items():
        yield from _no_answers(draw, name, (make(draw) for _ in range(_SOUNDS_A_KIND)))
    if sounds is not None:
        for name in ("music", "coughs", "talk"):
            yield from _no_answers(draw, f"real-{name}", _recordings(draw, sounds / name))


def _choices(draw: Draw, voices: tuple[str, ...]) -> Iterator[Item]:
    for name, options in CHOICES.items():
        for option, phrases in options.items():
            for phrase in phrases:
                for voice in draw.choice(voices, min(_VOICES_A_TEXT, len(voices)), replace=False):
                    text = str(draw.choice(_IN_A_SENTENCE)).format(phrase)
                    sound = caller(draw, str(voice), text)
                    yield Item(sound, "choice", _group(name, voice), option, options, str(voice), text)


def _yes_and_no(draw: Draw, voices: tuple[str, ...]) -> Iterator[Item]:
    for text, expected in _YES_NO.items():
        for voice in draw.choice(voices, min(_VOICES_A_TEXT, len(voices)), replace=False):
            sound = caller(draw, str(voice), text)
            yield Item(sound, "yes_no", _group("yes-no", voice), expected, None, str(voice), text)


def _zips(draw: Draw, voices: tuple[str, ...]) -> Iterator[Item]:
    codes = [code for number in range(100_000) if zip_table().place(code := f"{number:05d}")]
    for voice in voices:
        for form in _ZIP_FORMS * 2:
            code = str(draw.choice(codes))
            oh = str(draw.choice(("zero", "oh")))
            digits = " ".join(oh if digit == "0" else cardinal(int(digit)) for digit in code)
            text = form.format(digits)
            yield Item(caller(draw, voice, text), "zip", _group("zip", voice), code, None, voice, text)


def _talk(draw: Draw, voices: tuple[str, ...]) -> Iterator[Item]:
    """Talk beside the question, as loud as a caller; and another's in the background, much quieter."""
    for kind, options in (("zip", None), ("yes_no", None), *(("choice", one) for one in CHOICES.values())):
        for count in range(_TALKS_A_KIND if options is None else _TALKS_A_KIND // 3):
            voice, text = str(draw.choice(voices)), str(draw.choice(_TALK))
            sound = caller(draw, voice, text)
            is_far = count % 3 == 0
            if is_far:
                sound = sound * 0.1 + 0.003 * noise(draw, len(sound), is_pink=True)
            yield Item(sound, kind, "second-talker" if is_far else "talk", None, options, voice, text)


def _no_answers(draw: Draw, name: str, sounds: Iterable[Sound]) -> Iterator[Item]:
    """Each sound is brought to some level of a call, and offered as a ZIP, a yes or no and a choice."""
    for sound in sounds:
        level = 10 ** (draw.uniform(-30, -6) / 20) / max(float(np.abs(sound).max()), 1e-6)
        options = list(CHOICES.values())[int(draw.integers(len(CHOICES)))]
        for kind in ("zip", "yes_no", "choice"):
            yield Item(
                _on_a_line(draw, sound * level), kind, name, None, options if kind == "choice" else None
            )


def _recordings(draw: Draw, folder: Path) -> Iterator[Sound]:
    """A stretch of each file, or several of one where there are few."""
    import soundfile

    files = sorted(path for path in folder.glob("**/*") if path.is_file())
    for path in (files * 20)[: max(20, min(60, len(files)))] if files else []:
        samples, rate_hz = soundfile.read(path, dtype="int16", always_2d=True)
        pcm = array("h", samples[:, 0].tobytes())
        if rate_hz != RATE_HZ:
            pcm = resample(pcm, rate_hz, RATE_HZ)
        whole = np.array(pcm, np.float32) / 32_768
        length = min(len(whole), int(RATE_HZ * draw.uniform(0.8, _LONGEST_S)))
        start = int(draw.integers(0, len(whole) - length + 1))
        if float(np.abs(whole[start : start + length]).max()) > 0.01:
            yield whole[start : start + length].astype(np.float32)


def caller(draw: Draw, voice: str, text: str) -> Sound:
    rate = float(draw.choice((0.85, 1.0, 1.0, 1.15)))
    samples = expanded(spoken(voice, text, rate))
    peak = 10 ** (draw.uniform(-18, -5) / 20)
    samples = samples * np.float32(peak / max(float(np.abs(samples).max()), 1e-3))
    before, after = (np.zeros(int(RATE_HZ * draw.uniform(0.15, 0.5)), np.float32) for _ in range(2))
    return _on_a_line(draw, np.concatenate((before, samples, after)))


def _on_a_line(draw: Draw, samples: Sound) -> Sound:
    """With the faint noise of any line: about -60 dB of full scale."""
    return samples + np.float32(0.001) * noise(draw, len(samples))


def _group(name: str, voice: str) -> str:
    return f"{name}/{str(voice).partition(':')[0]}"


def make(folder: Path, seed: int, sounds: Path | None) -> int:
    """Writes the folder, and returns how many items it has."""
    voices = installed()
    if not voices:
        raise SystemExit("no synthesiser is installed; run: apt-get install flite espeak-ng")
    folder.mkdir(parents=True, exist_ok=True)
    manifest = []
    for number, item in enumerate(items(np.random.default_rng(seed), voices, sounds)):
        name = f"{number:04d}_{item.group.replace('/', '-')}.wav"
        pcm = np.clip(item.sound * 32_767, -32_768, 32_767).astype(np.int16)
        write_wav(folder / name, mulaw.encode(array("h", pcm.tolist())))
        label = {"wav": name, "kind": item.kind, "expected": item.expected, "group": item.group}
        label |= {"voice": item.voice, "said": item.said} if item.voice else {}
        label |= {"options": {key: list(said) for key, said in item.options.items()}} if item.options else {}
        manifest.append(label)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    return len(manifest)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--sounds", type=Path, help="a folder with music, coughs and talk of real people")
    given = parser.parse_args()
    print(f"{make(given.folder, given.seed, given.sounds)} items in {given.folder}")


if __name__ == "__main__":
    main()
