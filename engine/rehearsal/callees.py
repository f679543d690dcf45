"""Who is called in a rehearsal: when they pick up, what they press, how long they talk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from engine.core.answering import key_event
from engine.core.commands import Bridge, Dial, Join
from engine.core.events import (
    CALLER,
    Event,
    KeyPressed,
    LegAnswered,
    LegBridged,
    LegEnded,
    LegRinging,
    PromptPlayed,
)
from engine.core.leg_events import AnswererTold, JoinFailed, LegsJoined
from engine.core.stream_events import StreamBack
from engine.language.stories.story import KEY_GAP_MS, BuyerPlan
from engine.nodes.node_type import Ringing

RINGS_AFTER_MS = 500
REACTS_AFTER_MS = 1_000  # a buyer's way from hearing to pressing, or to hanging up
TELLS_PERSON_AFTER_MS = 1_500  # a carrier's way from the answer to its word for who gave it
TELLS_MACHINE_AFTER_MS = 3_000
JOINS_AFTER_MS = 400  # a carrier's way from being asked to join two legs to having done so
COMES_BACK_AFTER_MS = 300  # a caller's way from a leg that hung up to us


class Arrange(Protocol):
    """Lets an event happen by and by; its fields are those that follow `at`."""

    def __call__(self, after_ms: int, kind: Callable[..., Event], *fields: object) -> None: ...


class Callees:
    """All who are called in one call. `plans` are of the legs that are not over, `talk` of who is joined,
    `elsewhere` the leg that the carrier itself has joined."""

    def __init__(
        self, plan: Callable[[Dial], BuyerPlan], arrange: Arrange, ringing: Callable[[], Ringing | None]
    ) -> None:
        """`ringing` tells how the node that the call is at asks them."""
        self.plans: dict[str, BuyerPlan] = {}
        self.talk: Bridge | None = None
        self.elsewhere = ""
        self._plan = plan
        self._arrange = arrange
        self._ringing = ringing

    def dial(self, dial: Dial) -> None:
        leg = dial.leg
        plan = self.plans[leg] = self._plan(dial)
        if plan.outcome == "fails":
            self._arrange(RINGS_AFTER_MS, LegEnded, leg, "failed", "buyer", "the number cannot be called")
            return
        if plan.outcome == "busy":
            self._arrange(RINGS_AFTER_MS, LegEnded, leg, "busy", "buyer", "the line is busy")
            return
        self._arrange(min(RINGS_AFTER_MS, plan.answers_after_ms), LegRinging, leg)
        if plan.outcome == "noanswer" or plan.answers_after_ms >= dial.ring_timeout_ms:
            self._arrange(dial.ring_timeout_ms, LegEnded, leg, "noanswer", "buyer", "nobody picked up")
        elif plan.outcome in ("rejects", "declines") and not self._may_refuse():
            self._arrange(plan.answers_after_ms, LegEnded, leg, "rejected", "buyer", "the call was declined")
        else:
            self._arrange(plan.answers_after_ms, LegAnswered, leg)
            if dial.detects_machines:
                self._tell_answerer(leg, plan)

    def _tell_answerer(self, leg: str, plan: BuyerPlan) -> None:
        """In the words that a carrier has for it."""
        answered_ms = plan.answers_after_ms
        if plan.outcome == "machine":
            told = "machine", "machine_start"
            self._arrange(answered_ms + TELLS_MACHINE_AFTER_MS, AnswererTold, leg, *told)
        else:
            self._arrange(answered_ms + TELLS_PERSON_AFTER_MS, AnswererTold, leg, "person", "human")

    def join(self, bridge: Bridge) -> None:
        plan, leg = self.plans[bridge.leg], bridge.leg
        self.talk = bridge
        self._arrange(0, LegBridged, leg)
        for after_ms, keys in plan.presses:
            for number, key in enumerate(keys):
                self._arrange(after_ms + number * KEY_GAP_MS, KeyPressed, leg, key)
        self._arrange(plan.talks_ms, LegEnded, leg, "completed", "buyer", "hung up")

    def have_joined(self, join: Join, carrier: str) -> None:
        if join.leg not in self.plans:
            return
        if self.plans[join.leg].joins:
            self._arrange(JOINS_AFTER_MS, LegsJoined, join.leg, carrier)
        else:
            self._arrange(JOINS_AFTER_MS, JoinFailed, join.leg, "refused", "the story refuses it")

    def in_talk(self, event: Event) -> Event:
        """What happens, where a key is one of the talk's."""
        if type(event) is not KeyPressed:
            return event
        return key_event(event.at, event.leg, event.key, self.talk)

    def forget(self, leg: str) -> None:
        self.plans.pop(leg, None)
        if self.talk is not None and self.talk.leg == leg:
            self.talk = None
        if leg == self.elsewhere:
            self.elsewhere = ""
            self._arrange(COMES_BACK_AFTER_MS, StreamBack, CALLER)

    def react(self, event: Event, *, still_hears: Callable[[str], bool]) -> None:
        """Who has picked up presses a key when the whisper is over, or hangs up in it."""
        if type(event) is not LegAnswered and type(event) is not PromptPlayed:
            return
        leg = event.leg
        plan = self.plans.get(leg)
        if plan is None or plan.outcome == "machine":
            return
        ringing = self._ringing()
        decline_key = None if ringing is None else ringing.decline_key
        if plan.outcome == "rejects" or (plan.outcome == "declines" and decline_key is None):
            self._arrange(REACTS_AFTER_MS, LegEnded, leg, "completed", "buyer", "hung up")
        elif plan.outcome == "breaks":
            self._arrange(REACTS_AFTER_MS, LegEnded, leg, "completed", "network", "its audio broke", True)
        elif plan.accepts and ringing is not None and not still_hears(leg):
            key = decline_key if plan.outcome == "declines" else ringing.accept_key
            if key is not None:
                self._arrange(REACTS_AFTER_MS, KeyPressed, leg, key)

    def _may_refuse(self) -> bool:
        """Whether who picks up is asked before the caller is joined."""
        ringing = self._ringing()
        return ringing is not None and ringing.asks
