"""What Plivo asks and tells over HTTP: signed forms, answered with Plivo XML.

Source: docs.plivo.com, voice webhooks: answer_url, ring_url, hangup_url.
"""

from __future__ import annotations

from collections.abc import Mapping

from engine.carriers.conferences import read_route
from engine.carriers.contract import Arriving, EngineDoor, LegNews, NotACall, StreamAt, TurnedAway
from engine.carriers.names import is_name, seconds_of
from engine.carriers.plivo.documents import connect_stream, hang_up, join_conference, say_and_hang_up
from engine.carriers.plivo.rest import PlivoRest
from engine.carriers.requests import DONE, CarrierForm, CarrierWebhook, WebhookAnswer
from engine.core.events import EndedBy, LegOutcome
from engine.core.outside_text import kept_text
from engine.core.whole_numbers import whole_number

OUTCOMES: Mapping[str, LegOutcome] = {
    "completed": "completed",
    "busy": "busy",
    "failed": "failed",
    "timeout": "noanswer",
    "no-answer": "noanswer",
    "cancel": "noanswer",
}
SIP_HEADER = "X-PH-"
_NOT_THERE = WebhookAnswer.refused(404, "Not Found")


class PlivoWebhooks:
    """Answers signed forms."""

    def __init__(self, door: EngineDoor, rest: PlivoRest) -> None:
        self._door = door
        self._rest = rest

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        if webhook.method != "POST":
            return WebhookAnswer.refused(405, "Method Not Allowed")
        form = webhook.form()
        call = kept_text(form.field("CallUUID"))
        if not is_name(call):
            self._door.malformed()
            return WebhookAnswer.refused(400, "a webhook of a call has a CallUUID")
        self._rest.called(form.field("RequestUUID"), call)
        match webhook.route.split("/"):
            case ["voice"]:
                return await self._caller(webhook, form, None)
            case ["after", number] if (stream := whole_number(number)) is not None:
                return await self._caller(webhook, form, stream)
            case ["status"]:
                await self._door.caller_ended(_ended(form, "caller"))
                return DONE
            case ["join", *_] as route if (joining := read_route(route)) is not None:
                room, at_most_s, then = joining
                then = f"{self._door.carrier_url}/{then}"
                return WebhookAnswer(body=join_conference(room, then, at_most_s))
            case [route, ours, leg, *rest] if is_name(ours) and is_name(leg):
                return await self._leg(route, (ours, leg), form, call, rest)
        return _NOT_THERE

    async def _caller(self, webhook: CarrierWebhook, form: CarrierForm, number: int | None) -> WebhookAnswer:
        """A caller is here (None), or its stream of this number is over."""
        arriving = Arriving(
            form.field("CallUUID"),
            form.field("From"),
            form.field("To"),
            query=webhook.parameters,
            sip_headers={
                f"X-{name.removeprefix(SIP_HEADER)}": values[0]
                for name, values in form.fields.items()
                if name.startswith(SIP_HEADER)
            },
        )
        door = self._door
        try:
            at = await (door.welcome(arriving) if number is None else door.after(arriving, number))
        except NotACall as refused:
            return WebhookAnswer.refused(400, f"CallUUID, From or To: {refused}")
        query = f"?{webhook.query}" if webhook.query else ""  # who is brought back keeps what was sent
        follows = at.number if isinstance(at, StreamAt) else 0
        return _connected(at, f"{door.carrier_url}/after/{follows}{query}")

    async def _leg(
        self, route: str, ours: tuple[str, str], form: CarrierForm, call: str, rest: list[str]
    ) -> WebhookAnswer:
        door = self._door
        then = f"{door.carrier_url}/leg/{ours[0]}/{ours[1]}"
        match route, rest:
            case "ring", []:
                await door.leg_news(*ours, LegNews("ringing", call, said="ringing"))
                return DONE
            case "answer", []:
                await door.leg_news(*ours, LegNews("answered", call, said="in-progress"))
                return _connected(door.answered(*ours, call), f"{then}/0")
            case "leg", [number] if (stream := whole_number(number)) is not None:
                return _connected(door.after_leg(*ours, call, stream), f"{then}/{stream + 1}")
            case "status", []:
                await door.leg_news(*ours, _ended(form, "buyer"))
                return DONE
        return _NOT_THERE


def _connected(at: StreamAt | TurnedAway, then: str) -> WebhookAnswer:
    if isinstance(at, TurnedAway):
        return WebhookAnswer(body=say_and_hang_up(at.words) if at.words else hang_up())
    return WebhookAnswer(body=connect_stream(at.url, at.token, then))


def _ended(form: CarrierForm, party: EndedBy) -> LegNews:
    """`party` is whoever is at the other end of this leg."""
    said = form.field("CallStatus")
    seconds = seconds_of(form.field("Duration"))
    source = form.field("HangupSource").lower()
    theirs = source == ("caller" if party == "caller" else "callee")
    return LegNews(
        "ended",
        form.field("CallUUID"),
        OUTCOMES.get(said, "failed"),
        None if seconds is None else seconds * 1000,
        party if theirs else None,
        form.field("HangupCauseName") or said,
    )
