"""choose_buyer: find the best buyers who take this call, and hold a place with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.core.call import Call
from engine.core.commands import Record
from engine.core.facts import Candidate, Decision
from engine.core.records import changed


@dataclass(frozen=True, slots=True)
class Rollover:
    """How far a call rolls over from buyer to buyer: so many are called `at_most`, then the exit is none."""

    at_most: int


@dataclass(frozen=True, slots=True)
class ChooseBuyer:
    """Judges every buyer of the campaign, ranks those who would take the call, reserves the best.

    With `ring` the best few, for the bridge to ring together. A buyer whose cap is full at that moment is
    passed over for the next; one that was called in vain in this call is not chosen again. `campaign` left
    out is the called number's.

    ```yaml
    find: {type: choose_buyer, campaign: roofing, next: connect, exits: {none: bye}}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("next", "none")

    campaign: str | None = None
    ring: int = 1
    rollover: Rollover | None = None

    async def run(self, call: Call) -> str:
        _give_back(call)
        decision = call.revision.market.choose(call, self.campaign or call.campaign)
        places, limit = self._places(call)
        ranked = sorted(
            (candidate for candidate in decision.candidates if candidate.rank is not None),
            key=lambda candidate: candidate.rank or 0,
        )
        for candidate in ranked:
            if len(call.chosen) >= places:
                break
            refused = await call.reserve(candidate, decision.campaign)
            if refused is not None:
                spoken_for = call.revision.market.refuse(candidate, refused.code, refused.sentence)
                decision = _replaced(decision, candidate, spoken_for)
        chosen = tuple([holder.buyer for holder in call.chosen])
        call.do(
            Record(
                changed(
                    decision,
                    chosen=chosen[0] if chosen else None,
                    together=chosen if len(chosen) > 1 else (),
                    limit="" if chosen or not ranked else limit,
                )
            )
        )
        return "next" if chosen else "none"

    def _places(self, call: Call) -> tuple[int, str]:
        """How many buyers may be rung now, and what to say where it is none."""
        if self.rollover is None:
            return self.ring, ""
        called = sum(leg.buyer is not None for leg in call.legs.values())
        left = max(0, self.rollover.at_most - called)
        were = "1 buyer was" if called == 1 else f"{called} buyers were"
        return min(self.ring, left), "" if left else f"{were} called in this call, and rollover ends there"


def _give_back(call: Call) -> None:
    """Who was chosen before and never called holds its place no longer."""
    for unused in call.chosen:
        call.release(unused.buyer, used=False)
    call.chosen = ()


def _replaced(decision: Decision, old: Candidate, new: Candidate) -> Decision:
    candidates = tuple(new if candidate is old else candidate for candidate in decision.candidates)
    return changed(decision, candidates=candidates)
