"""What a buyer is told of the caller before it takes the call: by webhook, by the headers of a SIP call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.core.answers import answers_behind
from engine.core.commands import Told
from engine.core.market import Telling
from engine.core.moments import CallMoment
from engine.exchange.bids import Ask

WEBHOOK_TIMEOUT_MS = 5_000  # where the buyer's terms say nothing


@dataclass(frozen=True, slots=True)
class TellTerms:
    """`sends` are the answers that it is told; sensitive ones must stand under `reveal` too.

    `webhook` gets them when the buyer is dialled, signed with `secret`; `headers` puts them on the call
    itself, where the buyer is called by SIP.
    """

    sends: tuple[str, ...]
    webhook: Ask | None = None
    headers: bool = False
    reveal: tuple[str, ...] = ()
    secret: str | None = None


def telling(call: CallMoment, terms: TellTerms) -> Telling:
    """What is told of this call, with the answers as they are now."""
    told = tuple(_told(call, terms))
    webhook = terms.webhook
    return Telling(
        url="" if webhook is None else webhook.url,
        timeout_ms=WEBHOOK_TIMEOUT_MS
        if webhook is None or webhook.timeout_ms is None
        else webhook.timeout_ms,
        secret=terms.secret or "",
        told=told,
        headers=told if terms.headers else (),
    )


def _told(call: CallMoment, terms: TellTerms) -> Iterator[Told]:
    for name in terms.sends:
        is_sensitive = name in call.sensitive
        is_revealed = not {*answers_behind((name,), call.kinds)}.isdisjoint(terms.reveal)
        if name in call.values and (not is_sensitive or is_revealed):
            yield Told(name, call.values[name], is_sensitive)
