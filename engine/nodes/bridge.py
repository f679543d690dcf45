"""bridge: call somebody and join them with the caller."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.core.answers import AnswerName
from engine.core.bridging import Callee, Dialling, bridge
from engine.core.call import Call
from engine.core.facts import Leg
from engine.core.languages import flow_in
from engine.core.prompts import Prompt
from engine.exchange.spans import exact_span_text, seconds_text
from engine.nodes.node_type import NodeType, Ringing, Settings
from engine.nodes.rounds import CALLS, IDLE, WAITS, Rounds
from engine.nodes.settings import PhoneNumber


@dataclass(frozen=True, slots=True)
class Accept:
    """The callee takes the call by this key, within this time of the whisper's end."""

    key: str = "1"
    timeout_ms: int = 6_000


@dataclass(frozen=True, slots=True)
class Recover:
    """A buyer that hangs up on the caller loses the call: by `recovered` the caller goes to the next.

    With `below_duration` only where it hung up before the duration that it pays for. At most so often in
    a call; after that the exit is `completed`, as it is where the caller hung up.
    """

    below_duration: bool = True
    at_most: int = 5


@dataclass(frozen=True, slots=True)
class BridgeNode(NodeType):
    """Calls the chosen buyers at once, or the number `to`, and stays until either side hangs up.

    The first to take the call gets it; the others' phones stop ringing. The caller hears `hold` meanwhile.
    Each callee hears `whisper` first and, with `accept`, must press a key to take the call. A whisper says a
    sensitive answer only where `reveal` names it: whoever picks up hears it, before taking the call.
    `max_duration` ends a talk that goes on too long. With `recover`, a caller whose buyer hung up too early
    hears `hold` again at once and leaves by `recovered`.

    ```yaml
    desk: {type: bridge, to: "+15550199", ring_timeout: 20s, next: bye, exits: {busy: bye, noanswer: bye}}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("completed", "busy", "noanswer", "rejected", "failed", "recovered")
    EXIT_OF_NEXT: ClassVar[str] = "completed"
    HEARD_BY_OTHERS: ClassVar[tuple[str, ...]] = ("whisper",)

    to: PhoneNumber | None = None
    ring_timeout_ms: int = 25_000
    hold: Literal["ringback", "hold"] = "ringback"
    whisper: Prompt | None = None
    accept: Accept | None = None
    max_duration_ms: int | None = 4 * 60 * 60 * 1000
    recover: Recover | None = None
    reveal: tuple[AnswerName, ...] = ()

    @property
    def ringing(self) -> Ringing:
        key = None if self.accept is None else self.accept.key
        return Ringing(self.to, self.whisper is not None, key)

    @classmethod
    def idles(cls, exit_: str, settings: Settings) -> Rounds:
        if exit_ == "completed":
            return WAITS
        return CALLS if settings.get("to") is None else IDLE

    @classmethod
    def closed_exits(cls, settings: Settings) -> Collection[str]:
        """Who is asked nothing before the bridge cannot decline it."""
        asks = "whisper" in settings or "accept" in settings
        return (*(() if asks else ("rejected",)), *(() if "recover" in settings else ("recovered",)))

    def delivery_texts(self) -> tuple[str, ...]:
        if self.to is not None:
            return ()
        texts = [f"it rings for {seconds_text(self.ring_timeout_ms)}"]
        if self.whisper is not None:
            texts.append(f"you hear first: “{self.whisper.text}”")
        if self.accept is not None:
            texts.append(
                f"you take it by key {self.accept.key} within {seconds_text(self.accept.timeout_ms)}"
            )
        if self.max_duration_ms is not None:
            texts.append(f"a talk ends after {exact_span_text(self.max_duration_ms)}")
        if self.recover is not None:
            when = "below the duration that you pay for" if self.recover.below_duration else "on the caller"
            texts.append(f"where you hang up {when}, the caller goes on to another buyer")
        return tuple(texts)

    async def run(self, call: Call) -> str:
        callees = self._callees(call)
        if not callees:
            return "failed"
        leg = await bridge(
            call,
            Dialling(
                callees=callees,
                ring_timeout_ms=self.ring_timeout_ms,
                hold=self.hold,
                accept_key=self.accept.key if self.accept else None,
                accept_timeout_ms=self.accept.timeout_ms if self.accept else 0,
                max_duration_ms=self.max_duration_ms,
            ),
        )
        if self.to is None:
            call.chosen = ()
        if self._is_recovered(call, leg):
            call.recoveries += 1
            call.hold(self.hold)
            return "recovered"
        return leg.outcome or "failed"

    def _callees(self, call: Call) -> tuple[Callee, ...]:
        if self.to is not None:
            return (Callee(self.to, whisper=_whisper(call, "")),)
        market = call.revision.market
        return tuple(
            Callee(
                (chosen.bid.to if chosen.bid is not None else "") or market.number_of(chosen.buyer),
                chosen.buyer,
                chosen.price_micros or 0,
                market.telling(call.moment, chosen.buyer),
                _whisper(call, market.language_of(chosen.buyer)),
            )
            for chosen in call.chosen
        )

    def _is_recovered(self, call: Call, leg: Leg) -> bool:
        if self.recover is None or leg.buyer is None or call.recoveries >= self.recover.at_most:
            return False
        if leg.bridged_at is None or leg.ended_by != "buyer":
            return False
        return not self.recover.below_duration or call.revision.market.is_too_short(call.moment, leg)


def _whisper(call: Call, language: str) -> Prompt | None:
    """The node's, in the language of who picks up, which is not the caller's: the flow's first, unless the
    network says another."""
    flow = flow_in(call, language) if language else None
    node = (flow or next(iter(call.flows.values()), call.flow)).nodes[call.node].node
    assert isinstance(node, BridgeNode), "a flow has the same nodes in every language"
    return node.whisper
