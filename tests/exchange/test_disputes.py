"""What the evidence proposes for a disputed bill, where a live call would not lead."""

from __future__ import annotations

from dataclasses import replace

from engine.core.records import changed
from engine.exchange.disputes import BilledLeg, Claim, propose
from engine.wording.sentences import clause_text, ground_sentence
from tests.exchange.exchange_world import IN_TEXAS, all_of, buyer, call, network, talked, terms

CLAIM = Claim("c1", "lonestar", 'zip.state == "TX"', "", "not from Texas")


def evidence(**changes: object) -> BilledLeg:
    made = call(network(buyer("lonestar", billable=terms(when=all_of(IN_TEXAS)))), zip="78701")
    talked(made, "lonestar", 95_000)
    (verdict,) = made.revision.market.judge(made.moment)
    plain = BilledLeg(verdict, verdict, (), dict(made.answers), None, 101_000, 45_000_000, clause_text)
    return replace(plain, **changes)  # type: ignore[arg-type]


def said(confidence: float, *, confirmed: bool = False) -> BilledLeg:
    known = evidence()
    answer = changed(known.answers["zip"], mode="voice", confidence=confidence, confirmed=confirmed)
    return replace(known, answers={"zip": answer})


def test_an_answer_heard_badly_and_never_confirmed_makes_the_dispute_half_right():
    proposal = propose(CLAIM, said(0.79))
    assert (proposal.outcome, proposal.amount_micros) == ("partly", 22_500_000)
    assert "depends on an uncertain answer: zip was said, 79% sure" in ground_sentence(proposal.grounds[0])


def test_an_answer_heard_well_or_confirmed_is_upheld():
    assert propose(CLAIM, said(0.8)).outcome == "reject"
    assert propose(CLAIM, said(0.4, confirmed=True)).outcome == "reject"


def test_a_bill_that_todays_judging_does_not_give_is_conceded():
    kept = evidence()
    again = changed(kept.verdict, billable=False, reason="not_bridged")
    proposal = propose(CLAIM, replace(kept, again=again))
    assert (proposal.outcome, proposal.amount_micros) == ("accept", 0)
    assert "the caller was never connected" in ground_sentence(proposal.grounds[0])
    assert propose(CLAIM, replace(kept, again=None)).outcome == "accept"
