"""Fits the weights of engine/understanding/own_words.py: `python -m benchmarks.own_words_fit FIGURES.jsonl`.

What is fitted to: every other sentence of own_words.toml and all of its two questions that are not measured
(`own_words.sentences(fitted=True)`), as text and as said by the voices flite:slt and espeak:en-us, clean and
in 15 dB of noise by turns. The sentences were written for this; no caller's are among them. What the
recogniser knows of each is kept in FIGURES.jsonl, a line each, and read from there where that file is there:
hearing takes some ten minutes, fitting a few seconds.

The model is a conditional logit, "none of them" among the options, its weights 0 or more, drawn a little
towards 0. Sentences that are no answer count `--off-topic` times.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.core.grammar_spec import GrammarSpec
from engine.media.speech.options_meant import LikelyText, OptionsMeant, SpeakingFor
from engine.media.speech.recogniser import recogniser_of
from engine.media.speech.sound_files import read_wav
from engine.understanding.choice import Choice, ChoiceOption
from engine.understanding.grammars import compile_grammar, grammar_of
from engine.understanding.own_words import OptionWeights, TextFigures, parts_of

from .own_words import make, questions, sentences
from .understand import Noise

PARTS = len(OptionWeights._fields) - 1
"""Of what an option's score is made, the last weight being that of none."""

_SNR_DB = 15.0
_DRAWN_TO_0 = 0.001
_SCALES = np.array([0.3, 3.0, 3.0, 3.0, 10.0, 10.0, 3.0, 6.0])
"""What each weight is like: it is drawn to 0 in such steps."""

