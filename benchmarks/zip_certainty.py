"""How sure a ZIP code is, fitted and judged by speakers who were left out.

`python -m benchmarks.zip_certainty FOLDER HEARD.jsonl [--spliced 60] [--seed 7] [--limit N]` hears the
draws of benchmarks/zip_draws.py and, as what is no ZIP, four digits and the folder's yes and no.
What it heard is kept in HEARD.jsonl, so that a second run goes on where the first stopped and hears nothing
twice; `--limit 0` fits alone. It prints

- of each speaker left out of the fit, and in all: right, taken, taken wrongly, by recognition.py's limits;
- how sure it was against how often that was right, left out;
- the weights fitted on all, as engine/media/speech/certainty.py has them.

The certainty is a logistic of a few figures, none of which may count against what it stands for, so that it
is monotone in each.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.media.speech.certainty import MOONSHINE, SearchFigures, ZipWeights
from engine.media.speech.recogniser import recogniser_of
from engine.media.speech.recognition import ACCEPT, CONFIRM, Recognition
from engine.media.speech.sound_files import read_wav
from engine.understanding.grammars import grammar_of
from engine.understanding.zip import Zip

from .zip_draws import ZipDraw, draws, too_short

Heard = Mapping[str, Any]
Numbers = NDArray[np.float64]

_BINS = (0.0, 0.3, 0.5, 0.65, 0.75, 0.85, 0.95, 0.98, 1.01)
_PRIOR = 0.02
"""How much each weight's square costs: enough that a speaker without a wrong answer gives finite ones."""

_NO_ANSWERS = 40
_STEPS, _STEP = 4000, 0.5


@dataclass(frozen=True, slots=True)
class Weighing:
    """A logistic: a weight for each feature, and a constant."""

    weights: Numbers
    constant: float

    def sure(self, features: Numbers) -> Numbers:
        return np.asarray(1 / (1 + np.exp(-np.clip(features @ self.weights + self.constant, -60, 60))))


def fitted(features: Numbers, is_right: Numbers) -> Weighing:
    """By projected gradient descent: no weight is below 0. Features are scaled for it and back."""
    scale = np.maximum(features.std(0), 1e-6)
    middle = features.mean(0)
    scaled = (features - middle) / scale
    weights, constant = np.full(scaled.shape[1], 0.1), 0.0
    for _ in range(_STEPS):
        error = 1 / (1 + np.exp(-np.clip(scaled @ weights + constant, -60, 60))) - is_right
        weights = np.maximum(0.0, weights - _STEP * (scaled.T @ error / len(error) + _PRIOR / 10 * weights))
        constant -= _STEP * float(error.mean())
    return Weighing(weights / scale, constant - float((weights / scale) @ middle))


def hear(folder: Path, kept: Path, seed: int, spliced: int, limit: int) -> None:
    """Hear at most so many draws that are not kept yet, those of all speakers mixed."""
    known = {heard["at"] for heard in read(kept)}
    items = [*draws(folder, seed, spliced), *_no_answers(folder, seed)]
    order = np.random.default_rng(seed).permutation(len(items))
    missing = [int(at) for at in order if int(at) not in known][:limit]
    if not missing:
        return
    recogniser, spec = recogniser_of("en"), grammar_of(Zip())
    with kept.open("a", encoding="utf-8") as file:
        for count, at in enumerate(missing, 1):
            found = recogniser.recognise(items[at].sound, spec)
            file.write(json.dumps({"at": at, **_line(items[at], found)}) + "\n")
            file.flush()
            print(f"{count} of {len(missing)}", end="\r", flush=True)


