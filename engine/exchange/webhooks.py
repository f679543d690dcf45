"""Who is told of calls, and of what: the terms of one webhook of the network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

CallEvent = Literal[
    "answered",
    "qualified",
    "bridged",
    "billed",
    "not_billed",
    "corrected",
    "callback_requested",
    "opted_out",
    "ended",
]

CALL_EVENTS: tuple[CallEvent, ...] = get_args(CallEvent)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Gets a signed POST for each of its `events`, of all campaigns where none is named.

    Of the caller's answers it is told those in `reveal`, sensitive ones masked. `secret` names the key that
    signs; left out, it is the webhook's own name in capitals. After `attempts` it is given up.

    One with `publishers` is theirs: it is told of their calls alone, and neither who bought one nor for how
    much. It gets the `tags` that are named, any other webhook all of them where none is.
    """

    url: str
    events: tuple[CallEvent, ...]
    campaigns: tuple[str, ...] = ()
    reveal: tuple[str, ...] = ()
    secret: str | None = None
    timeout_ms: int = 10_000
    attempts: int = 12
    publishers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    @property
    def is_a_publishers(self) -> bool:
        return bool(self.publishers)


def secret_of(name: str, webhook: Webhook) -> str:
    """The name of the secret that signs for the webhook: `crm-eu` signs with CRM_EU."""
    return webhook.secret or name.upper().replace("-", "_")
