"""A dispute as it is shown, with what the evidence proposes and how it was decided."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from engine.accounts.shown import Shown
from engine.core.money import format_money
from engine.exchange.disputes import Outcome, Proposal
from engine.store.instants import iso, iso_of
from engine.store.ledger.disputes import Dispute
from engine.wording.sentences import ground_sentence


class ProposalShown(Shown, frozen=True, kw_only=True):
    """What the evidence suggests for a dispute: the amount of the bill, and why."""

    outcome: Outcome
    amount: str
    sentences: tuple[str, ...]

    @classmethod
    def of(cls, proposal: Proposal) -> ProposalShown:
        return cls(
            outcome=proposal.outcome,
            amount=format_money(proposal.amount_micros),
            sentences=tuple(ground_sentence(ground) for ground in proposal.grounds),
        )


class DisputeShown(Shown, frozen=True, kw_only=True):
    """A dispute of a bill, by a `clause` or for a `reason`. `amount` and the rest are set by the decision.

    `amount` stands of the bill then, `payout` of what the publisher is paid for the call.
    """

    dispute: int
    call: str
    buyer: str
    state: Literal["open", "accepted", "partly", "rejected"]
    clause: str | None
    reason: str | None
    says: str
    opened_by: str
    opened_at: str
    proposal: ProposalShown
    amount: str | None
    payout: str | UnsetType = UNSET
    why: str | None
    decided_by: str | None
    decided_at: str | None

    @classmethod
    def of(cls, dispute: Dispute) -> DisputeShown:
        micros = dispute.amount_micros
        return cls(
            dispute=dispute.dispute,
            call=dispute.call,
            buyer=dispute.buyer,
            state=dispute.state,
            clause=dispute.clause or None,
            reason=dispute.reason or None,
            says=dispute.says,
            opened_by=dispute.opened_by,
            opened_at=iso_of(dispute.opened_at),
            proposal=ProposalShown.of(dispute.proposal),
            amount=None if micros is None else format_money(micros),
            payout=UNSET if dispute.payout_micros is None else format_money(dispute.payout_micros),
            why=why_decided(dispute),
            decided_by=dispute.decided_by,
            decided_at=iso(dispute.decided_at),
        )


def why_decided(dispute: Dispute) -> str | None:
    """The reason of the decision: the one that was given, else, of a rejection, the evidence's grounds."""
    if dispute.state == "rejected" and not dispute.why:
        return " ".join(ground_sentence(ground) for ground in dispute.proposal.grounds)
    return dispute.why
