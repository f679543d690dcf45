"""Buyers: what happens when the engine rings a buyer's number.

carrier.buyer("+15550111", Buyer.answers(presses=[(None, "1")], talk_s=95))
carrier.buyer("+15550112", Buyer.busy())
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from engine.rehearsal.loopback.acts import ActScript
from engine.rehearsal.loopback.tones import buyer_voice

Pickup = Literal["answers", "busy", "noanswer", "fails", "invalid"]


@dataclass(frozen=True, slots=True)
class BuyerPhone:
    """How a buyer's phone takes a call, and what the buyer does once it has.

    `after_s` is how long it rings before that. "fails" is a number that the network cannot reach (the call
    ends as failed), "invalid" one that the carrier refuses to dial (error 21211). Where the engine asks what
    picked up, it is told `answered_by`, so long after the answer; "" is a carrier that never says.
    """

    pickup: Pickup
    after_s: float = 1.0
    script: ActScript = field(default_factory=ActScript)
    answered_by: str = "human"
    told_after_s: float = 1.5

    @classmethod
    def answers(
        cls,
        after_s: float = 1.0,
        presses: Sequence[tuple[float | None, str]] = ((None, "1"),),
        talk_s: float | None = 10.0,
        audio: bytes | None = None,
    ) -> BuyerPhone:
        """Answers, presses each key after its seconds (None: when a prompt has ended), talks, hangs up.

        `talk_s` counts from the last key; None talks until the other side hangs up. `audio` is repeated
        for as long; without it the buyer sounds as `buyer_voice()`.
        """
        script = ActScript()
        for wait_s, keys in presses:
            script = script.waits_until_prompt_ends() if wait_s is None else script.waits(wait_s)
            script = script.presses(keys)
        script = script.talks(buyer_voice() if audio is None else audio, talk_s)
        return cls("answers", after_s, script.stays_until_end() if talk_s is None else script.hangs_up())

    @classmethod
    def busy(cls, after_s: float = 0.5) -> BuyerPhone:
        return cls("busy", after_s)

    @classmethod
    def noanswer(cls) -> BuyerPhone:
        """Rings until the engine's ring timeout."""
        return cls("noanswer")

    @classmethod
    def rejects(cls, after_s: float = 1.0, key: str | None = None) -> BuyerPhone:
        """Answers, but never accepts: presses nothing, or another key, and waits to be let go."""
        script = ActScript()
        if key is not None:
            script = script.waits_until_prompt_ends().presses(key)
        return cls("answers", after_s, script.stays_until_end())

    @classmethod
    def declines(cls, after_s: float = 1.0, key: str = "2", wait_s: float | None = None) -> BuyerPhone:
        """Answers, and presses the key that says no after so many seconds (None: when a prompt has ended)."""
        script = ActScript()
        script = script.waits_until_prompt_ends() if wait_s is None else script.waits(wait_s)
        return cls("answers", after_s, script.presses(key).stays_until_end())

    @classmethod
    def machine(cls, after_s: float = 1.0, answered_by: str = "machine_start") -> BuyerPhone:
        """An answering machine: it talks whatever it hears, and presses nothing."""
        script = ActScript().talks(buyer_voice()).stays_until_end()
        return cls("answers", after_s, script, answered_by, told_after_s=3.0)

    @classmethod
    def hangs_up_during_whisper(cls, after_s: float = 1.0) -> BuyerPhone:
        return cls("answers", after_s, ActScript().waits_until_prompt_begins().waits(0.3).hangs_up())

    @classmethod
    def fails(cls, is_refused: bool = False) -> BuyerPhone:
        """A number that can't be reached; with `is_refused` the REST answer says so already."""
        return cls("invalid" if is_refused else "fails", 0.2)
