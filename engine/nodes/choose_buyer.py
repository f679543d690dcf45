"""choose_buyer: find the best buyer who takes this call, and hold a place with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from engine.core.call import Call
from engine.core.commands import Record
from engine.core.facts import Candidate, Decision
from engine.core.records import changed


@dataclass(frozen=True, slots=True)
class ChooseBuyer:
    """Judges every buyer of the campaign, ranks those who would take the call, reserves the best.

    A buyer whose cap is full at that moment is passed over for the next; one that was called in vain
    in this call is not chosen again. `campaign` left out is the called number's.

    ```yaml
    find: {type: choose_buyer, campaign: roofing, next: connect, exits: {none: bye}}
    ```
    """

    EXITS: ClassVar[tuple[str, ...]] = ("next", "none")

    campaign: str | None = None

    async def run(self, call: Call) -> str:
        if call.chosen is not None:  # chosen before and never called: its place is free again
            call.release(call.chosen.buyer, used=False)
            call.chosen = None
        decision = call.revision.market.choose(call, self.campaign or call.campaign)
        ranked = sorted(
            (candidate for candidate in decision.candidates if candidate.rank is not None),
            key=lambda candidate: candidate.rank or 0,
        )
        for candidate in ranked:
            refused = await call.reserve(candidate, decision.campaign)
            if refused is None:
                call.do(Record(changed(decision, chosen=candidate.buyer)))
                return "next"
            spoken_for = call.revision.market.refuse(candidate, refused.code, refused.sentence)
            decision = _replaced(decision, candidate, spoken_for)
        call.do(Record(decision))
        return "none"


def _replaced(decision: Decision, old: Candidate, new: Candidate) -> Decision:
    candidates = tuple(new if candidate is old else candidate for candidate in decision.candidates)
    return changed(decision, candidates=candidates)
