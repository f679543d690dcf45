"""What a leg is worth: true terms bill, and nothing else; to the millisecond and with every line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.facts import Verdict
from engine.exchange.codes import VERDICT_REASONS
from engine.exchange.terms import Terms
from engine.wording.sentences import clause_text, verdict_sentence
from tests.exchange.exchange_world import (
    IN_TEXAS,
    WANTS_NEW,
    all_of,
    buyer,
    call,
    equals,
    network,
    talked,
    terms,
)

FULL = terms(requires=("zip", "need"), when=all_of(IN_TEXAS, WANTS_NEW))
PAYOUT = terms(amount_micros=30_000_000, after_ms=60_000)
ANSWERS = {"zip": "78701", "need": "replace"}


def verdict(
    billable: Terms,
    talk_ms: int = 95_200,
    *,
    payout: Terms | None = None,
    publisher: str = "radio",
    **changes,
) -> Verdict:
    answers = changes.pop("answers", ANSWERS)
    made = call(network(buyer("lonestar", billable=billable), payout=payout), publisher=publisher, **answers)
    talked(made, "lonestar", talk_ms, **changes)
    (given,) = made.revision.market.judge(made.moment)
    return given


def test_a_bill_tells_amount_timer_and_every_clause_with_its_line():
    given = verdict(FULL)
    assert (given.billable, given.reason, given.revenue_micros) == (True, "billable", 45_000_000)
    assert verdict_sentence(given) == "lonestar owes 45.00 USD: bridged for 95.2s."
    assert (given.timer.counted_from, given.timer.ran_ms, given.timer.needed_ms) == (
        "bridged",
        95_200,
        90_000,
    )
    assert [
        (clause_text(line), line.outcome, line.values, line.answers, line.place.at) for line in given.clauses
    ] == [
        ("bridged for at least 90s", True, {"seconds": 95.2}, (), "network.yaml:52"),
        ("answered: zip", True, {"zip": "78701"}, ("zip",), "network.yaml:53"),
        ("answered: need", True, {"need": "replace"}, ("need",), "network.yaml:53"),
        ('zip.state == "TX"', True, {"zip.state": "TX"}, ("zip",), "network.yaml:41"),
        ('need == "replace"', True, {"need": "replace"}, ("need",), "network.yaml:42"),
    ]


@pytest.mark.parametrize(
    ("talk_ms", "bills"), [(89_900, False), (89_999, False), (90_000, True), (90_100, True)]
)
def test_exactly_the_agreed_duration_bills(talk_ms, bills):
    given = verdict(terms(), talk_ms)
    assert (given.billable, given.revenue_micros) == (bills, 45_000_000 if bills else 0)
    assert given.reason == ("billable" if bills else "below_duration")


def test_the_sentence_of_a_short_call_tells_both_durations():
    assert verdict_sentence(verdict(terms(), 89_900)) == (
        "lonestar owes nothing: bridged for 89.9s, 90s required."
    )


@pytest.mark.parametrize(
    ("timer_from", "ran_ms"), [("answered", 76_000), ("accepted", 72_000), ("bridged", 70_000)]
)
def test_the_duration_counts_from_the_agreed_moment(timer_from, ran_ms):
    given = verdict(terms(timer_from=timer_from), 70_000)
    assert (given.timer.counted_from, given.timer.ran_ms) == (timer_from, ran_ms)
    assert verdict(terms(timer_from=timer_from, after_ms=ran_ms), 70_000).billable
    assert not verdict(terms(timer_from=timer_from, after_ms=ran_ms + 1), 70_000).billable


def test_a_moment_that_never_came_owes_nothing_even_for_no_duration():
    rejected = verdict(terms(after_ms=0), accepted_at=None, bridged_at=None, outcome="rejected")
    assert (rejected.billable, rejected.reason, rejected.timer.ran_ms) == (False, "not_accepted", 0)
    failed = verdict(terms(after_ms=0), bridged_at=None, outcome="failed")
    assert (failed.billable, failed.reason) == (False, "not_bridged")
    assert verdict(terms(after_ms=0), 0).billable


def test_a_missing_answer_owes_nothing_and_is_named():
    given = verdict(FULL, answers={"zip": "78701"})
    assert (given.billable, given.reason) == (False, "answer_missing")
    assert verdict_sentence(given) == "lonestar owes nothing: need was not answered."
    assert [line.outcome for line in given.clauses] == [True, True, False, True, None]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [({"need": "repair"}, "condition_not_met"), ({}, "condition_unknown"), ({"need": "replace"}, "billable")],
)
def test_a_condition_bills_only_where_it_is_true(answers, reason):
    assert verdict(terms(when=WANTS_NEW), answers=answers).reason == reason


def test_a_call_that_the_engine_lost_counts_to_its_last_proof():
    assert verdict(terms(), 40_000, ended_by="error").reason == "interrupted"
    assert verdict(terms(), 90_000, ended_by="error").reason == "billable"


def test_a_sensitive_answer_is_masked_in_the_verdict():
    given = verdict(terms(requires=("ssn",), when=equals("ssn", "9999")), answers={"ssn": "4242"})
    assert given.reason == "condition_not_met"
    assert "4242" not in repr(given)


def test_revenue_and_payout_stand_apart():
    given = verdict(terms(), 75_000, payout=PAYOUT)
    assert (given.billable, given.revenue_micros) == (False, 0)
    assert (given.payable, given.payout_reason, given.payout_micros) == (True, "payable", 30_000_000)
    assert [clause_text(line) for line in given.payout_clauses] == ["bridged for at least 60s"]


@pytest.mark.parametrize(
    ("payout", "publisher", "talk_ms", "reason"),
    [
        (None, "radio", 95_000, "no_payout"),
        (PAYOUT, "", 95_000, "no_publisher"),
        (PAYOUT, "radio", 59_999, "below_duration"),
        (PAYOUT, "radio", 60_000, "payable"),
    ],
)
def test_a_payout_says_why(payout, publisher, talk_ms, reason):
    given = verdict(terms(), talk_ms, payout=payout, publisher=publisher)
    assert given.payout_reason == reason
    assert given.payable is (reason == "payable")
    assert given.payout_micros == (30_000_000 if given.payable else 0)


def test_a_publisher_is_paid_once_a_call_by_the_first_leg_that_holds():
    made = call(network(buyer("lonestar"), buyer("redriver"), payout=PAYOUT))
    talked(made, "lonestar", 10_000)
    talked(made, "redriver", 95_000)
    talked(made, "lonestar", 95_000)
    given = made.revision.market.judge(made.moment)
    assert [each.payout_reason for each in given] == ["below_duration", "payable", "already_paid"]
    assert [each.revenue_micros for each in given] == [0, 45_000_000, 45_000_000]


def test_only_answered_legs_to_buyers_are_judged():
    made = call(network(buyer("lonestar")))
    silent = {"answered_at": None, "accepted_at": None, "bridged_at": None}
    talked(made, "lonestar", 0, outcome="busy", **silent)
    talked(made, None, 95_000)
    assert list(made.revision.market.judge(made.moment)) == []


def test_who_lost_the_race_owes_nothing_whatever_the_timer_runs_from():
    lost = verdict(terms(after_ms=0, timer_from="answered"), payout=PAYOUT, outcome="lost_race")
    assert (lost.billable, lost.reason, lost.payout_reason) == (False, "lost_race", "lost_race")
    assert verdict_sentence(lost) == "lonestar owes nothing: another buyer took the call first."


def test_a_leg_that_failed_for_ours_owes_nothing_whatever_the_timer_runs_from():
    lost = verdict(terms(after_ms=0, timer_from="answered"), payout=PAYOUT, is_ours=True)
    assert (lost.billable, lost.reason, lost.payout_reason) == (False, "failed_for_us", "failed_for_us")


def test_every_reason_is_produced_and_documented():
    given = [
        verdict(terms(), payout=PAYOUT),
        verdict(terms(), outcome="lost_race"),
        verdict(terms(), is_ours=True),
        verdict(terms(), accepted_at=None, bridged_at=None),
        verdict(terms(), outcome="declined", accepted_at=None, bridged_at=None),
        verdict(terms(), outcome="machine", accepted_at=None, bridged_at=None),
        verdict(terms(), bridged_at=None, publisher=""),
        verdict(terms(), 1_000),
        verdict(terms(), 1_000, ended_by="error", payout=PAYOUT, publisher=""),
        verdict(terms(requires=("insured",))),
        verdict(terms(when=equals("need", "repair"))),
        verdict(terms(when=equals("insured", True))),
    ]
    twice = call(network(buyer("lonestar"), payout=PAYOUT))
    talked(twice, "lonestar", 95_000)
    talked(twice, "lonestar", 95_000)
    given += twice.revision.market.judge(twice.moment)
    produced = {each.reason for each in given} | {each.payout_reason for each in given}
    elsewhere = {"duplicate", "duplicate_unknown", "payout_cap", "answer_unheard"}  # test_verdict_terms
    assert produced | elsewhere == set(VERDICT_REASONS)


@given(
    st.integers(0, 200_000),
    st.integers(0, 200_000),
    st.sampled_from(("answered", "accepted", "bridged")),
    st.sets(st.sampled_from(("zip", "need", "insured"))),
    st.fixed_dictionaries(
        {}, optional={"zip": st.just("78701"), "need": st.sampled_from(("repair", "replace"))}
    ),
    st.sampled_from((None, IN_TEXAS, WANTS_NEW, equals("insured", True))),
)
def test_a_bill_stands_exactly_where_every_clause_is_true(
    talk_ms, after_ms, timer_from, required, answers, when
):
    given = verdict(
        terms(after_ms=after_ms, timer_from=timer_from, requires=tuple(sorted(required)), when=when),
        talk_ms,
        answers=answers,
    )
    assert given.billable is all(line.outcome is True for line in given.clauses)
    assert given.revenue_micros == (45_000_000 if given.billable else 0)
    assert given.reason in VERDICT_REASONS
    assert (given.reason == "billable") is given.billable
