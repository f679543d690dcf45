"""NCCOs as a carrier reads them: connect to a websocket, talk. Any other action is a mistake."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from engine.rehearsal.loopback.vonage.wire import RATES, SOUND

MOST_HEADERS_BYTES = 512


@dataclass(frozen=True, slots=True)
class ConnectSocket:
    """Open a websocket; the leg's document goes on with what `then` answers."""

    url: str
    parameters: Mapping[str, str]
    then: str


@dataclass(frozen=True, slots=True)
class TalkAction:
    words: str


class NccoMistake(Exception):
    """What is wrong with it."""


def parse_ncco(text: str) -> tuple[ConnectSocket | TalkAction, ...]:
    """The actions in order; raises NccoMistake."""
    try:
        actions = json.loads(text)
    except ValueError as failure:
        raise NccoMistake(f"the NCCO is not JSON: {failure}") from failure
    if not isinstance(actions, list):
        raise NccoMistake("the NCCO is not an array")
    return tuple(_action(action) for action in actions)


def _action(action: object) -> ConnectSocket | TalkAction:
    match action:
        case {"action": "talk", "text": str(words)} if words:
            return TalkAction(words)
        case {
            "action": "connect",
            "eventType": "synchronous",
            "eventUrl": [str(then)],
            "from": str(),
            "endpoint": [{"type": "websocket", "uri": str(url), "content-type": str(sound)} as more],
        }:
            return _socket(url, sound, then, more)
    raise NccoMistake(f"{json.dumps(action)[:120]} is not spoken here")


def _socket(url: str, sound: str, then: str, more: Mapping[object, object]) -> ConnectSocket:
    headers = more.get("headers", {})
    if urlsplit(url).scheme not in {"ws", "wss"} or sound not in RATES:
        raise NccoMistake(f"{url} with {sound}; expected a wss:// address and L16 at 8 or 16 kHz")
    if more.get("authorization") != {"type": "vonage"}:
        raise NccoMistake("the socket is opened without proof")
    if not isinstance(headers, dict) or len(json.dumps(headers)) > MOST_HEADERS_BYTES:
        raise NccoMistake(f"headers are an object of {MOST_HEADERS_BYTES} bytes at most")
    return ConnectSocket(url, {**{name: str(value) for name, value in headers.items()}, SOUND: sound}, then)
