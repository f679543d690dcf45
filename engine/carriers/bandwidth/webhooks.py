"""What Bandwidth asks and tells over HTTP: JSON, answered with BXML where it asks.

What becomes of a stream is only told. A call whose stream is over gets its next document by REST; while
Bandwidth can't be reached the call waits in its pause, so that is tried again.

Source: dev.bandwidth.com, Voice webhooks.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from engine.carriers.bandwidth.documents import Proof, hang_up, say_and_hang_up, start_stream
from engine.carriers.bandwidth.rest import BandwidthRest, is_over, lasted
from engine.carriers.contract import (
    Arriving,
    CarrierRefused,
    CarrierUnreachable,
    EngineDoor,
    LegNews,
    NotACall,
    StreamAt,
    TurnedAway,
)
from engine.carriers.json_stream import KEYS
from engine.carriers.names import is_name
from engine.carriers.requests import DONE, CarrierWebhook, WebhookAnswer
from engine.core.events import EndedBy, LegOutcome
from engine.core.outside_text import kept_text
from engine.core.whole_numbers import whole_number

log = logging.getLogger("cordboard.web")

OUTCOMES: Mapping[str, LegOutcome] = {
    "hangup": "completed",
    "busy": "busy",
    "rejected": "busy",
    "timeout": "noanswer",
    "cancel": "noanswer",
}
"""Any other cause is a failure."""
STREAM_OVER = frozenset({"mediaStreamStopped", "mediaStreamRejected"})
TRIES = 3
PAUSE_S = 0.5
_NOT_THERE = WebhookAnswer.refused(404, "Not Found")

Fields = Mapping[str, object]


class BandwidthWebhooks:
    """Answers webhooks that hold."""

    def __init__(self, door: EngineDoor, rest: BandwidthRest, proof: Proof) -> None:
        self._door = door
        self._rest = rest
        self._proof = proof

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        if webhook.method != "POST":
            return WebhookAnswer.refused(405, "Method Not Allowed")
        told = webhook.json()
        kind, call = _text(told, "eventType"), kept_text(_text(told, "callId"))
        if not is_name(call):
            self._door.malformed()
            return WebhookAnswer.refused(400, "a webhook of a call has a callId")
        match webhook.route.split("/"):
            case ["voice"]:
                return await self._caller(webhook, told, None)
            case ["after", number] if (stream := whole_number(number)) is not None:
                return await self._caller(webhook, told, stream) if kind in STREAM_OVER else DONE
            case ["keys"]:
                return self._pressed(call, _text(told, "digit").upper())
            case ["status"]:
                if kind == "disconnect":
                    await self._door.caller_ended(_ended(told))
                return DONE
            case [route, ours, leg, *rest] if is_name(ours) and is_name(leg):
                return await self._leg(route, (ours, leg), told, rest)
        return _NOT_THERE

    def _pressed(self, call: str, digit: str) -> WebhookAnswer:
        if digit not in KEYS:
            self._door.malformed()
            return WebhookAnswer.refused(400, "no such key")
        self._door.pressed(call, digit)
        return DONE

    async def _caller(self, webhook: CarrierWebhook, told: Fields, number: int | None) -> WebhookAnswer:
        """A caller is here (None), or its stream of this number is over."""
        door = self._door
        arriving = Arriving(
            _text(told, "callId"), _text(told, "from"), _text(told, "to"), query=webhook.parameters
        )
        try:
            at = await (door.welcome(arriving) if number is None else door.after(arriving, number))
        except NotACall as refused:
            return WebhookAnswer.refused(400, f"callId, from or to: {refused}")
        query = f"?{webhook.query}" if webhook.query else ""  # who is brought back keeps what was sent
        follows = at.number if isinstance(at, StreamAt) else 0
        bxml = self._document(at, f"{door.carrier_url}/after/{follows}{query}")
        if number is None:
            return WebhookAnswer(body=bxml)
        return await self._gives(arriving.carrier_call, bxml)

    async def _leg(self, route: str, ours: tuple[str, str], told: Fields, rest: list[str]) -> WebhookAnswer:
        door, kind, call = self._door, _text(told, "eventType"), _text(told, "callId")
        then = f"{door.carrier_url}/leg/{ours[0]}/{ours[1]}"
        match route, rest:
            case "answer", []:
                await door.leg_news(*ours, LegNews("answered", call, said="answer"))
                return WebhookAnswer(body=self._document(door.answered(*ours, call), f"{then}/0"))
            case "leg", [number] if (stream := whole_number(number)) is not None:
                if kind not in STREAM_OVER:
                    return DONE
                at = door.after_leg(*ours, call, stream)
                return await self._gives(call, self._document(at, f"{then}/{stream + 1}"))
            case "status", []:
                if kind == "disconnect":
                    await door.leg_news(*ours, _ended(told))
                return DONE
        return _NOT_THERE

    def _document(self, at: StreamAt | TurnedAway, then: str) -> str:
        if isinstance(at, TurnedAway):
            return say_and_hang_up(at.words) if at.words else hang_up()
        return start_stream(at.url, at.token, then, f"{self._door.carrier_url}/keys", self._proof)

    async def _gives(self, call: str, bxml: str) -> WebhookAnswer:
        """The call's next document, where no answer can be one."""
        for left in reversed(range(TRIES)):
            try:
                await self._rest.follow(call, bxml)
                return DONE
            except CarrierUnreachable as unreachable:
                log.warning("call %s: it has no document yet: %s", call, unreachable)
            except CarrierRefused as refused:
                if not refused.is_for_now:
                    level = logging.DEBUG if is_over(refused) else logging.WARNING
                    log.log(level, "call %s: its next document was refused: %s", call, refused)
                    return DONE
            if left:
                await asyncio.sleep(PAUSE_S)
        return WebhookAnswer(503, "")


def _ended(told: Fields) -> LegNews:
    """Who hung up isn't told."""
    cause = _text(told, "cause")
    outcome = OUTCOMES.get(cause, "failed")
    if told.get("answerTime"):
        outcome = "completed"
    elif outcome == "completed":
        outcome = "noanswer"  # it was hung up before anyone answered
    by: EndedBy | None = None
    return LegNews("ended", _text(told, "callId"), outcome, lasted(told), by, cause)


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
