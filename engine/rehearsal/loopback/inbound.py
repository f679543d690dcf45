"""An inbound call: the carrier asks the engine's voice webhook what to do with a caller."""

from __future__ import annotations

from collections.abc import Mapping

from engine.rehearsal.loopback.acts import ActScript
from engine.rehearsal.loopback.calls import PhoneCall
from engine.rehearsal.loopback.parts import DocumentAt, StatusCallback, Trunk


class InboundCall(PhoneCall):
    """A caller dialled the engine's number."""

    def __init__(
        self,
        trunk: Trunk,
        *,
        from_: str,
        to: str,
        caller: ActScript,
        voice: DocumentAt,
        callback: StatusCallback | None,
        place: Mapping[str, str],
    ) -> None:
        super().__init__(trunk, direction="inbound", from_=from_, to=to, script=caller, callback=callback)
        self._voice = voice
        self._place = dict(place)

    def fields(self) -> dict[str, str]:
        return {**super().fields(), **self._place}

    async def _live(self) -> None:
        self.status = "ringing"
        await self._converse(self._voice)
