"""bridge: call somebody and join them with the caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.core.bridging import Dialling, bridge
from engine.core.call import Call
from engine.core.prompts import Prompt


@dataclass(frozen=True, slots=True)
class Accept:
    """The callee takes the call by this key, within this time of the whisper's end."""

    key: str = "1"
    timeout_ms: int = 6_000


@dataclass(frozen=True, slots=True)
class Bridge:
    """Calls the chosen buyer, or the number `to`, and stays until either side hangs up.

    The caller hears `hold` meanwhile. The callee hears `whisper` first and, with `accept`, must press a
    key to take the call. `max_duration` ends a talk that goes on too long.

    ```yaml
    desk: {type: bridge, to: "+15550199", ring_timeout: 20s, next: bye, exits: {busy: bye, noanswer: bye}}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("completed", "busy", "noanswer", "rejected", "failed")
    EXIT_OF_NEXT: ClassVar[str] = "completed"

    to: str | None = None
    ring_timeout_ms: int = 25_000
    hold: Literal["ringback", "hold"] = "ringback"
    whisper: Prompt | None = None
    accept: Accept | None = None
    max_duration_ms: int | None = 4 * 60 * 60 * 1000

    async def run(self, call: Call) -> str:
        chosen = None if self.to else call.chosen
        if self.to is None and chosen is None:
            return "failed"
        outcome = await bridge(
            call,
            Dialling(
                to=self.to or call.revision.market.number_of(chosen.buyer if chosen else ""),
                buyer=chosen.buyer if chosen else None,
                price_micros=(chosen.price_micros or 0) if chosen else 0,
                ring_timeout_ms=self.ring_timeout_ms,
                hold=self.hold,
                whisper=self.whisper,
                accept_key=self.accept.key if self.accept else None,
                accept_timeout_ms=self.accept.timeout_ms if self.accept else 0,
                max_duration_ms=self.max_duration_ms,
            ),
        )
        if chosen is not None:
            call.tried.add(chosen.buyer)
            call.chosen = None
            call.release(chosen.buyer, used=outcome == "completed")
        return outcome
