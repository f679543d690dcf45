"""What Vonage asks and tells over HTTP: signed JSON, answered with NCCOs.

The socket of a leg is a party of its own: its events come to the URL that its NCCO names. That URL holds the
leg's name and numbers, for the event names only the socket's.

Source: developer.vonage.com, Voice API, webhook reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

from engine.carriers.contract import Arriving, EngineDoor, LegNews, NotACall, StreamAt, TurnedAway
from engine.carriers.names import is_name, seconds_of
from engine.carriers.requests import DONE, JSON, CarrierWebhook, WebhookAnswer
from engine.carriers.vonage.documents import connect_stream, say, written
from engine.core.events import EndedBy, LegOutcome
from engine.core.outside_text import kept_text
from engine.core.whole_numbers import whole_number

OUTCOMES: Mapping[str, LegOutcome] = {
    "completed": "completed",
    "busy": "busy",
    "rejected": "busy",
    "timeout": "noanswer",
    "unanswered": "noanswer",
    "cancelled": "noanswer",
    "failed": "failed",
}
"""A leg's last status. `disconnected` is a socket's alone."""
SOCKET_OVER = frozenset({"disconnected", "failed", "unanswered", "rejected", "timeout", "busy", "cancelled"})
"""Statuses of a socket after which Vonage takes another NCCO; after `completed` its leg is over, too."""
FROM, TO = "cordboard_from", "cordboard_to"
SIP_HEADER = "SipHeader_"
_NOT_THERE = WebhookAnswer.refused(404, "Not Found")

Fields = Mapping[str, object]


class VonageWebhooks:
    """Answers webhooks that hold."""

    def __init__(self, door: EngineDoor, rate_hz: int) -> None:
        self._door = door
        self._rate_hz = rate_hz

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        if webhook.method != "POST":
            return WebhookAnswer.refused(405, "Method Not Allowed")
        told = webhook.json()
        match webhook.route.split("/"):
            case ["voice"]:
                return await self._arriving(webhook, told)
            case ["after", number, call] if (stream := whole_number(number)) is not None and is_name(call):
                return await self._after(webhook, told, call, stream)
            case ["events"]:
                return await self._callers(told)
            case [route, ours, leg, *rest] if is_name(ours) and is_name(leg):
                return await self._leg(route, (ours, leg), webhook, rest)
        return _NOT_THERE

    # The caller's leg

    async def _arriving(self, webhook: CarrierWebhook, told: Fields) -> WebhookAnswer:
        arriving = Arriving(
            _text(told, "uuid"),
            spelt(_text(told, "from")),
            spelt(_text(told, "to")),
            query=webhook.parameters,
            sip_headers=_sip_headers(told),
        )
        return await self._caller(arriving, None)

    async def _after(self, webhook: CarrierWebhook, told: Fields, call: str, number: int) -> WebhookAnswer:
        if _text(told, "status") not in SOCKET_OVER:
            return DONE
        query = dict(webhook.parameters)
        caller, called = query.pop(FROM, ""), query.pop(TO, "")
        return await self._caller(Arriving(call, caller, called, query=query), number)

    async def _caller(self, arriving: Arriving, number: int | None) -> WebhookAnswer:
        """A caller is here (None), or its stream of this number is over."""
        door = self._door
        try:
            at = await (door.welcome(arriving) if number is None else door.after(arriving, number))
        except NotACall as refused:
            return WebhookAnswer.refused(400, f"uuid, from or to: {refused}")
        if isinstance(at, TurnedAway):
            return _turned_away(at)
        # Who is brought back keeps what was sent.
        query = urlencode({**arriving.query, FROM: arriving.caller, TO: arriving.called})
        then = f"{door.carrier_url}/after/{at.number}/{arriving.carrier_call}?{query}"
        return self._connected(at, arriving.carrier_call, arriving.called, then)

    async def _callers(self, told: Fields) -> WebhookAnswer:
        """The application's events. Those of legs that we dialled come to URLs of their own."""
        status = _text(told, "status")
        if status in OUTCOMES and _text(told, "direction") != "outbound":
            if not is_name(_text(told, "uuid")):
                return self._malformed()
            await self._door.caller_ended(_ended(told, "caller"))
        return DONE

    # A leg that we dialled

    async def _leg(
        self, route: str, ours: tuple[str, str], webhook: CarrierWebhook, rest: list[str]
    ) -> WebhookAnswer:
        told = webhook.json()
        door, status, call = self._door, _text(told, "status"), kept_text(_text(told, "uuid"))
        if route == "leg" and len(rest) == 2:
            number, call = whole_number(rest[0]), rest[1]
            if number is None or not is_name(call):
                return _NOT_THERE
            if status not in SOCKET_OVER:
                return DONE
            return self._leg_at(
                ours, call, door.after_leg(*ours, call, number), webhook.parameters.get(FROM, "")
            )
        if rest or route not in ("answer", "status"):
            return _NOT_THERE
        if not is_name(call):
            return self._malformed()
        if route == "answer":
            await door.leg_news(*ours, LegNews("answered", call, said="answered"))
            return self._leg_at(ours, call, door.answered(*ours, call), _text(told, "from"))
        await self._leg_news(ours, status, told)
        return DONE

    async def _leg_news(self, ours: tuple[str, str], status: str, told: Fields) -> None:
        call = _text(told, "uuid")
        match status:
            case "started":
                await self._door.leg_news(*ours, LegNews("dialled", call, said=status))
            case "ringing":
                await self._door.leg_news(*ours, LegNews("ringing", call, said=status))
            case "answered":
                await self._door.leg_news(*ours, LegNews("answered", call, said=status))
            case _ if status in OUTCOMES:
                await self._door.leg_news(*ours, _ended(told, "buyer"))

    def _leg_at(
        self, ours: tuple[str, str], call: str, at: StreamAt | TurnedAway, shown: str
    ) -> WebhookAnswer:
        if isinstance(at, TurnedAway):
            return _turned_away(at)
        then = (
            f"{self._door.carrier_url}/leg/{ours[0]}/{ours[1]}/{at.number}/{call}?{urlencode({FROM: shown})}"
        )
        return self._connected(at, call, shown, then)

    def _connected(self, at: StreamAt, call: str, shown: str, then: str) -> WebhookAnswer:
        ncco = connect_stream(at, call, shown.removeprefix("+"), then, self._rate_hz)
        return WebhookAnswer(body=written(ncco), media_type=JSON)

    def _malformed(self) -> WebhookAnswer:
        self._door.malformed()
        return WebhookAnswer.refused(400, "a webhook of a call has a uuid")


def spelt(number: str) -> str:
    """Vonage writes numbers without their plus sign."""
    return f"+{number}" if number.isascii() and number.isdecimal() else number


def _turned_away(at: TurnedAway) -> WebhookAnswer:
    """An NCCO without actions ends the call at once."""
    return WebhookAnswer(body=written(say(at.words) if at.words else []), media_type=JSON)


def _ended(told: Fields, party: EndedBy) -> LegNews:
    """`party` is whoever is at the other end of this leg."""
    status = _text(told, "status")
    outcome = OUTCOMES[status]
    duration_ms: int | None = 0  # what nobody answered lasted 0 s
    if outcome == "completed":
        seconds = seconds_of(str(told.get("duration", "")))
        duration_ms = None if seconds is None else seconds * 1000
    by = party if _text(told, "disconnected_by") == "user" else None
    return LegNews("ended", _text(told, "uuid"), outcome, duration_ms, by, _text(told, "detail") or status)


def _sip_headers(told: Fields) -> dict[str, str]:
    return {
        name.removeprefix(SIP_HEADER): value
        for name, value in told.items()
        if name.startswith(SIP_HEADER) and isinstance(value, str)
    }


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
