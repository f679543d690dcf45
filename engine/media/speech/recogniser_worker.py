"""The default recogniser as a program of its own: `python -m engine.media.speech.recogniser_worker`.

Reads frames from stdin and answers each on stdout, until stdin ends. The first frame it writes is {"ready"},
or {"missing"} with what to install. It yields to calls on the same machine: lowest priority, one thread.

{"learn": key, "grammar": …}  no answer       {"hear": key} + sound  {"recognition": …} or {"failed": why}
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import cast

from engine.media.speech.frames import Head, frame, grammar_from, read_frame, recognition_head
from engine.media.speech.moonshine import ModelMissing
from engine.understanding.grammars import GrammarSpec


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
        from engine.media.speech.recogniser import Recogniser

        recogniser = Recogniser()
    except (ModelMissing, ImportError) as error:
        answer({"missing": str(error)})
        return
    answer({"ready": True})
    grammars: dict[str, GrammarSpec] = {}
    while (request := read_frame(sys.stdin.buffer)) is not None:
        head, sound = request
        if "learn" in head:
            grammars[str(head["learn"])] = grammar_from(cast(Head, head["grammar"]))
            continue
        try:
            recognition = recogniser.recognise(sound, grammars[str(head["hear"])])
            reply: Head = {"recognition": recognition_head(recognition)}
        except Exception as error:  # noqa: BLE001 - whatever it is, the engine is told and replaces us
            reply = {"failed": f"{type(error).__name__}: {error}"}
        answer(reply)


if __name__ == "__main__":
    main()