def _no_answers(folder: Path, seed: int) -> Iterator[ZipDraw]:
    """What is no ZIP code: yes and no, and four digits."""
    labels = json.loads((folder / "manifest.json").read_text("utf-8"))
    for label in [each for each in labels if each["kind"] == "yes_no"][:: max(1, 100 // _NO_ANSWERS)]:
        yield ZipDraw(read_wav(folder / label["wav"]), "", label["group"], "clean", 1.0, is_whole=True)
    yield from too_short(folder, seed, _NO_ANSWERS)


def _line(item: ZipDraw, found: Recognition) -> dict[str, object]:
    return {
        "code": item.code,
        "speaker": item.speaker,
        "noise": item.noise,
        "speed": item.speed,
        "whole": item.is_whole,
        "value": found.value,
        "others": [each.value for each in found.alternatives[1:3]],
        "confidence": found.confidence,
        "cpu_ms": found.cpu_ms,
        "evidence": dict(found.evidence),
    }


def read(kept: Path) -> list[Heard]:
    return [json.loads(line) for line in kept.read_text("utf-8").splitlines()] if kept.exists() else []


def features_of(heard: Sequence[Heard]) -> tuple[Numbers, Numbers, Numbers]:
    """Of each, its features, whether it is right, and what its sureness may be at most."""
    figures = [SearchFigures(**each["evidence"]) for each in heard]
    features = [each.zip_features(MOONSHINE.figures) for each in figures]
    right = [float(each["value"] == each["code"]) for each in heard]
    limits = [each.zip_limit(MOONSHINE) for each in figures]
    return np.array(features), np.array(right), np.array(limits)


def left_out(heard: Sequence[Heard]) -> Numbers:
    """How sure each is by a fit on everybody else."""
    features, right, limits = features_of(heard)
    speakers = np.array([each["speaker"] for each in heard])
    sure = np.zeros(len(heard))
    for speaker in dict.fromkeys(speakers):
        own = speakers == speaker
        sure[own] = fitted(features[~own], right[~own]).sure(features[own])
    return np.minimum(sure, limits)


def table(heard: Sequence[Heard], sure: Numbers, taken_from: float) -> Iterator[str]:
    """By speaker and noise: how many are right, taken, taken wrongly."""
    groups: dict[str, list[int]] = {}
    for at, each in enumerate(heard):
        noise = "clean" if each["noise"] == "clean" else "in noise"
        what = f"{'recorded' if each['whole'] else 'put together'}, {noise}" if each["code"] else "no answer"
        for name in (f"{each['speaker']}, {what}", f"all, {what}"):
            groups.setdefault(name, []).append(at)
    yield "group | items | right, taken or offered | taken | taken wrongly | CPU ms, median"
    for name, places in sorted(groups.items()):
        values = [heard[at]["value"] if sure[at] >= CONFIRM else None for at in places]
        right = sum(value == (heard[at]["code"] or None) for at, value in zip(places, values, strict=True))
        taken = [at for at in places if sure[at] >= taken_from and heard[at]["value"]]
        wrong = sum(heard[at]["value"] != heard[at]["code"] for at in taken)
        cpu = int(np.median([heard[at]["cpu_ms"] for at in places]))
        share = right / len(places)
        yield f"{name} | {len(places)} | {right} ({share:.1%}) | {len(taken)} | {wrong} | {cpu}"


def reliability(heard: Sequence[Heard], sure: Numbers) -> Iterator[str]:
    """Of those said to be so sure, how many were right."""
    yield "said | items | mean said | right"
    for least, below in pairwise(_BINS):
        inside = [at for at in range(len(heard)) if least <= sure[at] < below]
        if inside:
            right = np.mean([heard[at]["value"] == heard[at]["code"] for at in inside])
            said = float(np.mean(sure[inside]))
            yield f"{least:.2f} to {min(below, 1):.2f} | {len(inside)} | {said:.3f} | {right:.3f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("heard", type=Path)
    parser.add_argument("--spliced", type=int, default=60)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--limit", type=int, default=100_000)
    chosen = parser.parse_args()
    hear(chosen.folder, chosen.heard, chosen.seed, chosen.spliced, chosen.limit)
    heard = read(chosen.heard)
    shipped = np.array([SearchFigures(**each["evidence"]).of_a_zip(MOONSHINE) for each in heard])
    judged = {"left out of the fit": left_out(heard), "by the weights of certainty.py": shipped}
    for name, sure in judged.items():
        print("\n".join((name, *table(heard, sure, ACCEPT), *reliability(heard, sure))))
    features, right, _ = features_of(heard)
    weighing = fitted(features, right)
    weights = ZipWeights(*map(float, weighing.weights.round(3)), round(weighing.constant, 3))
    print("fitted on all:", weights)


if __name__ == "__main__":
    main()
