"""Triggers, rounding, duplicates, the payout's cap and near misses: what terms may say beside a duration."""

from dataclasses import replace

import pytest

from engine.core.events import Contact
from engine.core.facts import AnswerMode
from engine.core.hearing import Hearing
from engine.exchange.caps import PaidCaps
from engine.exchange.terms import DuplicateWindow, Terms
from engine.wording.sentences import clause_text, verdict_sentence
from tests.exchange.exchange_world import FLOW, buyer, call, instant, network, place, talked, terms

DAY_MS = 24 * 3_600_000
NOW = instant("2026-11-23 12:00")
PAYOUT = terms(amount_micros=30_000_000, after_ms=60_000)


def judged(billable: Terms, talk_ms: int = 95_000, *, payout: Terms | None = None, **changes):
    asked = {name: changes.pop(name) for name in ("contacts", "caller") if name in changes}
    made = call(network(buyer("lonestar", billable=billable), payout=payout), **asked)
    made.unpaid.update(changes.pop("unpaid", {}))
    talked(made, "lonestar", talk_ms, **changes)
    (verdict,) = made.revision.market.judge(made.moment)
    return verdict


@pytest.mark.parametrize(
    ("trigger", "reached", "reason"),
    [
        ("answered", {"accepted_at": None, "bridged_at": None}, "billable"),
        ("accepted", {"accepted_at": None, "bridged_at": None}, "not_accepted"),
        ("accepted", {"bridged_at": None}, "billable"),
        ("bridged", {"bridged_at": None}, "not_bridged"),
        ("bridged", {}, "billable"),
    ],
)
def test_a_moment_may_make_the_amount_due(trigger, reached, reason):
    verdict = judged(replace(terms(after_ms=0), trigger=trigger), 0, **reached)
    assert verdict.reason == reason
    assert verdict.clauses[0].outcome is (reason == "billable")
    words = {
        "answered": "the buyer answered",
        "accepted": "the buyer took the call",
        "bridged": "connected to the caller",
    }
    assert clause_text(verdict.clauses[0]) == words[trigger]


def test_a_moment_and_a_duration_contradict_each_other():
    with pytest.raises(ValueError, match="'after' has no effect"):
        replace(terms(after_ms=90_000), trigger="answered")


@pytest.mark.parametrize(
    ("rounding", "bills_at"),
    [
        ("none", {89_000: False, 89_900: False, 90_000: True, 90_100: True}),
        ("up_second", {89_000: False, 89_001: True, 89_900: True, 90_000: True, 90_100: True}),
        ("down_second", {89_900: False, 90_000: True, 90_100: True}),
    ],
)
def test_the_talk_is_rounded_only_as_the_terms_say(rounding, bills_at):
    for talk_ms, bills in bills_at.items():
        verdict = judged(replace(terms(), rounding=rounding), talk_ms)
        assert verdict.billable is bills, talk_ms
        assert verdict.timer.ran_ms == talk_ms


def test_a_rounded_talk_shows_both_figures():
    verdict = judged(replace(terms(), rounding="up_second"), 89_900)
    assert clause_text(verdict.clauses[0]) == "bridged for at least 90s, rounded up to seconds"
    assert verdict.clauses[0].values == {"seconds": 89.9, "rounded": 90}


def lately(days: int, **changes) -> Contact:
    known = Contact("lonestar", NOW - days * DAY_MS, True, "roofing", True, True)
    fields = {name: getattr(known, name) for name in Contact.__struct_fields__}
    return Contact(**{**fields, **changes})


ONCE_A_MONTH = DuplicateWindow(30 * DAY_MS, place(55))


@pytest.mark.parametrize(
    ("contacts", "reason"),
    [
        ((), "billable"),
        ((lately(29),), "duplicate"),
        ((lately(30),), "billable"),
        ((lately(3, billed=False),), "billable"),
        ((lately(3, buyer="redriver"),), "billable"),
        ((lately(40), lately(2, billed=False)), "billable"),
    ],
)
def test_a_caller_who_was_billed_lately_is_not_billed_again(contacts, reason):
    verdict = judged(replace(terms(), duplicates=ONCE_A_MONTH), contacts=contacts)
    assert verdict.reason == reason
    line = verdict.clauses[-1]
    assert (clause_text(line), line.place.at) == (
        "nothing owed for this caller within 30d",
        "network.yaml:55",
    )
    assert line.outcome is (reason == "billable")


def test_without_the_callers_number_a_duplicate_is_unknown_and_nothing_is_owed():
    verdict = judged(replace(terms(), duplicates=ONCE_A_MONTH), caller="")
    assert (verdict.reason, verdict.clauses[-1].outcome) == ("duplicate_unknown", None)


