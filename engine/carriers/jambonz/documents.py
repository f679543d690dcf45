"""The verbs that we answer with: a call follows them, and ends after the last."""

from __future__ import annotations

import json
from collections.abc import Mapping

from engine.carriers.contract import StreamAt
from engine.carriers.jambonz.signatures import USERNAME
from engine.carriers.jambonz.stream import TOKEN
from engine.media.mulaw import RATE_HZ

Verb = Mapping[str, object]


def connect_stream(at: StreamAt, password: str, then: str) -> list[Verb]:
    """Join the leg to our media server; when that ends, jambonz asks at `then` what comes next. Should it not
    be answered there, it asks once more."""
    listen = {
        "verb": "listen",
        "url": at.url,
        "mixType": "mono",
        "passDtmf": True,
        "sampleRate": RATE_HZ,
        "bidirectionalAudio": {"enabled": True, "streaming": True, "sampleRate": RATE_HZ},
        "metadata": {TOKEN: at.token},
        "wsAuth": {"username": USERNAME, "password": password},
        "actionHook": {"url": then, "method": "POST"},
    }
    return [{"verb": "answer"}, listen, {"verb": "redirect", "actionHook": {"url": then, "method": "POST"}}]


def hang_up() -> list[Verb]:
    return [{"verb": "hangup"}]


def say_and_hang_up(words: str) -> list[Verb]:
    """jambonz's own voice says `words`: for when ours cannot be reached."""
    return [{"verb": "say", "text": words}, {"verb": "hangup"}]


def conference(name: str) -> list[Verb]:
    """Join the leg with whoever is in the conference of this name; it ends with either of the two."""
    return [{"verb": "conference", "name": name, "endConferenceOnExit": True}, {"verb": "hangup"}]


def written(verbs: list[Verb]) -> str:
    return json.dumps(verbs)
