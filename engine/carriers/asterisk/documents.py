"""What the dialplan is answered with: one line, its words parted by a bar, which `CUT` takes apart.

stream|TOKEN|NUMBER|PASS|URL   dial the media websocket with these; Asterisk has the URL in its configuration
sound|WHY                      play the sound of this name, and hang up
join|CHANNEL|OPTIONS           be joined with this channel, by the options of `Bridge`
hold                           wait for a leg that comes to be joined, and ask again
hangup                         hang up
ok                             it was heard
"""

from __future__ import annotations

from engine.carriers.contract import StreamAt, TurnedAway
from engine.carriers.requests import WebhookAnswer

PLAIN = "text/plain"


def connected(at: StreamAt | TurnedAway) -> WebhookAnswer:
    """The pass is how the address of the stream ends."""
    if isinstance(at, TurnedAway):
        return _said("sound", at.why) if at.words else _said("hangup")
    return _said("stream", at.token, str(at.number), at.url.rpartition("/")[2], at.url)


def joined(channel: str, at_most_s: int | None) -> WebhookAnswer:
    return _said("join", channel, "" if at_most_s is None else f"L({at_most_s * 1000})")


def held() -> WebhookAnswer:
    return _said("hold")


def heard() -> WebhookAnswer:
    return _said("ok")


def _said(*words: str) -> WebhookAnswer:
    return WebhookAnswer(body="|".join(words), media_type=PLAIN)
