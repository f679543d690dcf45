"""A default recogniser as a program of its own: `python -m engine.media.speech.recogniser_worker es`.

The argument is the tongue that it hears, "en" where there is none; a second one, "words-alone", says that
choices are not to be compared by meaning.
Reads frames from stdin and answers each on stdout, until stdin ends. The first frame it writes is {"ready"},
or {"missing"} with what to install. It yields to calls on the same machine: lowest priority, one thread.

{"learn": key, "grammar": …}          no answer
{"warm_up": true}                     {"ready": true}, when what was learnt is compiled and the model has run
{"hear": key, "given_up": n} + sound  {"recognition": …}, {"failed": why} or {"given_up": true}

The signal SIGUSR1 says that nobody waits for the sound at hand any more. It may come late, when that was
answered already, or early, before it is looked at; so each request says how many were sent before it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from types import FrameType
from typing import cast

import numpy as np

from engine.core.grammar_spec import GrammarSpec
from engine.media import mulaw
from engine.media.speech.frames import WORDS_ALONE, Head, frame, grammar_from, read_frame, recognition_head
from engine.media.speech.model import ModelMissing
from engine.media.speech.samples import to_mulaw


class GivenUp(BaseException):
    """Raised wherever the recogniser stands; no `except Exception` on the way may take it."""


class Interruption:
    """Raises GivenUp at the signal, at most once between `begin` and `end`."""

    def __init__(self) -> None:
        self._signals = 0
        self._is_hearing = False
        if hasattr(signal, "SIGUSR1"):
            signal.signal(signal.SIGUSR1, self._came)

    def begin(self, signals_before: int) -> None:
        """A sound is at hand, before which so many signals were sent."""
        self._is_hearing = True
        is_too_late = self._signals > signals_before
        self._signals = signals_before  # several that come at once count as one
        if is_too_late:
            self._is_hearing = False
            raise GivenUp

    def end(self) -> None:
        self._is_hearing = False

    def _came(self, number: int, frame: FrameType | None) -> None:
        self._signals += 1
        if self._is_hearing:
            self._is_hearing = False
            raise GivenUp


HUM_MS = 400


def humming() -> bytes:
    """Mu-law that passes for a voice and says nothing: it takes every step of a recognition, the first time
    through which costs what a later one does not. Short, for a longer hum is only searched for longer."""
    time_s = np.arange(HUM_MS * mulaw.RATE_HZ // 1000) / mulaw.RATE_HZ
    tones = sum(np.sin(2 * np.pi * 120 * overtone * time_s) / overtone for overtone in range(1, 25))
    syllables = 1 + np.sin(2 * np.pi * 4 * time_s)
    return to_mulaw((2000 * tones * syllables).astype("<i2").tobytes())


def main() -> None:
    # Whatever a library prints must not get between two answers: it goes to stderr from here on.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with contextlib.suppress(OSError):
        os.nice(10)

    def answer(head: Head) -> None:
        answers.write(frame(head))
        answers.flush()

    try:
        from engine.media.speech.recogniser import recogniser_of

        tongue, *manner = sys.argv[1:] or ["en"]
        recogniser = recogniser_of(tongue, tells_meanings=WORDS_ALONE not in manner)
    except (ModelMissing, ImportError) as error:
        answer({"missing": str(error)})
        return
    interruption = Interruption()
    answer({"ready": True})
    grammars: dict[str, GrammarSpec] = {}
    while (request := read_frame(sys.stdin.buffer)) is not None:
        head, sound = request
        if "learn" in head:
            spec = grammars[str(head["learn"])] = grammar_from(cast(Head, head["grammar"]))
            with contextlib.suppress(Exception):  # told when it is to be heard by
                recogniser.prepare(spec)
            continue
        if "warm_up" in head:
            for spec in [*grammars.values()][:1]:
                with contextlib.suppress(Exception):  # told when something is to be heard
                    recogniser.recognise(humming(), spec)
            answer({"ready": True})
            continue
        # Two blocks: the signal may come while what was raised is being told.
        try:
            try:
                interruption.begin(cast(int, head["given_up"]))
                recognition = recogniser.recognise(sound, grammars[str(head["hear"])])
                reply: Head = {"recognition": recognition_head(recognition)}
            except Exception as error:  # noqa: BLE001 - whatever it is, the engine is told and replaces us
                reply = {"failed": f"{type(error).__name__}: {error}"}
            interruption.end()
        except GivenUp:
            reply = {"given_up": True}
        answer(reply)


if __name__ == "__main__":
    main()
