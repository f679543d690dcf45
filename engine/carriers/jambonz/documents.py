"""The verbs that we answer with: a call follows them, and ends after the last.

What comes next is asked for by a `redirect` of its own, not by a verb's `actionHook`: jambonz asks that one
of a verb that was replaced too, and its answer would take a leg out of the conference that it is moved to.

Source: jambonz/jambonz-feature-server, its tasks.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from engine.carriers.contract import StreamAt
from engine.carriers.jambonz.signatures import USERNAME
from engine.carriers.jambonz.stream import TOKEN
from engine.media.mulaw import RATE_HZ

Verb = Mapping[str, object]


def connect_stream(at: StreamAt, password: str, then: str) -> list[Verb]:
    """Join the leg to our media server; when that ends, jambonz asks at `then` what comes next."""
    listen = {
        "verb": "listen",
        "url": at.url,
        "mixType": "mono",
        "passDtmf": True,
        "sampleRate": RATE_HZ,
        "bidirectionalAudio": {"enabled": True, "streaming": True, "sampleRate": RATE_HZ},
        "metadata": {TOKEN: at.token},
        "wsAuth": {"username": USERNAME, "password": password},
    }
    return [{"verb": "answer"}, listen, _ask(then)]


def hang_up() -> list[Verb]:
    return [{"verb": "hangup"}]


def say_and_hang_up(words: str) -> list[Verb]:
    """jambonz's own voice says `words`: for when ours cannot be reached."""
    return [{"verb": "say", "text": words}, {"verb": "hangup"}]


def join_conference(room: str, then: str) -> list[Verb]:
    """Join the leg with whoever is in the conference of this name; it ends with either of the two, and
    jambonz asks at `then` what comes next for the other. Its conferences have no limit of time."""
    return [{"verb": "conference", "name": room, "endConferenceOnExit": True}, _ask(then)]


def _ask(then: str) -> Verb:
    return {"verb": "redirect", "actionHook": {"url": then, "method": "POST"}}


def written(verbs: list[Verb]) -> str:
    return json.dumps(verbs)
