"""What jambonz asks and tells over HTTP: signed JSON, answered with verbs.

Source: docs.jambonz.org, webhooks.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.carriers.conferences import read_route
from engine.carriers.contract import Arriving, EngineDoor, LegNews, NotACall, StreamAt, TurnedAway
from engine.carriers.jambonz.documents import (
    connect_stream,
    hang_up,
    join_conference,
    say_and_hang_up,
    written,
)
from engine.carriers.names import is_name, seconds_of
from engine.carriers.requests import DONE, JSON, CarrierWebhook, WebhookAnswer
from engine.core.events import EndedBy, LegOutcome
from engine.core.outside_text import kept_text
from engine.core.whole_numbers import whole_number

OUTCOMES: Mapping[str, LegOutcome] = {
    "completed": "completed",
    "busy": "busy",
    "no-answer": "noanswer",
    "failed": "failed",
}
DECLINED, CANCELLED = 603, 487
"""SIP's answers to a leg that failed, of which more is known by them."""
_NOT_THERE = WebhookAnswer.refused(404, "Not Found")

Fields = Mapping[str, object]


class JambonzWebhooks:
    """Answers webhooks that hold. `password` is what websockets are to bring."""

    def __init__(self, door: EngineDoor, password: str) -> None:
        self._door = door
        self._password = password

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        if webhook.method != "POST":
            return WebhookAnswer.refused(405, "Method Not Allowed")
        told = webhook.json()
        call = kept_text(_text(told, "call_sid"))
        if not is_name(call):
            self._door.malformed()
            return WebhookAnswer.refused(400, "a webhook of a call has a call_sid")
        match webhook.route.split("/"):
            case ["voice"]:
                return await self._caller(webhook, told, None)
            case ["after", number] if (stream := whole_number(number)) is not None:
                return await self._caller(webhook, told, stream)
            case ["status"]:
                if _text(told, "call_status") in OUTCOMES:
                    await self._door.caller_ended(_ended(told, "caller"))
                return DONE
            case ["join", *_] as route if (joining := read_route(route)) is not None:
                room, _, then = joining
                verbs = join_conference(room, f"{self._door.carrier_url}/{then}")
                return WebhookAnswer(body=written(verbs), media_type=JSON)
            case [route, ours, leg, *rest] if is_name(ours) and is_name(leg):
                return await self._leg(route, (ours, leg), told, rest)
        return _NOT_THERE

    async def _caller(self, webhook: CarrierWebhook, told: Fields, number: int | None) -> WebhookAnswer:
        """A caller is here (None), or its stream of this number is over."""
        arriving = Arriving(
            _text(told, "call_sid"),
            _text(told, "from"),
            _text(told, "to"),
            query=webhook.parameters,
            sip_headers=_sip_headers(told),
        )
        door = self._door
        try:
            at = await (door.welcome(arriving) if number is None else door.after(arriving, number))
        except NotACall as refused:
            return WebhookAnswer.refused(400, f"call_sid, from or to: {refused}")
        query = f"?{webhook.query}" if webhook.query else ""  # who is brought back keeps what was sent
        follows = at.number if isinstance(at, StreamAt) else 0
        return self._connected(at, f"{door.carrier_url}/after/{follows}{query}")

    async def _leg(self, route: str, ours: tuple[str, str], told: Fields, rest: list[str]) -> WebhookAnswer:
        door, call = self._door, _text(told, "call_sid")
        then = f"{door.carrier_url}/leg/{ours[0]}/{ours[1]}"
        match route, rest:
            case "answer", []:
                await door.leg_news(*ours, LegNews("answered", call, said="in-progress"))
                return self._connected(door.answered(*ours, call), f"{then}/0")
            case "leg", [number] if (stream := whole_number(number)) is not None:
                return self._connected(door.after_leg(*ours, call, stream), f"{then}/{stream + 1}")
            case "status", []:
                await self._leg_news(ours, call, told)
                return DONE
        return _NOT_THERE

    async def _leg_news(self, ours: tuple[str, str], call: str, told: Fields) -> None:
        status = _text(told, "call_status")
        match status:
            case "trying":
                await self._door.leg_news(*ours, LegNews("dialled", call, said=status))
            case "ringing" | "early-media":
                await self._door.leg_news(*ours, LegNews("ringing", call, said=status))
            case "in-progress":
                await self._door.leg_news(*ours, LegNews("answered", call, said=status))
            case _ if status in OUTCOMES:
                await self._door.leg_news(*ours, _ended(told, "buyer"))

    def _connected(self, at: StreamAt | TurnedAway, then: str) -> WebhookAnswer:
        if isinstance(at, StreamAt):
            verbs = connect_stream(at, self._password, then)
        else:
            verbs = say_and_hang_up(at.words) if at.words else hang_up()
        return WebhookAnswer(body=written(verbs), media_type=JSON)


def _ended(told: Fields, party: EndedBy) -> LegNews:
    """`party` is whoever is at the other end of this leg."""
    status, sip_status = _text(told, "call_status"), told.get("sip_status")
    outcome = OUTCOMES[status]
    if status == "failed" and sip_status in (DECLINED, CANCELLED):
        outcome = "busy" if sip_status == DECLINED else "noanswer"
    duration_ms: int | None = 0  # what nobody answered lasted 0 s
    if outcome == "completed":
        seconds = seconds_of(str(told.get("duration", "")))
        duration_ms = None if seconds is None else seconds * 1000
    by = party if _text(told, "call_termination_by") == "caller" else None
    return LegNews("ended", _text(told, "call_sid"), outcome, duration_ms, by, status)


def _sip_headers(told: Fields) -> dict[str, str]:
    """The INVITE's own, where jambonz sends it along."""
    sip = told.get("sip")
    found = sip.get("headers") if isinstance(sip, dict) else None
    rows = found.items() if isinstance(found, dict) else ()
    return {name: value for name, value in rows if isinstance(value, str) and name.lower().startswith("x-")}


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
