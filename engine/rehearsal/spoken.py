"""What a story's caller says, as a recogniser hears it: words outright, or a recording that is recognised."""

from __future__ import annotations

import hashlib
import re
from collections import deque
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from engine.core.commands import Listen
from engine.core.events import Said
from engine.core.spoken_sound import SpokenSound
from engine.language.stories.story import SaySomething
from engine.media import mulaw

if TYPE_CHECKING:
    from engine.media.speech.recogniser import Recogniser
    from engine.media.speech.vad import Silero

MS_PER_WORD = 350

_WORD = re.compile(r"[0-9]|[^\s0-9]+")  # a figure is said as a word


class NothingHears(Exception):
    """A recording could not be played to a recogniser; the message says why, and how to mend it."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """Something said. `readings` are best first; none: it was nothing that the question allows.

    What is no voice is not noticed at all: nobody was heard to speak.
    """

    length_ms: int
    readings: tuple[Said, ...]
    engine: str
    is_voice: bool = True

    def heard(self, question: Listen, started_at: int) -> tuple[object, ...]:
        """The fields of its SpeechHeard, after its time. Where a sound is kept, the words' digest stands for
        that of a sound that nobody made."""
        best = self.readings[0] if self.readings else Said("", 0.0)
        ended_at = started_at + self.length_ms
        sound = None
        if question.kind.keeps_sound and best.text:
            digest = hashlib.sha256(best.text.encode()).hexdigest()
            sound = SpokenSound(digest, started_at, self.length_ms)
        told = (best.text, best.confidence, self.readings, started_at, ended_at, self.engine, sound)
        return (question.listening, *told)


class StoryEar(Protocol):
    """What recordings are played to."""

    def hears(self, file: str, question: Listen) -> Spoken:
        """Raises NothingHears."""
        ...


def in_words(said: SaySomething) -> Spoken:
    """What a recogniser would make of these words, had it heard them so."""
    length_ms = MS_PER_WORD * len(_WORD.findall(said.text))
    return Spoken(length_ms, (Said(said.text, said.confidence),), "story")


class RecogniserEar:
    """The default recogniser, in this process, over the recordings of a network's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._recognisers: dict[str, Recogniser[Any]] = {}

    def hears(self, file: str, question: Listen) -> Spoken:
        from engine.media.speech.recognition import engine_of
        from engine.media.speech.sound_files import read_wav
        from engine.understanding.grammars import grammar_of

        try:
            sound = read_wav(self._folder / file)
        except (OSError, ValueError) as error:
            raise NothingHears(str(error)) from error
        grammar = grammar_of(question.kind, question.others, question.spoken)
        recogniser, engine = self._recogniser(grammar.tongue), engine_of(grammar.tongue)
        length_ms = len(sound) * 1000 // mulaw.RATE_HZ
        turn = self._first_turn(sound, question)
        if turn is None:
            return Spoken(length_ms, (), engine, is_voice=False)
        recognition = recogniser.recognise(turn, grammar)
        return Spoken(length_ms, recognition.said, engine)

    def _first_turn(self, sound: bytes, question: Listen) -> bytes | None:
        """What a live call's ear would take for the utterance: from the voice to the silence that ends it.

        None where it would hear no voice."""
        from engine.media.speech.activity import LEAD_WINDOWS, Activity, ActivitySettings, VoiceActivity

        settings = ActivitySettings(complete_timeout_ms=question.complete_timeout_ms)
        if question.kind.longest_ms is not None:
            settings = replace(settings, max_speech_ms=question.kind.longest_ms)
        activity, windows = VoiceActivity(settings), deque[bytes](maxlen=LEAD_WINDOWS)
        is_voice = False
        silence = bytes([mulaw.SILENCE]) * (2 * settings.complete_timeout_ms * mulaw.RATE_HZ // 1000)
        for window, confidence in self._silero.confidences(silence + sound + silence):
            windows.append(window)
            match activity.hear(confidence):
                case Activity.STARTED:
                    windows, is_voice = deque(windows), True
                case Activity.STOPPED | Activity.OVERLONG:
                    break
        return b"".join(windows) if is_voice else None

    @cached_property
    def _silero(self) -> Silero:
        from engine.media.speech.vad import Silero

        return Silero()

    def _recogniser(self, tongue: str) -> Recogniser[Any]:
        if tongue not in self._recognisers:
            self._recognisers[tongue] = self._loaded(tongue)
        return self._recognisers[tongue]

    def _loaded(self, tongue: str) -> Recogniser[Any]:
        try:
            from engine.media.speech.model import ModelMissing
            from engine.media.speech.recogniser import recogniser_of
        except ImportError as error:
            cure = "to play recordings: pip install 'cordboard[speech]'"
            raise NothingHears(f"no recogniser ({error}); {cure}") from error
        try:
            return recogniser_of(tongue)
        except ModelMissing as missing:
            raise NothingHears(str(missing)) from missing
