"""The search without a grammar: the likeliest sentences, those that answer something favoured.

A beam of texts. Each row goes on by the tokens that the model thinks likeliest; ways of writing one text
("78701", "7 8 7 0 1") count as one, so that the beam is full of different texts. A row that names an answer
that the question wants gets a bonus, as callers who are asked for answers mostly give some.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engine.media.speech.model import DecoderStep, Floats, Ids, SoundT, SpeechModel, log_sum_exp
from engine.understanding.languages import language_of
from engine.understanding.open_sentences import Named, OpenGrammar, Sentence
from engine.understanding.tries import squashed

_ROWS = 10
_WAYS = 10  # tokens by which a row goes on
_SPELLINGS = 2  # rows that spell one text
_KEEP_GOING = 4.0  # an unfinished row so far below the best whole text is given up
_DIGIT_WAYS = 5  # digits by which a row goes on, likely or not
_BONUS = 4.0  # for each answer that a text names
_LEAST_TOKENS = 8


@dataclass(frozen=True, slots=True)
class Text:
    """A whole text. `score` is its log-probability, `favoured` the same with what its answers add."""

    tokens: tuple[int, ...]
    text: str
    score: float
    favoured: float
    named: frozenset[Named]


@dataclass(frozen=True, slots=True)
class _SentenceRow:
    tokens: tuple[int, ...]
    text: str
    score: float
    favoured: float
    sentence: Sentence


def search_open(
    model: SpeechModel[SoundT], encoded: SoundT, grammar: OpenGrammar, rows: int = _ROWS
) -> tuple[Text, ...]:
    """Whole texts, best first, spelling aside all different."""
    beam = [_SentenceRow((), "", 0.0, 0.0, grammar.start)]
    figures = _figures(model, grammar.spec.tongue)
    whole: list[Text] = []
    step = model.first(encoded)
    encoded = encoded.rows(rows)
    for _ in range(_LEAST_TOKENS + int(encoded.seconds * model.tokens_a_second)):
        scores = step.logits - log_sum_exp(step.logits)[:, None]
        whole += [_ended(row, float(scores[at, model.end]), grammar) for at, row in enumerate(beam)]
        best = max(text.favoured for text in whole)
        grown = _grown(model, beam, scores, grammar, figures)
        kept = _different(grown, rows, best - _KEEP_GOING)
        if not kept:
            break
        beam = [row for _, row in kept]
        step = gone_on(model, encoded, step, [(parent, row.tokens[-1]) for parent, row in kept])
    return _merged(whole)


def gone_on(
    model: SpeechModel[SoundT], encoded: SoundT, step: DecoderStep, kept: Sequence[tuple[int, int]]
) -> DecoderStep:
    """The next step of a beam of which these rows are kept, each a parent and the token that it adds."""
    parents = [parent for parent, _ in kept]
    said = np.array([token for _, token in kept], np.int64)
    return model.next(encoded, said, tuple(part[parents] for part in step.memory))


def meanings(texts: Sequence[Text]) -> tuple[tuple[Text, float], ...]:
    """Of the texts that name the same answers the best, with their share of all; the likeliest first."""
    totals: dict[frozenset[Named], float] = {}
    best: dict[frozenset[Named], Text] = {}
    for text in sorted(texts, key=lambda text: -text.favoured):
        best.setdefault(text.named, text)
        totals[text.named] = float(np.logaddexp(totals.get(text.named, -np.inf), text.favoured))
    whole = np.logaddexp.reduce(list(totals.values())) if totals else 0.0
    shares = ((best[named], float(np.exp(total - whole))) for named, total in totals.items())
    return tuple(sorted(shares, key=lambda pair: -pair[1]))


def heard_again(
    model: SpeechModel[SoundT], texts: Sequence[Text], sounds: Sequence[SoundT]
) -> tuple[Text, ...]:
    """The texts by their mean scores over several sounds of the same words."""
    means = np.mean([model.score(sound, [text.tokens for text in texts]) for sound in sounds], 0)
    return tuple(
        replace(text, score=float(mean), favoured=text.favoured - text.score + float(mean))
        for text, mean in zip(texts, means, strict=True)
    )


def _ended(row: _SentenceRow, end: float, grammar: OpenGrammar) -> Text:
    named = grammar.named(row.sentence)
    score = row.score + end
    favoured = score + _BONUS * len({one.part for one in named})
    return Text(row.tokens, row.text.strip(), score, favoured, named)


def _grown(
    model: SpeechModel[SoundT],
    beam: Sequence[_SentenceRow],
    scores: Floats,
    grammar: OpenGrammar,
    figures: Ids,
) -> list[tuple[int, _SentenceRow]]:
    """Every row by its likeliest tokens and its likeliest digits, best first."""
    grown: list[tuple[int, _SentenceRow]] = []
    for at, row in enumerate(beam):
        likely = np.argpartition(-scores[at], _WAYS)[:_WAYS]
        digits = figures[np.argsort(-scores[at, figures])[:_DIGIT_WAYS]]
        for token in {int(token) for token in (*likely, *digits)}:
            piece = model.tokens[token]
            if piece is None:
                continue
            tokens, sentence = (*row.tokens, token), grammar.after(row.sentence, piece)
            score = row.score + float(scores[at, token])
            favoured = score + _BONUS * grammar.worth(sentence)
            grown.append((at, _SentenceRow(tokens, row.text + piece, score, favoured, sentence)))
    return sorted(grown, key=lambda pair: -pair[1].favoured)


def _different(
    grown: Sequence[tuple[int, _SentenceRow]], rows: int, floor: float
) -> list[tuple[int, _SentenceRow]]:
    """The best rows, few of each text."""
    kept: list[tuple[int, _SentenceRow]] = []
    spellings: dict[str, int] = {}
    for parent, row in grown:
        text = squashed(row.text)
        if len(kept) == rows or row.favoured < floor:
            break
        if spellings.get(text, 0) < _SPELLINGS:
            spellings[text] = spellings.get(text, 0) + 1
            kept.append((parent, row))
    return kept


def _merged(whole: Sequence[Text]) -> tuple[Text, ...]:
    best: dict[str, Text] = {}
    for text in sorted(whole, key=lambda text: -text.favoured):
        best.setdefault(squashed(text.text), text)
    return tuple(best.values())


def _figures(model: SpeechModel[SoundT], tongue: str) -> Ids:
    """The tokens that are a digit by themselves, in words or figures."""
    book = language_of(tongue).phrasebook
    names = (name for digit in range(10) for name in (book.cardinal(digit), book.digit_names(str(digit))))
    digits = {squashed(word) for word in (*"0123456789", *names)}
    return np.array(
        [at for at, text in enumerate(model.tokens) if text and squashed(text) in digits], np.int64
    )
