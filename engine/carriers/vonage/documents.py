"""The NCCOs that we answer with: a call follows their actions, and ends after the last."""

from __future__ import annotations

import json
from collections.abc import Mapping

from engine.carriers.contract import StreamAt
from engine.carriers.vonage.stream import CALL, TOKEN, sound_of

Action = Mapping[str, object]


def connect_stream(at: StreamAt, call: str, shown: str, then: str, rate_hz: int) -> list[Action]:
    """Join the leg to our media server; Vonage asks at the URL `then` what comes next. `shown` is the number
    of ours that the socket's own leg has; where that is none, Vonage takes any."""
    endpoint = {
        "type": "websocket",
        "uri": at.url,
        "content-type": sound_of(rate_hz),
        "headers": {TOKEN: at.token, CALL: call},
        "authorization": {"type": "vonage"},
    }
    action: dict[str, object] = {
        "action": "connect",
        "eventType": "synchronous",
        "eventUrl": [then],
        "eventMethod": "POST",
        "endpoint": [endpoint],
    }
    if shown.isdecimal():
        return [{**action, "from": shown}]
    return [{**action, "randomFromNumber": True}]


def say(words: str) -> list[Action]:
    """Vonage's own voice says it, and the call ends."""
    return [{"action": "talk", "text": words}]


def written(actions: list[Action]) -> str:
    return json.dumps(actions)
