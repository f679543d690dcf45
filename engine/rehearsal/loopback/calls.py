"""One call at the carrier, from its first ring to its last status: its state, its person and its document.

Three things run while a call is up, and the first to finish ends it: the person's script (they hang up),
the document (it runs out, or says Hangup), and orders from REST (complete it, or follow another document,
upon which the open stream is stopped). `InboundCall` begins with the voice webhook, `OutboundCall` with
ringing the buyer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from engine.rehearsal.loopback.acts import ActScript
from engine.rehearsal.loopback.handset import Handset, HeardSound
from engine.rehearsal.loopback.lines import MediaLine
from engine.rehearsal.loopback.parts import (
    FINAL,
    FINAL_EVENT,
    Document,
    EndedBy,
    Reports,
    Status,
    StatusCallback,
    Trunk,
)
from engine.rehearsal.loopback.sids import new_sid
from engine.rehearsal.loopback.timeline import Complaint, Happening, RehearsalStuck, What, Who

API_VERSION = "2010-04-01"
_SIP_CODES: dict[Status, int] = {
    "completed": 200,
    "busy": 486,
    "no-answer": 487,
    "failed": 404,
    "canceled": 487,
}


@dataclass(frozen=True, slots=True)
class HangUpOrder:
    by: EndedBy


class PhoneCall:
    """Times are the carrier's milliseconds. `stuck` is set when the engine left the person waiting."""

    def __init__(
        self,
        trunk: Trunk,
        *,
        direction: Literal["inbound", "outbound-api"],
        from_: str,
        to: str,
        script: ActScript,
        callback: StatusCallback | None,
    ) -> None:
        self.sid = new_sid("CA")
        self.direction = direction
        self.from_ = from_
        self.to = to
        self.status: Status = "queued"
        self.ended_by: EndedBy | None = None
        self.began_ms = trunk.clock.now_ms()
        self.answered_ms: int | None = None
        self.ended_ms: int | None = None
        self.stuck: RehearsalStuck | None = None
        self.was_read = asyncio.Event()  # by REST, once it was over
        self.created_at = datetime.now(UTC)
        self.person: Literal["caller", "buyer"] = "caller" if direction == "inbound" else "buyer"
        self.handset = Handset(self.sid, self.person, trunk.clock, trunk.timeline, trunk.patience_s)
        self.trunk = trunk
        self.line: MediaLine | None = None  # the stream that is open
        self.away_s = 0.0  # how long the carrier takes to go on after a stream that broke
        self._script = script
        self._orders: asyncio.Queue[HangUpOrder | Document] = asyncio.Queue()
        self._reports: Reports | None = None
        if callback is not None:
            self._reports = trunk.part.reports(self, callback)

    # What others may know and do.

    @property
    def is_inbound(self) -> bool:
        return self.direction == "inbound"

    @property
    def heard(self) -> HeardSound:
        return self.handset.heard

    @property
    def timeline(self) -> tuple[Happening, ...]:
        return self.trunk.timeline.of(self.sid)

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        return tuple(one for one in self.trunk.timeline.complaints if one.call == self.sid)

    @property
    def duration_s(self) -> int:
        """Whole seconds from the answer to the end, or to now; 0 when it was never answered."""
        if self.answered_ms is None:
            return 0
        end_ms = self.trunk.clock.now_ms() if self.ended_ms is None else self.ended_ms
        return round((end_ms - self.answered_ms) / 1000)

    @property
    def is_over(self) -> bool:
        return self.status in FINAL

    @property
    def is_unreported(self) -> bool:
        """Whether it is over and the engine could not be told so."""
        return self.is_over and self._reports is not None and self._reports.is_cut_off

    def end(self, by: EndedBy) -> None:
        """Hangs up, or stops ringing; a call that is over stays as it ended."""
        self._orders.put_nowait(HangUpOrder(by))

    def break_stream(self, away_s: float = 0.0) -> bool:
        """Its stream breaks as when a network fails, and the carrier asks what comes next `away_s` later.

        Whether there was one.
        """
        if self.line is None:
            return False
        self.away_s = away_s
        self.line.break_off()
        return True

    def follow(self, document: Document) -> None:
        """Leaves the document (and its stream) for another one."""
        self._orders.put_nowait(document)

    async def run(self) -> None:
        """The whole call; returns when it is over and every status has been reported."""
        self.record("carrier", "call_began", f"{self.direction} {self.from_} → {self.to}")
        try:
            async with asyncio.timeout(self.trunk.longest_call_s):
                await self._live()
        except RehearsalStuck as stuck:
            self._give_up(stuck)
        except TimeoutError:
            longest_s = self.trunk.longest_call_s
            self._give_up(RehearsalStuck(f"the call was still up after {longest_s:g} s", self.timeline))
        finally:
            self.over("failed", "carrier")  # only where nothing else has ended it: a fault in the carrier
            if self._reports is not None:
                await self._reports.finish()

    # The inner life of a call.

    async def _live(self) -> None:
        raise NotImplementedError

    async def _converse(self, first: Document) -> None:
        """Script, document and orders side by side, until one of them ends the call."""
        script = asyncio.create_task(self._script.perform(self.handset))
        following = asyncio.create_task(self.trunk.part.lead(self, first))
        order = asyncio.create_task(self._orders.get())
        try:
            while not self.is_over:
                await asyncio.wait({script, following, order}, return_when=asyncio.FIRST_COMPLETED)
                now_ms = self.trunk.clock.now_ms()  # closing a stream takes a while that is not talked
                if script.done():
                    script.result()
                    await _cancel(following)
                    self.over(self._if_answered("canceled"), self.person, now_ms)
                elif order.done():
                    await _cancel(following)
                    match order.result():
                        case HangUpOrder(by):
                            self.over(self._if_answered("canceled"), by, now_ms)
                        case document:
                            self.handset.notice()
                            following = asyncio.create_task(self.trunk.part.lead(self, document))
                            order = asyncio.create_task(self._orders.get())
                else:
                    following.result()
                    self.over(self._if_answered("failed"), "engine", now_ms)
        finally:
            await _cancel(script, following, order)

    def _give_up(self, stuck: RehearsalStuck) -> None:
        self.stuck = stuck
        self.complain(None, stuck.complaint)
        self.over(self._if_answered("canceled"), self.person)

    # Its state and who is told of it.

    def fields(self) -> dict[str, str]:
        """What every request about this call carries."""
        return {
            "CallSid": self.sid,
            "AccountSid": self.trunk.account_sid,
            "From": self.from_,
            "To": self.to,
            "Caller": self.from_,
            "Called": self.to,
            "CallStatus": self.status,
            "Direction": self.direction,
            "ApiVersion": API_VERSION,
        }

    def answered(self) -> None:
        if self.answered_ms is None:
            self.answered_ms = self.trunk.clock.now_ms()
            self.status = "in-progress"
            self.record(self.person if self.direction == "outbound-api" else "engine", "call_answered")
            self.tell("answered", "in-progress")

    def over(self, status: Status, by: EndedBy, at_ms: int | None = None) -> None:
        """The first ending counts; `at_ms` is when, where that is not now."""
        if self.is_over:
            return
        self.status = status
        self.ended_by = by
        self.handset.part()
        self.ended_ms = self.trunk.clock.now_ms() if at_ms is None else at_ms
        self.record("carrier", "call_ended", f"{status}, by the {by}, after {self.duration_s} s")
        duration = {
            "Duration": str(-(-self.duration_s // 60)),
            "CallDuration": str(self.duration_s),
            "SipResponseCode": str(_SIP_CODES[status]),
        }
        self.tell(FINAL_EVENT, status, duration)

    def _if_answered(self, otherwise: Status) -> Status:
        return otherwise if self.answered_ms is None else "completed"

    def tell(self, event: str, status: str, more: Mapping[str, str] | None = None) -> None:
        if self._reports is not None:
            self._reports.tell(event, status, more or {})

    def record(self, who: Who, what: What, detail: str = "") -> None:
        self.trunk.timeline.record(self.sid, who, what, detail)

    def complain(self, code: int | None, message: str) -> None:
        self.trunk.timeline.complain(self.sid, code, message)


async def _cancel(*tasks: asyncio.Task[object]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
