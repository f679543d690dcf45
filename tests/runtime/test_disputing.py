"""A dispute is answered from the evidence, decided once by a person, and corrects the bill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.accounts.dispute_shown import why_decided
from engine.accounts.disputing import decide_dispute, decision_of, open_dispute
from engine.core.money import format_money
from engine.exchange.disputes import Claim
from engine.language.stories.story import PressKeys, SaySomething
from engine.store import CorrectionRefused, DisputeRefused, Store
from engine.store.ledger.entries import standing_micros
from engine.store.tables.carrier_records import CarrierRecord
from engine.wording.sentences import ground_sentence
from tests.runtime.changed_answers import ANSWERS, ASKS_AGAIN, REPAIR, REPLACE
from tests.runtime.kept_calls import START, kept_call
from tests.shown import show_json

DAY_MS = 24 * 3_600_000


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with await Store.open(f"sqlite:///{tmp_path}/calls.db", "worker-1", lambda: START) as opened:
        yield opened


def claim(clause: str = "", reason: str = "", **changes: str) -> Claim:
    fields = {"call": "call-1", "buyer": "lonestar", "says": "it was a repair", **changes}
    return Claim(clause=clause, reason=reason, **fields)


async def proposed(store: Store, clause: str = "", reason: str = "") -> tuple[str, str, str]:
    dispute = await open_dispute(store, claim(clause, reason), "lonestar", START + DAY_MS)
    proposal = dispute.proposal
    return proposal.outcome, format_money(proposal.amount_micros), ground_sentence(proposal.grounds[0])


async def test_a_clause_that_rests_on_a_keyed_answer_is_upheld(store: Store) -> None:
    await kept_call(store)
    outcome, amount, sentence = await proposed(store, "zip.state == 'TX'")
    assert (outcome, amount) == ("reject", "45.00")
    assert sentence.startswith('“zip.state == "TX"” (network.yaml:')
    assert sentence.endswith("was true: zip was keyed, at ask_zip.")


async def test_an_answer_over_its_prompt_says_how_much_of_that_was_heard(store: Store) -> None:
    await kept_call(store, acts=(PressKeys("78701"), PressKeys("2", during_prompt=True), PressKeys("1")))
    outcome, _, sentence = await proposed(store, 'need == "replace"')
    assert outcome == "reject"
    assert "need was keyed, 1s into its prompt of " in sentence


async def test_a_clause_that_rests_on_a_confirmed_answer_is_upheld(store: Store) -> None:
    said = (PressKeys("78701"), SaySomething("a new roof", 0.6), PressKeys("1"), PressKeys("1"))
    await kept_call(store, acts=said)
    outcome, _, sentence = await proposed(store, 'need == "replace"')
    assert outcome == "reject"
    assert "need was said, 60% sure, confirmed by the caller" in sentence


async def test_a_false_alternative_beside_a_true_one_carries_no_bill(store: Store) -> None:
    await kept_call(store, acts=(PressKeys("78701"), PressKeys("2"), PressKeys("2")))
    outcome, amount, sentence = await proposed(store, 'insurance == "claim"')
    assert (outcome, amount) == ("reject", "45.00")
    assert sentence.endswith("was false, and the bill doesn't depend on it: another alternative was true.")


async def test_a_talk_just_above_its_duration_is_half_right_until_the_carrier_confirms_it(
    store: Store,
) -> None:
    await kept_call(store, talk_ms=90_400)
    outcome, amount, sentence = await proposed(store, reason="too_short")
    assert (outcome, amount) == ("partly", "22.50")
    assert "no carrier's record confirms it" in sentence
    with pytest.raises(DisputeRefused, match="it proposes 'partly'.; give a reason"):
        await store.decide_dispute(1, decision_of("reject", None, None, "", "desk"))
    await store.decide_dispute(1, decision_of("reject", None, None, "our clocks are right", "desk"))
    with pytest.raises(DisputeRefused, match=r"dispute 1 of the same was rejected by desk \(our clocks are"):
        await open_dispute(store, claim(reason="too_short"), "lonestar", START + DAY_MS)
    view = await store.call("call-1")
    assert view is not None
    (leg,) = view.legs
    ours = (leg.ended_at or 0) - (leg.answered_at or 0)
    await store.keep_carrier_record(CarrierRecord("call-1", "buyer-1", "twilio", ours, START))
    assert (await proposed(store, reason="too_short"))[0] == "reject"


async def test_a_carriers_record_below_the_duration_is_conceded(store: Store) -> None:
    await kept_call(store, talk_ms=95_000)
    await store.keep_carrier_record(CarrierRecord("call-1", "buyer-1", "twilio", 40_000, START))
    outcome, amount, sentence = await proposed(store, reason="too_short")
    assert (outcome, amount) == ("accept", "0.00")
    assert "the carrier's record has 40s from answer to end" in sentence


async def test_a_duplicate_that_the_terms_do_not_speak_of_is_upheld(store: Store) -> None:
    await kept_call(store)
    outcome, _, sentence = await proposed(store, reason="duplicate")
    assert (outcome, sentence) == (
        "reject",
        "The terms have no clause about this: The buyer already had this caller, or paid for them.",
    )


@pytest.mark.parametrize("reason", ["wrong_answer", "other"])
async def test_a_bill_that_holds_in_every_clause_is_upheld(store: Store, reason: str) -> None:
    await kept_call(store)
    dispute = await open_dispute(store, claim(reason=reason), "lonestar", START)
    view = await store.call("call-1")
    assert view is not None
    sentences = [ground_sentence(ground) for ground in dispute.proposal.grounds]
    assert len(sentences) >= 4
    assert "78701" not in str(sentences)  # how it was learnt, never what


async def test_a_clause_that_the_bill_has_not_is_refused_with_those_that_it_has(store: Store) -> None:
    await kept_call(store)
    with pytest.raises(DisputeRefused, match=r'no clause .* its clauses are: .*zip\.state == "TX"'):
        await open_dispute(store, claim("zip.state == 'OK'"), "lonestar", START)
    with pytest.raises(DisputeRefused, match="available: too_short, duplicate, wrong_answer, other"):
        await open_dispute(store, claim(reason="bad_mood"), "lonestar", START)


async def test_only_a_standing_bill_is_disputed_and_only_within_the_window(store: Store) -> None:
    with pytest.raises(DisputeRefused, match="doesn't exist"):
        await open_dispute(store, claim(reason="other"), "lonestar", START)
    await kept_call(store, changes={"currency: USD": "currency: USD\ndisputes: {window: 7d}"})
    with pytest.raises(DisputeRefused, match="nothing was billed to redriver"):
        await open_dispute(store, claim(reason="other", buyer="redriver"), "redriver", START)
    with pytest.raises(DisputeRefused, match="could be disputed for 7d"):
        await open_dispute(store, claim(reason="other"), "lonestar", START + 8 * DAY_MS)
    await open_dispute(store, claim(reason="other"), "lonestar", START + 7 * DAY_MS)
    with pytest.raises(DisputeRefused, match="dispute 1 .* is open; decide it first"):
        await open_dispute(store, claim(reason="too_short"), "lonestar", START)


@pytest.mark.parametrize(
    ("decision", "state", "revenue", "payout"),
    [
        (("accept", None, None), "accepted", 0, 30_000_000),
        (("accept", None, 0), "accepted", 0, 0),
        (("reject", None, None), "rejected", 45_000_000, 30_000_000),
        (("amount", 20_000_000, 10_000_000), "partly", 20_000_000, 10_000_000),
    ],
)
async def test_a_decision_corrects_the_bill_and_is_made_once(
    store: Store, decision: tuple[str, int | None, int | None], state: str, revenue: int, payout: int
) -> None:
    await kept_call(store)
    await open_dispute(store, claim(reason="other"), "lonestar", START)
    decided = await store.decide_dispute(1, decision_of(*decision, "listened to it", "desk"))
    assert (decided.state, decided.amount_micros, decided.decided_by) == (state, revenue, "desk")
    view = await store.call("call-1")
    assert view is not None
    assert standing_micros(view.ledger, "revenue", "lonestar") == revenue
    assert standing_micros(view.ledger, "payout", "lonestar") == payout
    (shown,) = show_json(view)["disputes"]  # type: ignore[misc]
    assert (shown["state"], shown["why"]) == (state, "listened to it")  # type: ignore[index, call-overload]
    with pytest.raises(DisputeRefused, match=f"was already {state} by desk"):
        await store.decide_dispute(1, decision_of("accept", None, None, "", "desk"))
    assert all(check.holds for check in await store.verify_ledger())


async def test_a_part_is_less_than_what_stands(store: Store) -> None:
    await kept_call(store)
    await open_dispute(store, claim(reason="other"), "lonestar", START)
    with pytest.raises(DisputeRefused, match="between 0.00 and the bill"):
        await store.decide_dispute(1, decision_of("amount", 45_000_000, None, "", "desk"))
    with pytest.raises(DisputeRefused, match="dispute 9 doesn't exist"):
        await store.decide_dispute(9, decision_of("accept", None, None, "", "desk"))


async def test_a_rejection_without_words_has_the_evidences(store: Store) -> None:
    await kept_call(store)
    await open_dispute(store, claim("zip.state == 'TX'"), "lonestar", START)
    decided = await store.decide_dispute(1, decision_of("reject", None, None, "", "desk"))
    assert decided.why == ""
    reason = why_decided(decided)
    assert reason is not None
    assert reason.endswith("was true: zip was keyed, at ask_zip.")
    other = await open_dispute(store, claim(reason="other"), "lonestar", START)
    assert other.dispute == 2  # another matter


async def test_a_payout_that_stands_already_keeps_no_decision_from_being_made(store: Store) -> None:
    await kept_call(store)
    await open_dispute(store, claim(reason="other"), "lonestar", START)
    decided = await store.decide_dispute(1, decision_of("accept", None, 30_000_000, "goodwill", "desk"))
    assert decided.state == "accepted"
    view = await store.call("call-1")
    assert view is not None
    assert [entry.amount_micros for entry in view.ledger] == [45_000_000, 30_000_000, -45_000_000]


async def test_two_who_decide_at_once_decide_once(store: Store) -> None:
    await kept_call(store)
    await open_dispute(store, claim(reason="other"), "lonestar", START)
    decisions = [decision_of(word, None, None, "so", by) for word, by in (("accept", "a"), ("reject", "b"))]
    made = await asyncio.gather(
        *(store.decide_dispute(1, decision) for decision in decisions), return_exceptions=True
    )
    (refused,) = [each for each in made if isinstance(each, DisputeRefused)]
    assert "already" in str(refused)
    assert all(check.holds for check in await store.verify_ledger())


async def test_an_answer_that_was_changed_after_the_choice_does_not_uphold_the_bill(store: Store) -> None:
    await kept_call(store, acts=(*ANSWERS, REPAIR), changes=ASKS_AGAIN)
    outcome, amount, sentence = await proposed(store, 'need == "replace"')
    assert (outcome, amount) == ("partly", "22.50")
    then, _, now = sentence.partition("Before the buyer was called, that changed:")
    assert "was true when the buyer was chosen: need was keyed, at ask_need (replace, " in then
    assert "need was keyed, at sure (repair, " in now
    view = await store.call("call-1")
    assert view is not None
    shown = show_json(view)["answers"]["need"]
    assert (shown["value"], [was["value"] for was in shown["earlier"]]) == ("repair", ["replace"])
    assert shown["earlier"][0]["node"] == "ask_need"


async def test_an_answer_that_was_given_again_alike_upholds_it_and_both_are_told(store: Store) -> None:
    await kept_call(store, acts=(*ANSWERS, REPLACE), changes=ASKS_AGAIN)
    outcome, _, sentence = await proposed(store, 'need == "replace"')
    assert outcome == "reject"
    assert "need was keyed, at ask_need (replace, " in sentence
    assert "; given again since: need was keyed, at sure (replace, " in sentence


async def test_a_rejection_moves_no_money_and_no_decision_is_finer_than_a_cent(store: Store) -> None:
    await kept_call(store)
    await open_dispute(store, claim(reason="other"), "lonestar", START)
    with pytest.raises(DisputeRefused, match=r"a rejection keeps the payout as it is, 30\.00"):
        await decide_dispute(store, 1, decision_of("reject", None, 0, "", "desk"))
    with pytest.raises(CorrectionRefused, match=r"can't be 22\.505: that is finer than 0\.01 USD; round it"):
        await decide_dispute(store, 1, decision_of("amount", 22_505_000, None, "", "desk"))
    decided = await decide_dispute(store, 1, decision_of("accept", None, None, "", "desk"))
    assert (decided.amount_micros, decided.payout_micros) == (0, 0)
    view = await store.call("call-1")
    assert view is not None
    assert standing_micros(view.ledger, "payout", "lonestar") == 0
