"""What is said of money after a call: why an entry was made, what a carrier's record came to, what breaks a
chain.

What an older engine wrote as a sentence is shown as it was written.
"""

from __future__ import annotations

from typing import Protocol

from engine.core.conditions import Details
from engine.core.older import AS_WRITTEN
from engine.exchange.carrier_times import CarrierFinding
from engine.wording.catalogue import Catalogue, english
from engine.wording.sentences import judged_sentence


def carrier_sentence(finding: CarrierFinding, said: Catalogue | None = None) -> str:
    """What came of a carrier's record."""
    written = finding.details.get(AS_WRITTEN)
    if written is not None:
        return str(written)
    spoken = said or english()
    told = spoken.say(f"carrier.{finding.code}", finding.details)
    if not finding.judged:
        return told
    return spoken.say("carrier.judged", {"told": told, "verdict": judged_sentence(finding.judged, spoken)})


class CauseOfEntry(Protocol):
    """What made an entry (engine.store.ledger.causes)."""

    @property
    def by(self) -> str: ...
    @property
    def leg(self) -> str: ...
    @property
    def dispute(self) -> int | None: ...
    @property
    def details(self) -> Details: ...


def entry_sentence(cause: CauseOfEntry, why: str, said: Catalogue | None = None) -> str:
    """Why an entry was made: by its cause, and in the words of whoever gave a reason; "" where nobody did.

    A cause without details is a verdict, an operator, or an older engine's, whose words say it all.
    """
    if not cause.details:
        return why
    words = {"why": why} if why else {}
    told = {"leg": cause.leg, "dispute": cause.dispute, **cause.details, **words}
    return (said or english()).say(f"entry.{cause.by}", told)


def chain_sentence(code: str, details: Details, said: Catalogue | None = None) -> str:
    """What breaks a party's chain of entries; "" where nothing does."""
    return "" if code == "holds" else (said or english()).say(f"chain.{code}", details)
