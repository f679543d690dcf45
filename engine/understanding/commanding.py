"""Which command a caller gives: alone, politely, or inside a sentence.

    "operator"     "can I talk to a person, please"     "my ZIP code is wrong"     "no, go back"

Rules
1. A command's phrase counts where it stands word for word. The longest one is meant.
2. Where nothing of weight stands beside it, it is sure. In a longer sentence it is unsure, so that the caller
   is asked; one of a single word ("repeat") is none there.
3. "I don't want an operator" gives no command. A bare "no" before one refuses nothing: "no, go back"; where
   "no" also governs verbs, it does with one between: "no quiero un operador".
4. An answer is to be changed where its name stands beside a "wrong", or after a "change my".
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from engine.core.answers import AnswerType
from engine.core.spoken_commands import Act, CommandKey, SpokenCommands, bare
from engine.understanding import command_words as words_of
from engine.understanding.languages import language_of
from engine.understanding.readings import UNSURE
from engine.understanding.words import BARRIER, SaidWords, phrase, utterance

HARMLESS: frozenset[Act] = frozenset({"repeat", "slower", "hold"})
"""What costs a caller nothing who did not mean it."""

_WHOLE = 1.0

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SaidCommand:
    """A command that was given; `answer` is the one that is to be changed, where it was named."""

    command: CommandKey
    confidence: float
    heard: str
    answer: str | None = None


def said_command(text: str, spoken: SpokenCommands) -> SaidCommand | None:
    """The command that the words give, if they give one."""
    said = utterance(text, spoken.tongue)
    if not said.words:
        return None
    found = [*_phrased(said, spoken), *_changed(said, spoken)]
    return max(found, key=lambda each: (each.confidence, len(each.heard)), default=None)


def given_phrases(tongue: str) -> Mapping[Act, tuple[str, ...]]:
    """What is said for the commands that every flow has; nothing in a tongue that has no words for them."""
    return words_of.PHRASES.get(tongue, {})


def changes(answers: Mapping[str, AnswerType], tongue: str) -> tuple[tuple[str, str], ...]:
    """What is said to have an answer changed, and which."""
    forms = words_of.CHANGES.get(tongue, ())
    return tuple(
        (form.format(called), name)
        for name, called_so in called(answers, tongue).items()
        for called in called_so
        for form in forms
    )


def called(answers: Mapping[str, AnswerType], tongue: str) -> dict[str, tuple[str, ...]]:
    """By answer, what callers call it: its name, and its kind's where no other answer is of that kind."""
    kinds = [kind.kind for kind in answers.values()]
    found = {}
    for name, kind in answers.items():
        own = name.rpartition(".")[2].replace("_", " ")
        of_kind = kind.CALLED.get(tongue, ()) if kinds.count(kind.kind) == 1 else ()
        found[name] = tuple(dict.fromkeys((own, *of_kind)))
    return found


def _phrased(said: SaidWords, spoken: SpokenCommands) -> Iterator[SaidCommand]:
    whole = bare(said.source)
    for command in spoken.commands:
        for text in command.phrases:
            if bare(text) == whole:
                yield SaidCommand(command, _WHOLE, said.source)
            elif (found := _stands(said, phrase(text))) is not None:
                sure = _sure(said, *found, _beside(spoken.tongue))
                if sure and not _is_refused(said, found[0]):
                    yield SaidCommand(command, sure, said.heard(*found))


def _changed(said: SaidWords, spoken: SpokenCommands) -> Iterator[SaidCommand]:
    change = next((each for each in spoken.commands if each.does == "change"), None)
    names = dict.fromkeys(answer for _, answer in spoken.changes)
    if change is None:
        return
    for answer in names:
        for name in _names(spoken.changes, answer, spoken.tongue):
            found = _stands(said, name)
            if found is None:
                continue
            place = _told_wrong(said, found, spoken.tongue)
            if place is None or _is_refused(said, place[0]):
                continue
            beside = _beside(spoken.tongue) | frozenset(
                words_of.BESIDE_A_CHANGE.get(spoken.tongue, "").split()
            )
            others = [
                word.text
                for at, word in enumerate(said.words)
                if not (found[0] <= at < found[1] or place[0] <= at < place[1])
            ]
            sure = _WHOLE if all(word in beside for word in others) else UNSURE
            first, past = min(found[0], place[0]), max(found[1], place[1])
            yield SaidCommand(change, sure, said.heard(first, past), answer)


@lru_cache(maxsize=512)
def _names(said: tuple[tuple[str, str], ...], answer: str, tongue: str) -> tuple[Words, ...]:
    """The names of an answer, taken back out of what is said to have it changed; the longest first."""
    form = words_of.CHANGES[tongue][0]
    before, after = form.split("{}")
    names = {
        phrase(text[len(before) : len(text) - len(after)])
        for text, whose in said
        if whose == answer and text.startswith(before) and text.endswith(after)
    }
    return tuple(sorted(names, key=len, reverse=True))


def _told_wrong(said: SaidWords, name: tuple[int, int], tongue: str) -> tuple[int, int] | None:
    """Where the words stand that have the answer of this name changed."""
    for text in words_of.TO_CHANGE.get(tongue, ()):
        found = _stands(said, phrase(text))
        if found is not None and found[1] <= name[0]:
            return found
    for text in words_of.WRONG.get(tongue, ()):
        found = _stands(said, phrase(text))
        if found is not None:
            return found
    return None


def _stands(said: SaidWords, wanted: Words) -> tuple[int, int] | None:
    """Where the words stand one after another."""
    texts, length = said.texts, len(wanted)
    for first in range(len(texts) - length + 1):
        if texts[first : first + length] == wanted:
            return first, first + length
    return None


def _sure(said: SaidWords, first: int, past: int, beside: Collection[str]) -> float:
    others = [word.text for at, word in enumerate(said.words) if not first <= at < past]
    if all(word in beside for word in others):
        return _WHOLE
    return UNSURE if past - first > 1 and BARRIER not in others else 0.0


def _is_refused(said: SaidWords, first: int) -> bool:
    language = language_of(said.tongue)
    negation = language.refusal(said, first)
    if negation is None:
        return False
    is_bare = said.texts[negation] in language.bare_no
    return not is_bare or (language.no_governs_verbs and first - negation > 1)


@lru_cache(maxsize=16)
def _beside(tongue: str) -> frozenset[str]:
    """The words that say nothing beside a command."""
    around: Sequence[str] = (*words_of.LEADS.get(tongue, ()), *words_of.TAILS.get(tongue, ()))
    light = words_of.LIGHT.get(tongue, "").split()
    return (
        frozenset(language_of(tongue).fillers)
        | frozenset(light)
        | {word for text in around for word in phrase(text)}
    )
