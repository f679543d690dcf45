"""What the evidence proposes for a disputed bill, where a live call would not lead."""

from __future__ import annotations

from dataclasses import replace

from engine.core.conditions import ClauseOutcome
from engine.core.older import AS_WRITTEN
from engine.core.places import Place
from engine.core.records import changed
from engine.exchange.disputes import BilledLeg, Claim, Ground, propose, says_the_same
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


def chosen_by(then: str, at_dial: str, now: str) -> BilledLeg:
    """A bill whose buyer was chosen by the need, as it was at three moments."""
    known = evidence()
    needs = {
        each: changed(known.answers["zip"], name="need", value=each, answered_at=number)
        for number, each in enumerate(("repair", "replace", "other"))
    }
    line = ClauseOutcome("need", Place("network.yaml", 1, 1), True, {"need": then}, ("need",))
    moments = [{"need": needs[each]} for each in (then, at_dial, now)]
    held = {"chosen_by": (line,), "answers_then": moments[0], "answers_at_dial": moments[1]}
    return replace(known, answers=moments[2], spelled=lambda each: each.clause, **held)


NEED = replace(CLAIM, clause="need")


def test_an_answer_that_was_another_when_the_buyer_was_called_is_half_right_whatever_came_after():
    (ground,) = propose(NEED, chosen_by("repair", "replace", "repair")).grounds
    assert ground.code == "changed_since"
    assert [each.value for each in (*ground.known, *ground.since)] == ["repair", "replace", "repair"]
    assert propose(NEED, chosen_by("repair", "replace", "replace")).outcome == "partly"
    later = propose(NEED, chosen_by("repair", "repair", "other"))
    assert (later.outcome, [each.value for each in later.grounds[0].since]) == ("reject", ["other"])


def test_half_is_what_the_currency_can_pay():
    def half(currency: str, stands_micros: int) -> int:
        known = said(0.5)
        verdict = changed(known.verdict, currency=currency)
        return propose(CLAIM, replace(known, verdict=verdict, stands_micros=stands_micros)).amount_micros

    assert half("USD", 45_010_000) == 22_500_000
    assert half("JPY", 4_501_000_000) == 2_250_000_000
    assert half("KWD", 45_010_000) == 22_505_000
    assert half("XAU", 45_010_001) == 22_505_000


def test_a_proposal_of_an_older_engine_says_the_same_without_what_that_did_not_keep():
    now = propose(NEED, chosen_by("repair", "repair", "other"))
    (ground,) = now.grounds
    older = replace_known(changed(ground, since=()), value=None, at=None)
    assert says_the_same(changed(now, grounds=(older,)), now)
    assert says_the_same(now, now)
    sure = replace_known(older, confirmed=True)
    assert not says_the_same(changed(now, grounds=(sure,)), now)
    assert not says_the_same(changed(now, outcome="partly"), now)
    assert not says_the_same(changed(now, grounds=(changed(ground, since=()),)), now)
    written = Ground(AS_WRITTEN, {AS_WRITTEN: "It was keyed."})
    assert says_the_same(changed(now, grounds=(written,)), now)


def replace_known(ground: Ground, **changes: object) -> Ground:
    return changed(ground, known=tuple(changed(each, **changes) for each in ground.known))
