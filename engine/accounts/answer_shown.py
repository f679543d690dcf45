"""An answer as it is shown, with where it lies in a recording."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict, cast

from msgspec import UNSET, UnsetType

from engine.accounts.recording_shown import AudioShown
from engine.accounts.shown import Shown
from engine.core.conditions import Value
from engine.core.facts import Answer, AnswerMode, Question, Source, Utterance
from engine.core.hearing import Hearing
from engine.core.journal import masked
from engine.core.model_events import FilledByModel
from engine.store.tables.recordings import KeptRecording


class HearingShown(TypedDict):
    """How much of its prompt was heard when an answer began; all null where that is not known."""

    prompt_ms: int | None
    prompt_heard_ms: int | None
    keyed_ahead: bool | None
    heard_before: bool | None


def hearing_shown(hearing: Hearing | None) -> HearingShown:
    return {
        "prompt_ms": None if hearing is None else hearing.prompt_ms,
        "prompt_heard_ms": None if hearing is None else hearing.prompt_heard_ms,
        "keyed_ahead": None if hearing is None else hearing.keyed_ahead,
        "heard_before": None if hearing is None else hearing.heard_before,
    }


class EarlierAnswer(Shown, frozen=True, kw_only=True):
    """An answer as it was before it was given again. Clauses judged until then rest on this one."""

    value: Value
    raw: str
    mode: AnswerMode
    confidence: float
    confirmed: bool
    node: str
    answered_at_ms: int

    @classmethod
    def of(cls, answer: Answer) -> EarlierAnswer:
        shown = cast(Answer, masked(answer))
        return cls(
            value=shown.value,
            raw=shown.raw,
            mode=shown.mode,
            confidence=shown.confidence,
            confirmed=shown.confirmed,
            node=shown.node,
            answered_at_ms=shown.answered_at,
        )


class AnswerShown(Shown, frozen=True, kw_only=True):
    """A typed answer of the caller, and how it was given.

    `values` are the names that conditions may read. `raw` is what came in, digits or words; of words, `words`
    are those that the answer rests on. `source` gave it, where the caller did not. The caller had
    heard `prompt_heard_ms` of its prompt's `prompt_ms` by then, or it was `keyed_ahead`, before that began;
    `heard_before`: an earlier prompt of the same question was heard to its end. All four are null where that
    is not known. `earlier` is there if it was given more than once: what it was before, oldest first.
    `filled` is there if a language model read the answer into the caller's words: which model, whether the
    engine understood the same in them, and whether it was read back and affirmed. `withdrawn_at_ms`: since
    then it was not known any more, for the caller took it back and gave no other.
    """

    kind: str
    value: Value
    label: str
    values: dict[str, Value]
    raw: str
    words: str | None
    mode: AnswerMode
    source: Source | None
    confidence: float
    attempts: int
    confirmed: bool
    sensitive: bool
    node: str
    prompt: Question | None
    asked_at_ms: int
    answered_at_ms: int
    prompt_ms: int | None
    prompt_heard_ms: int | None
    keyed_ahead: bool | None
    heard_before: bool | None
    heard: Utterance | None
    audio: AudioShown | None
    earlier: tuple[EarlierAnswer, ...] | UnsetType = UNSET
    withdrawn_at_ms: int | UnsetType = UNSET
    filled: FilledByModel | UnsetType = UNSET

    @classmethod
    def of(
        cls,
        answer: Answer,
        recordings: Sequence[KeptRecording] = (),
        earlier: Sequence[Answer] = (),
    ) -> AnswerShown:
        """The answer, masked where it is sensitive."""
        shown = cast(Answer, masked(answer))
        return cls(
            kind=shown.kind,
            value=shown.value,
            label=shown.label,
            values=dict(shown.values),
            raw=shown.raw,
            words=shown.heard or None,
            mode=shown.mode,
            source=shown.source,
            confidence=shown.confidence,
            attempts=shown.attempts,
            confirmed=shown.confirmed,
            sensitive=shown.sensitive,
            node=shown.node,
            prompt=shown.question,
            asked_at_ms=shown.asked_at,
            answered_at_ms=shown.answered_at,
            **hearing_shown(shown.hearing),
            heard=shown.utterance,
            audio=AudioShown.of(answer, recordings),
            earlier=tuple(EarlierAnswer.of(each) for each in earlier) or UNSET,
            withdrawn_at_ms=UNSET if shown.withdrawn_at is None else shown.withdrawn_at,
            filled=UNSET if shown.filled is None else shown.filled,
        )
