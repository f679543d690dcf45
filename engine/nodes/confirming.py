"""Reading answers back, and hearing what the caller says to them; keeping what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from engine.core.answers import AnswerType, Understood
from engine.core.attempts import Keys, Speech
from engine.core.call import Call
from engine.core.facts import Question, Utterance
from engine.core.gathering import Listening
from engine.core.languages import tongue_here
from engine.core.prompts import Prompt
from engine.core.spoken_sound import SpokenSound
from engine.nodes.asking import Failure, Inquiry, Script, Taken, likely
from engine.nodes.certainty import CLEAR, LIKELY, NEAR, heard_texts
from engine.understanding.readings import UNSURE
from engine.understanding.replies import Confirming, Reply

_ATTEMPTS = 2

Meaning = TypeVar("Meaning")


async def confirm(
    call: Call,
    read_back: Mapping[str, Understood],
    parts: Mapping[str, AnswerType],
    prompt: Prompt,
    listening: Listening,
    *,
    was_heard: bool = False,
) -> Taken[Reply] | Failure:
    """Say `prompt` with these values in it; the reply may hold other values for `parts`.

    What is neither yes nor no nor a value is asked again once. `listening` is the question's own, and
    `was_heard` tells whether its prompt was heard to the end.
    """
    asked = Confirming(read_back, parts).in_tongue(tongue_here(call))
    assert isinstance(asked, Confirming), "a kind is the same in every tongue"
    ear = replace(listening, keypad=asked.keypad, kind=None if listening.kind is None else asked, flush=False)
    call.read_back = read_back
    try:
        inquiry = Inquiry(call, Script(prompt, (), (), _ATTEMPTS), ear, was_heard=was_heard)
        return await inquiry.hear(lambda given: _reply(call, asked, given))
    finally:
        call.read_back = {}


def keep(
    call: Call,
    name: str,
    reading: Understood,
    taken: Taken[Meaning],
    *,
    confirmed: bool,
    is_private: bool = False,
) -> None:
    """Learn an answer with its evidence: the question's words, all that was said, who recognised it.

    `is_private`: what was said may hold another, sensitive answer, so only this one's own words are kept.
    """
    prompt, given = taken.prompt, taken.given
    is_keyed = isinstance(given, Keys)
    question = Question(prompt.text, prompt.language, prompt.sha256, prompt.audio_sha256)
    sound = None
    if isinstance(given, Speech) and given.sound is not None and may_keep_sound(call, name):
        sound = call.kept_sounds.keep(call, name, given.sound, question, given.asked_at)
    call.learn(
        name,
        reading,
        raw=given.digits if isinstance(given, Keys) else reading.heard if is_private else given.text,
        mode="keys" if is_keyed else "voice",
        attempts=taken.attempts,
        confirmed=confirmed,
        question=question,
        asked_at=given.asked_at,
        answered_at=given.last_at if isinstance(given, Keys) else given.ended_at,
        utterance=None
        if isinstance(given, Keys)
        else _utterance(given, reading, sound, is_private=is_private),
        began_at=given.first_at if isinstance(given, Keys) else given.started_at,
        hearing=given.hearing,
    )


def may_keep_sound(call: Call, name: str) -> bool:
    """Whether the sound of this answer is to be kept, and the caller was told so."""
    kind = call.flow.answers[name]
    if not kind.keeps_sound or call.secrecy.hides(name):
        return False
    recorder = call.recorder
    return recorder is None or recorder.has_begun or kind.tells_in_prompt


def _utterance(
    speech: Speech, reading: Understood, sound: SpokenSound | None, *, is_private: bool
) -> Utterance:
    alternatives = () if is_private else speech.alternatives
    return Utterance(alternatives, speech.engine, speech.started_at, speech.ended_at, sound, reading.supports)


def _reply(call: Call, asked: Confirming, given: Keys | Speech) -> Reply | None:
    if isinstance(given, Speech):
        return _said(asked, given)
    replied = asked.reply_by_keys(given.digits)
    if replied is None:
        return None
    reply, rest = replied
    call.keys.put_back(rest, given.last_at)
    return reply


def _said(asked: Confirming, speech: Speech) -> Reply | None:
    """One reply of all that may have been said: the surest way to reply, with all its readings' values."""
    heard = [
        (reply, confidence * reply.confidence)
        for text, confidence in heard_texts(speech)
        if (reply := asked.reply_in_words(text)) is not None
    ]
    best: dict[tuple[bool | None, bool], float] = {}
    for reply, sure in heard:
        way = _way(asked, reply)
        best[way] = max(best.get(way, 0.0), sure)
    ranked = sorted(best.items(), key=lambda way: -way[1])
    if not ranked or ranked[0][1] < LIKELY:
        return None
    (is_yes, corrects), sure = ranked[0]
    is_torn = len(ranked) > 1 and sure - ranked[1][1] < NEAR
    if not corrects and is_yes is not None and (sure < CLEAR or is_torn):
        return None
    return Reply(is_yes, sure, _values(asked, speech, (is_yes, corrects), UNSURE if is_torn else 1.0))


def _way(asked: Confirming, reply: Reply) -> tuple[bool | None, bool]:
    """Yes, no or neither, and whether it corrects; a correction is one with its "no" or without."""
    corrects = any(name in asked.read_back for name in reply.values)
    return (None if corrects else reply.is_yes), corrects


def _values(
    asked: Confirming, speech: Speech, way: tuple[bool | None, bool], limit: float
) -> dict[str, tuple[Understood, ...]]:
    found: dict[str, list[Understood]] = {}
    for text, confidence in heard_texts(speech):
        reply = asked.reply_in_words(text)
        if reply is not None and _way(asked, reply) == way:
            for name, readings in reply.values.items():
                found.setdefault(name, []).extend(
                    each.at(min(limit, each.confidence * confidence)) for each in readings
                )
    return {name: kept for name, readings in found.items() if (kept := likely(readings))}
