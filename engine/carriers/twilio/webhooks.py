"""What Twilio and its kin ask and tell over HTTP: a call came in, a stream ended, a dialled leg changed.

Source: Twilio, TwiML voice requests and status callbacks. Everything is proven by its signature before a word
of it is believed.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping

from engine.carriers.conferences import read_route
from engine.carriers.contract import (
    Arriving,
    EngineDoor,
    LegNews,
    LegState,
    NotACall,
    StreamAt,
    TurnedAway,
)
from engine.carriers.names import is_name, seconds_of
from engine.carriers.requests import DONE, CarrierForm, CarrierWebhook, WebhookAnswer
from engine.carriers.twilio.documents import connect_stream, hang_up, join_conference, say_and_hang_up
from engine.core.events import LegOutcome
from engine.core.leg_events import Answerer
from engine.core.outside_text import kept_text
from engine.core.printable import printable
from engine.core.whole_numbers import whole_number

log = logging.getLogger("cordboard.web")

OUTCOMES: Mapping[str, LegOutcome] = {
    "busy": "busy",
    "no-answer": "noanswer",
    "failed": "failed",
    "canceled": "noanswer",
    "completed": "completed",
}
ANSWERERS: Mapping[str, Answerer] = {
    "human": "person",
    "machine_start": "machine",
    "machine_end_beep": "machine",
    "machine_end_silence": "machine",
    "machine_end_other": "machine",
    "fax": "machine",
}
"""What AnsweredBy says picked up. Any other word says nothing (unknown)."""
STATES: Mapping[str, LegState] = {"ringing": "ringing", "in-progress": "answered", "answered": "answered"}
_WORD = re.compile(r"[a-z_]{1,40}", re.ASCII)
SIP_HEADER = "SipHeader_"
_NOT_THERE = WebhookAnswer.refused(404, "Not Found")


class FormWebhooks:
    """Answers webhooks that are forms with documents that are TwiML."""

    def __init__(self, door: EngineDoor) -> None:
        self._door = door

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        if webhook.method != "POST":
            return WebhookAnswer.refused(405, "Method Not Allowed")
        form = webhook.form()
        match webhook.route.split("/"):
            case ["voice"]:
                return await self._voice(webhook, form)
            case ["after", number] if (stream := whole_number(number)) is not None:
                return await self._after(webhook, form, stream)
            case ["status"]:
                return await self._caller_status(form)
            case ["status", call, leg]:
                return await self._leg_status(call, leg, form)
            case ["answerer", call, leg]:
                return self._answerer(call, leg, form)
            case ["answer", call, leg] if is_name(call) and is_name(leg):
                at = self._door.answered(call, leg, form.field("CallSid"))
                return self.connected(at, leg_after(self._door.carrier_url, call, leg))
            case ["join", *_] as route if (joining := read_route(route)) is not None:
                room, at_most_s, then = joining
                then = f"{self._door.carrier_url}/{then}"
                return WebhookAnswer(body=join_conference(room, then, at_most_s))
            case ["leg", call, leg, number] if (stream := whole_number(number)) is not None:
                if not (is_name(call) and is_name(leg)):
                    return WebhookAnswer.refused(404, "no call of ours has that name")
                at = self._door.after_leg(call, leg, form.field("CallSid"), stream)
                return self.connected(at, leg_after(self._door.carrier_url, call, leg, stream + 1))
        return _NOT_THERE

    async def _voice(self, webhook: CarrierWebhook, form: CarrierForm) -> WebhookAnswer:
        try:
            at = await self._door.welcome(_arriving(webhook, form))
        except NotACall as refused:
            return WebhookAnswer.refused(400, f"CallSid, From or To: {refused}")
        return self._caller_connected(webhook, at)

    async def _after(self, webhook: CarrierWebhook, form: CarrierForm, number: int) -> WebhookAnswer:
        """The stream is over, but the caller is still there.

        That is right where we ended the call and the carrier was not told. Else the connection broke, and the
        call goes on where it was; or the engine, and the caller is brought back to the start of the flow.
        """
        try:
            at = await self._door.after(_arriving(webhook, form), number)
        except NotACall as refused:
            return WebhookAnswer.refused(400, f"CallSid, From or To: {refused}")
        return self._caller_connected(webhook, at)

    def _caller_connected(self, webhook: CarrierWebhook, at: StreamAt | TurnedAway) -> WebhookAnswer:
        query = f"?{webhook.query}" if webhook.query else ""  # who is brought back keeps what was sent
        number = at.number if isinstance(at, StreamAt) else 0
        return self.connected(at, f"{self._door.carrier_url}/after/{number}{query}")

    def connected(self, at: StreamAt | TurnedAway, then: str) -> WebhookAnswer:
        """Connect the leg's audio to us, and ask `then` what comes after it; or say why not."""
        if isinstance(at, TurnedAway):
            return WebhookAnswer(body=say_and_hang_up(at.words) if at.words else hang_up())
        return WebhookAnswer(body=connect_stream(at.url, {"token": at.token}, then))

    async def _caller_status(self, form: CarrierForm) -> WebhookAnswer:
        """How the caller's own call goes, where the number is set up to tell us."""
        news = _news(form, "caller", "caller")
        if not is_name(news.carrier_call):
            return _NO_STATUS
        if news.state == "ended":
            await self._door.caller_ended(news)
        return DONE

    def _answerer(self, call: str, leg: str, form: CarrierForm) -> WebhookAnswer:
        """What picked up a dialled leg, where the carrier was asked to find out."""
        if not (is_name(call) and is_name(leg)):
            return WebhookAnswer.refused(404, "no call of ours has that name")
        said = form.field("AnsweredBy")
        if not _WORD.fullmatch(said):
            return WebhookAnswer.refused(400, "a machine detection callback has AnsweredBy")
        self._door.leg_answerer(call, leg, ANSWERERS.get(said, "unknown"), said)
        return DONE

    async def _leg_status(self, call: str, leg: str, form: CarrierForm) -> WebhookAnswer:
        if not (is_name(call) and is_name(leg)):
            return WebhookAnswer.refused(404, "no call of ours has that name")
        news = _news(form, call, leg)
        if news.carrier_call and not is_name(news.carrier_call):
            return _NO_STATUS
        await self._door.leg_news(call, leg, news)
        return DONE


