"""What the dialplan asks and tells over HTTP: signed forms, answered with one line."""

from __future__ import annotations

from collections.abc import Mapping

from engine.carriers.asterisk.documents import connected, heard, held, joined
from engine.carriers.asterisk.joining import JoinsUnderWay
from engine.carriers.contract import Arriving, EngineDoor, LegNews, NotACall
from engine.carriers.names import LONGEST_S, is_name
from engine.carriers.requests import CarrierForm, CarrierWebhook, WebhookAnswer
from engine.core.events import EndedBy, LegOutcome
from engine.core.outside_text import kept_text
from engine.core.whole_numbers import whole_number

OUTCOMES: Mapping[int, LegOutcome] = {
    16: "noanswer",  # we hung up while it rang
    17: "busy",
    18: "noanswer",
    19: "noanswer",
    21: "busy",
}
"""By ISDN cause, of a leg that nobody answered. Any other cause is a failure."""
SIP_HEADER = "X-Cordboard-"
_NOT_THERE = WebhookAnswer.refused(404, "Not Found")


class DialplanWebhooks:
    """Answers the dialplan. `leave` is what a caller's number may be shown by, "" where it may not."""

    def __init__(self, door: EngineDoor, joining: JoinsUnderWay, leave: str) -> None:
        self._door = door
        self._joining = joining
        self._leave = leave

    async def answer(self, webhook: CarrierWebhook) -> WebhookAnswer:
        if webhook.method != "POST":
            return WebhookAnswer.refused(405, "Method Not Allowed")
        form = webhook.form()
        call = kept_text(form.field("Call"))
        if not is_name(call):
            self._door.malformed()
            return WebhookAnswer.refused(400, "a webhook of a call has a Call")
        match webhook.route.split("/"):
            case ["voice"]:
                return await self._caller(form, None)
            case ["after", number] if (stream := whole_number(number)) is not None:
                return await self._caller(form, stream)
            case ["ended"]:
                self._joining.forget(call)
                await self._door.caller_ended(_ended(form, "caller"))
                return heard()
            case ["leg", ours, leg, *route] if is_name(ours) and is_name(leg):
                return await self._leg((ours, leg), form, call, route)
        return _NOT_THERE

    async def _caller(self, form: CarrierForm, number: int | None) -> WebhookAnswer:
        """A caller is here (None), or its stream of this number is over."""
        arriving = Arriving(
            form.field("Call"),
            form.field("From"),
            form.field("To"),
            self._leave,
            sip_headers={
                name: values[0] for name, values in form.fields.items() if name.startswith(SIP_HEADER)
            },
        )
        door = self._door
        if number is not None and self._joining.is_fetched(arriving.carrier_call, door.now_s()):
            return held()
        try:
            return connected(
                await (door.welcome(arriving) if number is None else door.after(arriving, number))
            )
        except NotACall as refused:
            return WebhookAnswer.refused(400, f"Call, From or To: {refused}")

    async def _leg(
        self, ours: tuple[str, str], form: CarrierForm, call: str, route: list[str]
    ) -> WebhookAnswer:
        door = self._door
        match route:
            case ["answered"]:
                await door.leg_news(*ours, LegNews("answered", call, said="answered"))
                return connected(door.answered(*ours, call))
            case ["after", number] if (stream := whole_number(number)) is not None:
                legs = self._joining.partner(call)
                if legs is not None:
                    return joined(legs.caller_call, legs.at_most_s)
                self._joining.parted(call)
                return connected(door.after_leg(*ours, call, stream))
            case ["ended"]:
                self._joining.forget(call)
                await door.leg_news(*ours, _ended(form, "buyer"))
                return heard()
        return _NOT_THERE


def _ended(form: CarrierForm, party: EndedBy) -> LegNews:
    """`party` is whoever is at the other end of this leg. A leg without a length was not answered."""
    cause = whole_number(form.field("Cause")) or 0
    lasted_ms = whole_number(form.field("Lasted"))
    outcome: LegOutcome = "completed" if lasted_ms is not None else OUTCOMES.get(cause, "failed")
    return LegNews(
        "ended",
        form.field("Call"),
        outcome,
        min(lasted_ms or 0, LONGEST_S * 1000),
        party if form.field("By") == "party" else None,
        f"cause {cause}",
    )
