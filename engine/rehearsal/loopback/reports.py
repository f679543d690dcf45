"""A call's progress told in the words of its carrier, in order, beside the call itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from engine.rehearsal.loopback.parts import FINAL_EVENT, PlayedCall
from engine.rehearsal.loopback.posts import WebhookFailed


@dataclass(frozen=True, slots=True)
class StepReport:
    """One step: to whom it is told, in which words, and the word that stands for it in the timeline."""

    url: str
    body: Mapping[str, object]
    word: str


Worded = Callable[[str, str, Mapping[str, str]], StepReport | None]
"""What is told of an event, its status and what belongs to it; None where the carrier tells nothing."""


class OrderedReports:
    """`send` delivers a report, and raises WebhookFailed."""

    def __init__(
        self, call: PlayedCall, worded: Worded, send: Callable[[StepReport], Awaitable[object]]
    ) -> None:
        self._call = call
        self._worded = worded
        self._send = send
        self.is_cut_off = False
        self._waiting: asyncio.Queue[tuple[StepReport, bool] | None] = asyncio.Queue()
        self._delivery = asyncio.create_task(self._deliver())

    def tell(self, event: str, status: str, more: Mapping[str, str]) -> None:
        report = self._worded(event, status, more)
        if report is not None:
            self._waiting.put_nowait((report, event == FINAL_EVENT))

    async def finish(self) -> None:
        self._waiting.put_nowait(None)
        await self._delivery

    async def _deliver(self) -> None:
        timeline = self._call.trunk.timeline
        while (told := await self._waiting.get()) is not None:
            report, is_last = told
            try:
                await self._send(report)
            except WebhookFailed as failure:
                timeline.complain(self._call.sid, failure.code, f"{report.word}: {failure}")
                self.is_cut_off = self.is_cut_off or is_last
            else:
                timeline.record(self._call.sid, "carrier", "status_reported", report.word)
