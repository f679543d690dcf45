"""bridge: call somebody and join them with the caller."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

from engine.core.answers import AnswerName, AnswerType
from engine.core.bridging import Callee, Dialling, bridge
from engine.core.call import Call
from engine.core.extensions import parted
from engine.core.facts import Candidate, Leg
from engine.core.languages import flow_in
from engine.core.prompts import Prompt
from engine.core.talking import TalkTerms, Via
from engine.exchange.spans import exact_span_text, seconds_text
from engine.nodes.node_type import NodeType, Ringing, Settings
from engine.nodes.phrasing import caller_left, phrasing
from engine.nodes.rounds import CALLS, IDLE, WAITS, Rounds
from engine.nodes.settings import Reachable

_EXIT_OF = {"declined": "rejected", "machine": "noanswer"}  # outcomes that have no exit of their own


@dataclass(frozen=True, slots=True)
class Accept:
    """The key that takes the call, within this time of the whisper's end, and the one that declines it."""

    key: str = "1"
    decline: str | None = None
    timeout_ms: int = 6_000

    def __post_init__(self) -> None:
        if self.decline == self.key:
            raise ValueError(f"key {self.key} both takes and declines the call; give 'decline' another key")


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
    """Calls the chosen buyers at once, or the number or SIP address `to`, until either side hangs up.

    The first to take the call gets it; the others' phones stop ringing. The caller hears `hold` meanwhile.
    Each callee hears `whisper` first and, with `accept`, must press a key to take the call. A whisper says a
    sensitive answer only where `reveal` names it: whoever picks up hears it, before taking the call.
    A callee that is still asked when the caller hangs up hears `caller_left`. Keys that either side presses
    in the talk are heard by the other, counted, and kept with `keep_keys`. `max_duration` ends a talk that
    goes on too long. The talk goes through the engine, unless `via` has the carrier join the two legs itself:
    `carrier` always, `auto` where nothing of the talk is wanted here, such as a recording. Either goes
    through the engine as long as the carrier hasn't joined them. With `recover`, a caller whose buyer hung
    up too early hears `hold` again at once and leaves by `recovered`.

    ```yaml
    desk: {type: bridge, to: "+15550199", ring_timeout: 20s, next: bye, exits: {busy: bye, noanswer: bye}}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("completed", "busy", "noanswer", "rejected", "failed", "recovered")
    EXIT_OF_NEXT: ClassVar[str] = "completed"
    HEARD_BY_OTHERS: ClassVar[tuple[str, ...]] = ("whisper", "caller_left")

    to: Reachable | None = None
    ring_timeout_ms: int = 25_000
    hold: Literal["ringback", "hold"] = "ringback"
    whisper: Prompt | None = None
    accept: Accept | None = None
    max_duration_ms: int | None = 4 * 60 * 60 * 1000
    recover: Recover | None = None
    reveal: tuple[AnswerName, ...] = ()
    caller_left: Prompt | None = None
    keep_keys: bool = False
    via: Via = "relay"

    @property
    def ringing(self) -> Ringing:
        accept = self.accept
        key, decline = (None, None) if accept is None else (accept.key, accept.decline)
        return Ringing(self.to, self.whisper is not None, key, decline, self.keep_keys, self.via)

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

    def said_by_engine(self, answers: Mapping[str, AnswerType]) -> tuple[Prompt, ...]:
        """What a callee hears whose caller has left, in a language that has words for it."""
        if self.caller_left is not None or self.whisper is None or phrasing(self.whisper.language) is None:
            return ()
        return (caller_left(self.whisper.language),)

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
        if self.accept is not None and self.accept.decline is not None:
            texts.append(f"you decline it by key {self.accept.decline}, and another buyer gets it")
        if self.keep_keys:
            texts.append("keys that are pressed in the talk are kept with the call")
        if self.via != "relay":
            texts.append("the carrier may join you and the caller by itself; its records then say how long")
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
                talk=TalkTerms(self.max_duration_ms, self.keep_keys, self.via),
                decline_key=self.accept.decline if self.accept else None,
            ),
        )
        if self.to is None:
            call.chosen = ()
        if self._is_recovered(call, leg):
            call.recoveries += 1
            call.hold(self.hold)
            return "recovered"
        return _EXIT_OF.get(leg.outcome or "", leg.outcome) or "failed"

    def _callees(self, call: Call) -> tuple[Callee, ...]:
        market = call.revision.market
        if self.to is not None:
            to, extension = parted(self.to)
            whisper, farewell = _words(call, "")
            detects = market.detects_machines(None)
            return (Callee(to, None, 0, None, whisper, farewell, extension, detects),)
        return tuple(_buyer_called(call, chosen) for chosen in call.chosen)

    def _is_recovered(self, call: Call, leg: Leg) -> bool:
        if self.recover is None or leg.buyer is None or call.recoveries >= self.recover.at_most:
            return False
        if leg.bridged_at is None or leg.ended_by != "buyer":
            return False
        return not self.recover.below_duration or call.revision.market.is_too_short(call.moment, leg)


def _buyer_called(call: Call, chosen: Candidate) -> Callee:
    market, buyer = call.revision.market, chosen.buyer
    to, extension = parted((chosen.bid.to if chosen.bid is not None else "") or market.number_of(buyer))
    whisper, farewell = _words(call, market.language_of(buyer))
    return Callee(
        to,
        buyer,
        chosen.price_micros or 0,
        market.telling(call.moment, buyer),
        whisper,
        farewell,
        extension,
        market.detects_machines(buyer),
        *market.carrier_of(call.moment, buyer),
    )


def _words(call: Call, language: str) -> tuple[Prompt | None, Prompt]:
    """The node's whisper, and what is said should the caller leave; in the language of who picks up, which is
    not the caller's: the flow's first, unless the network says another."""
    flow = flow_in(call, language) if language else None
    flow = flow or next(iter(call.flows.values()), call.flow)
    node = flow.nodes[call.node].node
    assert isinstance(node, BridgeNode), "a flow has the same nodes in every language"
    return node.whisper, node.caller_left or caller_left(flow.language)
