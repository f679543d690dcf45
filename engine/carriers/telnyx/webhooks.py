"""What Telnyx tells over HTTP, and what is done about it: its webhooks are answered by commands, not
documents.

Source: developers.telnyx.com, Call Control webhooks. A webhook that can't be obeyed now is answered with 503:
Telnyx delivers it again.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime

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
from engine.carriers.names import LONGEST_S, is_name
from engine.carriers.requests import CarrierWebhook, UnreadableBody, WebhookAnswer
from engine.carriers.telnyx.rest import TelnyxRest, is_over, streaming
from engine.carriers.telnyx.stream import read_state
from engine.core.events import EndedBy, LegOutcome
from engine.core.outside_text import kept_text

log = logging.getLogger("cordboard.web")

OUTCOMES: Mapping[str, LegOutcome] = {
    "user_busy": "busy",
    "call_rejected": "busy",
    "timeout": "noanswer",
    "no_answer": "noanswer",
    "originator_cancel": "noanswer",
    "normal_clearing": "completed",
    "time_limit": "completed",
}
"""Any other cause is a failure."""
OK = WebhookAnswer(200, "")
AGAIN = WebhookAnswer(503, "")
REMEMBERED = 20_000  # calls whose answer we were told of
_NOT_THERE = WebhookAnswer.refused(404, "Not Found")


class CommandWebhooks:
    """Answers webhooks by commands on their calls. When a call was answered is remembered until it ends, for
    its end does not say how long it lasted."""

    def __init__(self, door: EngineDoor, rest: TelnyxRest) -> None:
        self._door = door
        self._rest = rest
        self._answered_ms: OrderedDict[str, int] = OrderedDict()

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        if webhook.method != "POST":
            return WebhookAnswer.refused(405, "Method Not Allowed")
        event = _object(webhook.json().get("data"), "data")
        payload = _object(event.get("payload"), "data.payload")
        kind, call = _text(event, "event_type"), kept_text(_text(payload, "call_control_id"))
        if not is_name(call):
            self._door.malformed()
            return WebhookAnswer.refused(400, "a webhook of a call has a call_control_id")
        at_ms = _moment_ms(_text(event, "occurred_at"))
        if kind == "call.answered" and at_ms is not None:
            self._remember(call, at_ms)
        try:
            match webhook.route.split("/"):
                case ["voice"]:
                    return await self._caller(kind, call, payload, webhook, at_ms)
                case ["leg", ours, leg] if is_name(ours) and is_name(leg):
                    return await self._leg(kind, call, payload, (ours, leg), at_ms)
        except NotACall as refused:
            return WebhookAnswer.refused(400, f"call_control_id, from or to: {refused}")
        except CarrierUnreachable as unreachable:
            log.warning("call %s: %s isn't done yet: %s", call, kind, unreachable)
            return AGAIN
        except CarrierRefused as refused:
            if refused.is_for_now:
                return AGAIN
            level = logging.DEBUG if is_over(refused) else logging.WARNING
            log.log(level, "call %s: what follows %s was refused: %s", call, kind, refused)
            return OK
        return _NOT_THERE

    # The caller's leg

    async def _caller(
        self, kind: str, call: str, payload: Mapping[str, object], webhook: CarrierWebhook, at_ms: int | None
    ) -> WebhookAnswer:
        arriving = Arriving(
            call,
            _text(payload, "from"),
            _text(payload, "to"),
            _text(payload, "to"),  # who is dialled may see the caller's number as diverted by ours
            webhook.parameters,
            _headers(payload),
        )
        match kind:
            case "call.initiated" if _text(payload, "direction") == "incoming":
                await self._connect(call, "answer", await self._door.welcome(arriving))
            case "streaming.stopped" | "streaming.failed":
                _, number = read_state(_text(payload, "client_state"))
                await self._connect(call, "streaming_start", await self._door.after(arriving, number))
            case "call.hangup":
                await self._door.caller_ended(self._ended(call, payload, at_ms, "caller"))
        return OK

    async def _connect(self, call: str, action: str, at: StreamAt | TurnedAway) -> None:
        """Open the leg's stream by this command; or let the leg go."""
        if isinstance(at, StreamAt):
            await self._rest.act(call, action, streaming(at))
        elif action == "answer":
            await self._rest.act(call, "reject", {"cause": "USER_BUSY"})
        else:
            await self._rest.end(call)

    # A leg that we dialled

    async def _leg(
        self,
        kind: str,
        call: str,
        payload: Mapping[str, object],
        ours: tuple[str, str],
        at_ms: int | None,
    ) -> WebhookAnswer:
        door = self._door
        match kind:
            case "call.initiated":
                await door.leg_news(*ours, LegNews("dialled", call, said=kind))
            case "call.answered":
                await door.leg_news(*ours, LegNews("answered", call, said=kind))
            case "streaming.stopped" | "streaming.failed":
                _, number = read_state(_text(payload, "client_state"))
                await self._connect(call, "streaming_start", door.after_leg(*ours, call, number))
            case "call.hangup":
                await door.leg_news(*ours, self._ended(call, payload, at_ms, "buyer"))
        return OK

    def _ended(self, call: str, payload: Mapping[str, object], at_ms: int | None, party: EndedBy) -> LegNews:
        """`party` is whoever is at the other end of this leg, from its carrier's view the caller of an
        incoming call and the callee of one that we dialled."""
        cause, source = _text(payload, "hangup_cause"), _text(payload, "hangup_source")
        outcome = OUTCOMES.get(cause, "failed")
        answered_ms = self._answered_ms.pop(call, None)
        duration_ms = None if outcome == "completed" else 0  # what nobody answered lasted 0 s
        if answered_ms is not None:
            outcome = "completed"
            lasted_ms = None if at_ms is None else max(0, at_ms - answered_ms)
            duration_ms = None if lasted_ms is None else min(lasted_ms, LONGEST_S * 1000)
        theirs = source == ("caller" if party == "caller" else "callee")
        return LegNews("ended", call, outcome, duration_ms, party if theirs else None, cause)

    def _remember(self, call: str, at_ms: int) -> None:
        self._answered_ms[call] = at_ms
        if len(self._answered_ms) > REMEMBERED:
            self._answered_ms.popitem(last=False)


def _object(value: object, what: str) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise UnreadableBody(400, f"{what} is not an object")
    return value


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _headers(payload: Mapping[str, object]) -> dict[str, str]:
    """The call's own SIP headers."""
    found = payload.get("custom_headers")
    rows = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    return {_text(row, "name"): _text(row, "value") for row in rows if _text(row, "name")}


def _moment_ms(text: str) -> int | None:
    """Milliseconds since 1970 of an ISO moment."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else round(moment.timestamp() * 1000)