_NO_STATUS = WebhookAnswer.refused(400, "a status callback has CallSid and CallStatus")


def leg_after(carrier_url: str, call: str, leg: str, number: int = 0) -> str:
    """Where the carrier asks what comes after the leg's stream of this number."""
    return f"{carrier_url}/leg/{call}/{leg}/{number}"


def _arriving(webhook: CarrierWebhook, form: CarrierForm) -> Arriving:
    return Arriving(
        kept_text(form.field("CallSid")),
        form.field("From"),
        form.field("To"),
        form.field("CallToken"),
        webhook.parameters,
        {
            name.removeprefix(SIP_HEADER): values[0]
            for name, values in form.fields.items()
            if name.startswith(SIP_HEADER)
        },
    )


def _news(form: CarrierForm, call: str, leg: str) -> LegNews:
    said = form.field("CallStatus")
    outcome = OUTCOMES.get(said)
    state: LegState = "ended" if outcome is not None else STATES.get(said, "dialled")
    return LegNews(state, form.field("CallSid"), outcome, _duration_ms(form, call, leg), said=said)


def _duration_ms(form: CarrierForm, call: str, leg: str) -> int | None:
    """What the carrier says of how long it lasted, if it says that."""
    said = form.field("CallDuration")
    if not said:
        return None
    seconds = seconds_of(said)
    if seconds is None:
        shown = printable(said, 20)
        log.warning("call %s: the carrier's CallDuration of its leg %s is no time: %s", call, leg, shown)
        return None
    return seconds * 1000
