"""What may be another ZIP by one digit is scored, though a search gave it up: a scripted model, the real codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from engine.media.speech.beam import Follower, Found, Hypothesis, TokenTrie, summed
from engine.media.speech.certainty import SearchFigures
from engine.media.speech.model import DecoderStep, Floats, Ids
from engine.media.speech.rivals import Rivals, confusable
from engine.media.speech.upsample import Samples
from engine.understanding.grammars import Reading, compile_grammar, grammar_of
from engine.understanding.zip import Zip

_WORDS = ("zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "sixteen", "sixty")
TOKENS: tuple[str | None, ...] = (
    *(None, ",", " "),
    *(f" {word}" for word in _WORDS),
    *(" n", "ine", " e", "ight", "Z", "ero", "N", "E", "F", "ive", "our", "O", "ne", "Tw", "o", "Th", "ree"),
    *("S", "ix", "even", "h", "teen", "ty", "6", "8", "0", "2"),
)
UNLIKELY = -20.0


@dataclass(frozen=True, slots=True)
class Silent:
    """A sound without anything in it: what is heard in it is the script's."""

    seconds: float = 2.0

    def rows(self, count: int) -> Silent:
        return self


class Scripted:
    """Scores texts by what it was told of each place; counts the rows that it scored."""

    tokens: Sequence[str | None] = TOKENS
    end = 0
    tokens_a_second = 6.5

    def __init__(self, likely: Mapping[tuple[int, str], float], best: Sequence[str]) -> None:
        """By place and token how likely it is there; the tokens of `best` are nearly certain."""
        self._best = ids(best)
        self._likely = {(at, TOKENS.index(text)): score for (at, text), score in likely.items()}
        self.scored = 0

    def encode(self, samples: Samples, told: tuple[int, ...] = ()) -> Silent:
        return Silent()

    def first(self, encoded: Silent) -> DecoderStep:
        raise NotImplementedError

    def next(self, encoded: Silent, tokens: Ids, memory: tuple[Floats, ...]) -> DecoderStep:
        raise NotImplementedError

    def places(self, encoded: Silent, row: Sequence[int]) -> Floats:
        found = np.full((len(row) + 1, len(TOKENS)), UNLIKELY, np.float32)
        for at, token in enumerate(self._best):
            found[at, token] = -0.01
        for (at, token), score in self._likely.items():
            found[at, token] = score
        return found

    def score(self, encoded: Silent, rows: Sequence[Sequence[int]]) -> Floats:
        self.scored += len(rows)
        places = self.places(encoded, self._best)
        return np.array(
            [sum(self._at(places, row, at) for at in range(len(row))) for row in rows], np.float32
        )

    def _at(self, places: Floats, row: Sequence[int], at: int) -> float:
        return float(places[at, row[at]]) if at < len(places) else 0.0


def ids(texts: Sequence[str]) -> tuple[int, ...]:
    return tuple(TOKENS.index(text) for text in texts)


@cache
def follower() -> Follower:
    return Follower(compile_grammar(grammar_of(Zip())), TokenTrie(TOKENS))


def found_alone(texts: Sequence[str], code: str) -> Found:
    """A search that gave everything up but one text."""
    return Found((Hypothesis(ids(texts), -0.05, (Reading(value=code),)),), ids(texts), -0.05)


SAID = (" zero", " zero", " six", " two", " two")


def test_a_near_rival_that_the_search_gave_up_makes_a_reading_unsure() -> None:
    model = Scripted({(2, " e"): -1.2, (3, "ight"): -0.01}, SAID)
    alone = found_alone(SAID, "00622")
    assert SearchFigures.of(summed(alone.allowed), alone).gap == 12.0
    beside = Rivals(TOKENS).beside(model, Silent(), follower(), alone)
    assert [text.readings[0].value for text in beside.allowed] == ["00622", "00822"]


def test_a_rival_takes_its_place_by_its_whole_score() -> None:
    texts = (" six", " six", " two", " zero", " seven")
    model = Scripted({(3, " three"): 0.0}, texts)
    found = Rivals(TOKENS).beside(model, Silent(), follower(), found_alone(texts, "66207"))
    assert found.allowed[0].readings[0].value == "66207"  # 66237 is no ZIP
    model = Scripted({(4, " three"): 0.0}, texts)
    found = Rivals(TOKENS).beside(model, Silent(), follower(), found_alone(texts, "66207"))
    assert [text.readings[0].value for text in found.allowed] == ["66203", "66207"]
    figures = SearchFigures.of(summed(found.allowed), found)
    assert figures.gap < 0.1


def test_of_clear_digits_nothing_is_scored() -> None:
    model = Scripted({}, SAID)
    alone = found_alone(SAID, "00622")
    assert Rivals(TOKENS).beside(model, Silent(), follower(), alone) is alone
    assert model.scored == 0


def test_where_nothing_was_found_there_are_no_rivals() -> None:
    nothing = Found((), ids(SAID), -1.0)
    assert Rivals(TOKENS).beside(Scripted({}, SAID), Silent(), follower(), nothing) is nothing


def test_numbers_are_the_longest_that_tokens_spell_and_rivals_are_written_alike() -> None:
    rivals = Rivals(TOKENS)
    spelled = ids(("S", "ix", "teen", ",", " n", "ine", ",", "8"))
    assert [number.text for number in rivals.numbers(spelled)] == ["Sixteen", " nine", "8"]
    places = np.full((len(spelled) + 1, len(TOKENS)), -30.0, np.float32)
    for at, token in enumerate(spelled):
        places[at, token] = 0.0
    places[7, TOKENS.index("6")] = -1.0
    (other,) = rivals.near(spelled, places)
    assert other == (*spelled[:7], TOKENS.index("6"))


@pytest.mark.parametrize("number", ["six", "oh", "7", "fifteen", "fifty"])
def test_no_number_is_its_own_rival_nor_another_word_for_it(number: str) -> None:
    others = confusable()[number]
    assert number not in others
    assert len(set(others)) == len(others)
    if number == "oh":
        assert "zero" not in others
    if number == "fifteen":
        assert "fifty" in others