_ROUNDS = 4000
_STEP = 0.02

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one sentence: texts x options x parts, and the texts' shares. `answer` is the option,
    -1 where it is none of them."""

    parts: Doubles
    shares: Doubles
    answer: int


class Collected(OptionsMeant):
    """Keeps the figures that were last weighed."""

    last: tuple[TextFigures, ...] = ()

    def figures(
        self, texts: Sequence[LikelyText], spec: GrammarSpec, known: SpeakingFor
    ) -> tuple[TextFigures, ...]:
        found = super().figures(texts, spec, known)
        self.last = found
        return found


def _specs() -> dict[str, GrammarSpec]:
    return {
        question: grammar_of(
            Choice(
                {
                    name: ChoiceOption(str(number), tuple(phrases))
                    for number, (name, phrases) in enumerate(options.items(), 1)
                }
            )
        )
        for question, options in questions().items()
    }


def collect(seed: int) -> Iterator[dict[str, object]]:
    """A line for each sentence that leaves the grammar in doubt, as text and as heard."""
    specs, collected = _specs(), Collected()
    for sentence in sentences(fitted=True):
        spec = specs[sentence.question]
        collected.last = ()
        collected.of_text(sentence.text, compile_grammar(spec))
        yield from _line(collected, sentence.option)
    recogniser = recogniser_of("en")
    recogniser.paraphrases.meant = collected
    with tempfile.TemporaryDirectory() as made:
        make(Path(made), seed, fitted=True)
        for number, label in enumerate(json.loads((Path(made) / "manifest.json").read_text("utf-8"))):
            sound = read_wav(Path(made) / label["wav"])
            if number % 4 >= 2:
                sound = Noise(_SNR_DB, seed).behind(sound, number // 4)
            collected.last = ()
            recogniser.recognise(sound, specs[label["question"]])
            yield from _line(collected, label["expected"])


def _line(collected: Collected, option: str | None) -> Iterator[dict[str, object]]:
    if collected.last:
        names = list(collected.last[0].options)
        yield {
            "parts": [[parts_of(each) for each in text.options.values()] for text in collected.last],
            "shares": [text.share for text in collected.last],
            "answer": -1 if option is None else names.index(option),
        }


def fitted(known: Sequence[Known], off_topic: float) -> tuple[OptionWeights, float]:
    """The weights, and the mean log of the certainty that they give to what was said."""
    packed = Packed.of(known)
    counts = np.where(packed.answers == packed.most, off_topic, 1.0)
    counts /= counts.sum()
    weights, momentum, square = _SCALES.copy(), np.zeros(len(_SCALES)), np.zeros(len(_SCALES))
    for number in range(1, _ROUNDS + 1):
        slope = packed.slope(weights, counts) * _SCALES + 2 * _DRAWN_TO_0 * weights / _SCALES
        momentum = 0.9 * momentum + 0.1 * slope
        square = 0.99 * square + 0.01 * slope**2
        step = _STEP * (1 - number / (_ROUNDS + 1))
        weights = weights - step * _SCALES * momentum / (np.sqrt(square) + 1e-9)
        weights[:-1] = np.maximum(weights[:-1], 0.0)
    sure, _ = packed.certainties(weights)
    right = sure[np.arange(len(known)), packed.answers]
    rounded = OptionWeights(*(round(float(weight), 2) for weight in weights))
    return rounded, float((np.log(right + 1e-12) * counts).sum())


@dataclass(frozen=True, slots=True)
class Packed:
    """All sentences side by side: sentences x texts x options x parts; "none of them" is option `most`."""

    parts: Doubles
    log_shares: Doubles
    is_option: NDArray[np.bool_]
    answers: NDArray[np.int64]
    most: int

    @classmethod
    def of(cls, known: Sequence[Known]) -> Packed:
        texts, most = (max(each.parts.shape[axis] for each in known) for axis in (0, 1))
        parts = np.zeros((len(known), texts, most, PARTS))
        log_shares, is_option = np.full((len(known), texts), -1e9), np.zeros((len(known), most), bool)
        for at, each in enumerate(known):
            said, options = each.parts.shape[:2]
            parts[at, :said, :options], is_option[at, :options] = each.parts, True
            log_shares[at, :said] = np.log(np.maximum(each.shares, 1e-9))
        answers = np.array([each.answer if each.answer >= 0 else most for each in known])
        return cls(parts, log_shares, is_option, answers, most)

    def certainties(self, weights: Doubles) -> tuple[Doubles, Doubles]:
        """How sure each option is, "none of them" last; and what each text counts in an option's score."""
        scores = self.parts @ weights[:-1] + self.log_shares[:, :, None]
        highest = scores.max(1, keepdims=True)
        odds = np.exp(scores - highest)
        means = np.where(self.is_option, highest[:, 0] + np.log(odds.sum(1)), -np.inf)
        means = np.append(means, np.full((len(means), 1), weights[-1]), 1)
        sure = np.exp(means - means.max(1, keepdims=True))
        return sure / sure.sum(1, keepdims=True), odds / odds.sum(1, keepdims=True)

    def slope(self, weights: Doubles, counts: Doubles) -> Doubles:
        """Of the mean negative log of the certainty of what was said."""
        sure, by_text = self.certainties(weights)
        sure[np.arange(len(sure)), self.answers] -= 1
        sure *= counts[:, None]
        of_parts = np.einsum("nk,ntk,ntkf->f", sure[:, : self.most], by_text, self.parts)
        return np.append(of_parts, sure[:, self.most].sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("figures", type=Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--off-topic", type=float, default=1.0, help="how often each that is no answer counts"
    )
    given = parser.parse_args()
    if not given.figures.exists():
        with given.figures.open("w", encoding="utf-8") as kept:
            for number, line in enumerate(collect(given.seed), 1):
                kept.write(json.dumps(line) + "\n")
                print(f"\r{number} heard", end="", flush=True)
        print()
    lines = [json.loads(line) for line in given.figures.read_text("utf-8").splitlines()]
    known = [Known(np.array(line["parts"]), np.array(line["shares"]), line["answer"]) for line in lines]
    weights, mean_log = fitted(known, given.off_topic)
    print(f"{len(known)} sentences, mean log of the certainty {mean_log:.3f}\n{weights}")


if __name__ == "__main__":
    main()
