"""The desk beside the calls: it corrects bills and decides disputes, and what stands then is what it said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from hypothesis import strategies as st

from engine.accounts.disputing import decision_of, open_dispute
from engine.exchange.disputes import Claim
from engine.store import Correction, CorrectionRefused, Store
from engine.store.errors import DisputeRefused
from engine.store.ledger.disputes import Dispute
from engine.store.ledger.entries import PostedEntry
from engine.wording.ledger import entry_sentence
from tests.properties.calls_at_once import Bill, OneCall, Stage

AMOUNTS = st.sampled_from((0, 1_000_000, 1_000_001, 60_000_000))
Word = Literal["accept", "reject", "amount"]


@dataclass(frozen=True)
class Decided:
    """What somebody at the desk says of a dispute."""

    word: Word
    amount: int
    payout: int | None


DECISIONS = st.builds(
    Decided,
    word=st.sampled_from(("accept", "reject", "amount", "amount")),
    amount=st.sampled_from((1, 1_000_000, 9_999_999, 60_000_000)),
    payout=st.none() | st.none() | AMOUNTS,
)


class Desk:
    """Bills of calls that are over; `open` are the disputes that nobody decided yet, by call and buyer."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.open: dict[tuple[str, str], Dispute] = {}
        self.said: list[tuple[OneCall, str]] = []  # what the ledger must tell of the call

    def corrects(self, call: OneCall, bill: Bill, amount: int) -> None:
        buyer, kind = bill
        wanted = Correction(call.name, buyer, kind, amount, "agreed", "desk")
        try:
            self.stage.do(call.store.correct(wanted))
        except CorrectionRefused:
            assert call.owed[bill] == amount
        else:
            assert call.owed[bill] != amount
            self._stands(call, bill, amount)

    def opens_a_dispute(self, call: OneCall, buyer: str, now_ms: int) -> None:
        """Refused only where nothing stands, the bill is disputed already, or the same was decided."""
        claim = Claim(
            call.name,
            buyer,
            "",
            "other",
            "not ours",
        )
        is_open = (call.name, buyer) in self.open
        try:
            dispute = self.stage.do(open_dispute(call.store, claim, buyer, now_ms))
        except DisputeRefused:
            view = self.stage.do(call.store.call(call.name))
            assert view is not None
            was_decided = any(each.buyer == buyer and each.state != "open" for each in view.disputes)
            assert is_open or was_decided or not call.owed.get((buyer, "revenue"))
        else:
            assert not is_open
            assert call.owed[buyer, "revenue"] > 0
            assert dispute.state == "open"
            self.open[call.name, buyer] = dispute

    def decides(self, call: OneCall, buyer: str, decided: Decided) -> None:
        """An amount must lie between nothing and what stands; what is decided stays so."""
        dispute = self.open[call.name, buyer]
        stands = call.owed[buyer, "revenue"]
        amount = decided.amount if decided.word == "amount" else None
        wanted = decision_of(decided.word, amount, decided.payout, "as agreed", "desk")
        try:
            kept = self.stage.do(call.store.decide_dispute(dispute.dispute, wanted))
        except DisputeRefused:
            assert decided.word == "amount"
            assert not 0 < decided.amount < stands
            return
        del self.open[call.name, buyer]
        amount = {"accept": 0, "reject": stands, "amount": decided.amount}[decided.word]
        told = {"accept": "accepted", "reject": "rejected", "amount": "partly"}[decided.word]
        assert decided.word != "amount" or 0 < amount < stands
        assert (kept.state, kept.amount_micros, kept.decided_by) == (told, amount, "desk")
        changes: list[tuple[Bill, int]] = [((buyer, "revenue"), amount)]
        if decided.payout is not None:
            changes.append(((buyer, "payout"), decided.payout))
        for bill, micros in changes:
            if call.owed.get(bill, 0) != micros:
                self.said.append((call, f"dispute {kept.dispute} {told}: as agreed"))
                self._stands(call, bill, micros)
        self._is_final(call.store, kept)

    def is_told_in(self, call: OneCall, entries: Sequence[PostedEntry]) -> None:
        """Every change names its dispute."""
        reasons = {entry_sentence(entry.cause, entry.why) for entry in entries}
        assert all(why in reasons for of, why in self.said if of is call)

    def _is_final(self, store: Store, dispute: Dispute) -> None:
        for word in ("accept", "reject"):
            try:
                self.stage.do(store.decide_dispute(dispute.dispute, decision_of(word, None, 0, "again", "x")))
            except DisputeRefused:
                continue
            raise AssertionError(f"dispute {dispute.dispute} was decided again")

    def _stands(self, call: OneCall, bill: Bill, amount: int) -> None:
        call.owed[bill] = amount
        call.is_corrected.add(bill[1])