@pytest.mark.parametrize(
    ("contact", "reason"),
    [
        (lately(3, buyer="redriver"), "duplicate"),
        (lately(3, paid=False), "payable"),
        (lately(3, campaign="plumbing"), "payable"),
    ],
)
def test_a_publisher_is_not_paid_again_for_the_same_caller_in_the_campaign(contact, reason):
    payout = replace(PAYOUT, duplicates=ONCE_A_MONTH)
    verdict = judged(terms(), payout=payout, contacts=(contact,))
    assert (verdict.payout_reason, verdict.billable) == (reason, True)


def test_beyond_the_payouts_cap_the_buyer_pays_and_the_publisher_is_not_paid():
    payout = replace(PAYOUT, caps=PaidCaps(day=1))
    verdict = judged(terms(), payout=payout, unpaid={"lonestar": "payout_cap_day"})
    assert (verdict.billable, verdict.payable, verdict.payout_micros) == (True, False, 0)
    assert verdict.payout_reason == "payout_cap"
    assert clause_text(verdict.payout_clauses[-1]) == "under the payout's caps"
    assert verdict.payout_clauses[-1].values == {"full": "payout_cap_day"}
    paid = judged(terms(), payout=payout)
    assert (paid.payout_reason, paid.payout_clauses[-1].outcome) == ("payable", True)


@pytest.mark.parametrize(
    ("talk_ms", "ended_by", "near_miss_by"),
    [
        (79_999, "buyer", ""),
        (80_000, "buyer", "buyer"),
        (89_999, "caller", "caller"),
        (90_000, "buyer", ""),
        (85_000, "error", ""),
    ],
)
def test_a_hang_up_just_below_the_threshold_is_a_near_miss_of_who_hung_up(talk_ms, ended_by, near_miss_by):
    assert judged(terms(), talk_ms, ended_by=ended_by).near_miss_by == near_miss_by


def test_how_near_a_miss_is_may_be_agreed():
    assert judged(replace(terms(), near_miss_ms=30_000), 60_000, ended_by="buyer").near_miss_by == "buyer"


HEARD = Hearing(4_000, 3_800)
EARLY = Hearing(4_000, 150)
AHEAD = Hearing(None, 0, keyed_ahead=True)
AGAIN = Hearing(4_000, 150, heard_before=True)


def judged_on(billable: Terms, mode: AnswerMode = "keys", **hearings: Hearing | None):
    made = call(network(buyer("lonestar", billable=billable)))
    for name, hearing in hearings.items():
        understood = FLOW.answers[name].understand_value({"zip": "78701", "need": "replace"}[name])
        assert understood is not None
        made.learn(name, understood, raw="", mode=mode, hearing=hearing)
    talked(made, "lonestar", 95_000)
    (verdict,) = made.revision.market.judge(made.moment)
    return verdict


ASKS_TO_HEAR = replace(terms(requires=("zip",)), heard="prompt", chosen_by=("zip", "need"))


@pytest.mark.parametrize(
    ("hearing", "outcome"), [(HEARD, True), (AGAIN, True), (EARLY, False), (AHEAD, False), (None, None)]
)
def test_an_answer_that_was_given_before_its_question_was_heard_owes_nothing(hearing, outcome):
    verdict = judged_on(ASKS_TO_HEAR, zip=HEARD, need=hearing)
    assert verdict.reason == ("billable" if outcome else "answer_unheard")
    clauses = {clause.answers: clause for clause in verdict.clauses if clause.kind == "heard"}
    assert {answers: clause.outcome for answers, clause in clauses.items()} == {
        ("zip",): True,
        ("need",): outcome,
    }
    assert judged_on(terms(requires=("zip",)), zip=HEARD, need=hearing).billable


def test_why_nothing_is_owed_says_how_much_was_heard():
    verdict = judged_on(ASKS_TO_HEAR, zip=EARLY)
    assert verdict_sentence(verdict) == "lonestar owes nothing: zip was given 0.15s into its prompt of 4s."
    ahead = judged_on(ASKS_TO_HEAR, zip=AHEAD)
    assert verdict_sentence(ahead) == "lonestar owes nothing: zip was given before its prompt was heard."


def test_what_the_caller_was_not_asked_for_need_not_be_heard():
    assert judged_on(ASKS_TO_HEAR, mode="publisher", zip=None).billable
    assert judged_on(ASKS_TO_HEAR, zip=HEARD).billable  # need was not given: it decided nothing
