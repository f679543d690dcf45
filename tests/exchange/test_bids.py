"""Bids: what an answer must be, which prices stand, and how they go into the choice."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.commands import Told
from engine.core.events import Bid
from engine.core.secrecy import Secrecy
from engine.exchange.bid_answers import MalformedError, read_bid, read_confirmation
from engine.exchange.bids import CODE_OF_OUTCOME, Ask, Bidding, BidTerms, refusal
from engine.exchange.codes import CANDIDATE_CODES
from engine.exchange.eligibility import consider
from engine.exchange.tally import tally
from engine.exchange.telling import TellTerms
from engine.understanding.digits import Digits
from engine.wording.sentences import candidate_sentence, clause_text, verdict_sentence
from tests.exchange.exchange_world import (
    FLOW,
    IN_TEXAS,
    WANTS_NEW,
    buyer,
    call,
    equals,
    network,
    talked,
    terms,
)

PING = Ask("https://bids.example.com/ping")


def bidder(key, accepts=IN_TEXAS, **bid):
    return buyer(key, accepts, bid=BidTerms(PING, **bid), billable=terms(amount_micros=0))


def bidding_call(*buyers, bidding=None, **answers):
    field = network(*buyers)
    if bidding is not None:
        field = replace(field, campaigns={"roofing": replace(field.campaigns["roofing"], bidding=bidding)})
    return call(field, **(answers or {"zip": "78701", "need": "repair"}))


def chosen(made, *bids):
    made.bids = {bid.buyer: bid for bid in bids}
    return {told.buyer: told for told in made.revision.market.choose(made.moment, "roofing").candidates}


def dollars(buyer, amount, **more):
    return Bid(buyer, "bid", amount * 1_000_000, 120, **more)


@pytest.mark.parametrize(
    ("body", "micros"),
    [
        (b'{"bid": "31.50"}', 31_500_000),
        (b'{"bid": 31.5, "anything": ["else"]}', 31_500_000),
        (b'{"bid": 0, "reason": "no agents"}', 0),
        (b'{"bid": 0.1}', 100_000),
        (b'{"bid": "0.000001"}', 1),
        (b'{"bid": 31.500000000000}', 31_500_000),
        (b'{"bid": 999999.999999}', 999_999_999_999),
        (b'{"bid": 2, "expires_in": 30.0}', 2_000_000),
    ],
)
def test_amounts_are_read_exactly_and_what_is_unknown_is_passed_over(body, micros):
    assert read_bid(body).amount_micros == micros


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"31.50", "Expected `object`"),
        (b"{}", "`bid`"),
        (b'{"bid": "a lot"}', "bid: found a lot"),
        (b'{"bid": -1}', "expected an amount from 0"),
        (b'{"bid": "-0.01"}', "expected an amount from 0"),
        (b'{"bid": "NaN"}', "expected an amount, as in 31.50"),
        (b'{"bid": NaN}', "found NaN"),
        (b'{"bid": -Infinity}', "found -Infinity"),
        (b'{"bid": 1e309}', "expected an amount, as in 31.50"),
        (b'{"bid": 1e-99999999999999999999999}', "expected an amount, as in 31.50"),
        (b'{"bid": 1000000}', "expected an amount from 0"),
        (b'{"bid": ' + b"9" * 6000 + b"}", "digits"),
        (b'{"bid": "1.0000001"}', "6 digits"),
        (b'{"bid": 1.' + b"0" * 28 + b"1}", "6 digits"),
        (b'{"bid": "1_000"}', "bid: found 1_000"),
        (b'{"bid": " 5 "}', "bid: found  5 "),
        ('{"bid": "٣"}'.encode(), "bid: found ٣"),
        (b'{"bid": true}', "bid: found true"),
        (b'{"bid": [1]}', "expected an amount"),
        (b'{"bid": 1, "bid": 2}', "bid: found twice"),
        (b'{"bid": 1, "more": {"x": 1, "x": 1}}', "x: found twice"),
        (b'{"bid": 1, "to": "555"}', "$.to"),
        (b'{"bid": 1, "to": "+15550111\\n"}', "$.to"),
        (b'{"bid": 1, "expires_in": -3}', "$.expires_in"),
        (b'{"bid": 1, "expires_in": 2.5}', "$.expires_in"),
        (b'{"bid": 1, "more": ' + b"[" * 60_000, "nested too deeply"),
        (b'{"bid": 1', "Expecting"),
        (b"\xff\xfe", "."),
    ],
)
def test_what_is_no_bid_says_which_field_is_wrong(body, said):
    with pytest.raises(MalformedError, match=said.replace("$", r"\$")):
        read_bid(body)


@given(st.binary(max_size=200))
def test_nothing_that_a_bidder_sends_breaks_the_reading(body):
    for read in (read_bid, read_confirmation):
        try:
            read(body)
        except MalformedError:
            continue


def test_only_the_eligible_are_asked_and_only_for_what_they_may_know():
    made = bidding_call(
        bidder("texan", sends=("zip.state", "need", "ssn", "insured")),
        bidder("okie", equals("zip.state", "OK")),
        buyer("fixed"),
        zip="78701",
        need="repair",
        ssn="4242",
    )
    (asked,) = made.revision.market.bidders(made.moment, "roofing")
    assert (asked.buyer, asked.url, asked.timeout_ms) == ("texan", PING.url, 800)
    assert asked.answers == {"zip.state": "TX", "need": "repair"}, "no sensitive answer, none that is unknown"


def test_a_sensitive_answer_of_a_subflow_is_told_to_nobody():
    flow = replace(FLOW, answers={**FLOW.answers, "home.ssn": Digits(length=4, sensitive=True)})
    sends = ("home.ssn", "need")
    told = TellTerms(sends, webhook=Ask("https://b.example/told"))
    made = bidding_call(replace(bidder("b1", None, sends=sends), tell=told), need="repair")
    made.flow, made.secrecy = flow, Secrecy(flow.answers, flow.sensitive, made.arrived)
    made.know({"home.ssn": "1234"})
    [asked] = made.revision.market.bidders(made.moment, "roofing")
    assert asked.answers == {"need": "repair"}
    assert made.revision.market.telling(made.moment, "b1").told == (Told("need", "repair", False),)


def test_nobody_is_asked_twice_in_a_call_unless_its_bid_has_expired():
    made = bidding_call(bidder("slow"), bidder("expired"), bidder("good"))
    made.at = 60_000
    made.bids = {
        "slow": Bid("slow", "late"),
        "expired": dollars("expired", 30, expires_at=59_999),
        "good": dollars("good", 30, expires_at=60_001),
    }
    assert [asked.buyer for asked in made.revision.market.bidders(made.moment, "roofing")] == ["expired"]


def test_the_higher_bid_goes_first_among_equals_and_is_the_price():
    told = chosen(
        bidding_call(bidder("low"), bidder("high"), buyer("fixed")), dollars("low", 30), dollars("high", 60)
    )
    assert sorted(told, key=lambda key: told[key].rank) == ["high", "fixed", "low"]
    assert told["high"].price_micros == 60_000_000
    assert told["high"].bid == dollars("high", 60)
    assert told["fixed"].bid is None


def test_the_higher_of_both_floors_holds():
    made = bidding_call(
        bidder("own", floor_micros=40_000_000),
        bidder("campaigns", floor_micros=10_000_000),
        bidding=Bidding(floor_micros=20_000_000),
    )
    told = chosen(made, dollars("own", 39), dollars("campaigns", 20))
    assert told["own"].code == "bid_below_floor"
    assert candidate_sentence(told["own"]) == "own bid too little: 39.00 is below the floor of 40.00."
    assert told["own"].bid.outcome == "below_floor"
    assert told["campaigns"].rank == 1


def test_a_bid_that_has_expired_does_not_stand():
    made = bidding_call(bidder("late"))
    made.at = 5_000
    told = chosen(made, dollars("late", 30, expires_at=5_000))
    assert told["late"].code == "bid_expired"


@pytest.mark.parametrize("outcome", CODE_OF_OUTCOME)
def test_every_outcome_but_a_bid_refuses_with_its_documented_code_and_sentence(outcome):
    told = chosen(bidding_call(bidder("b")), Bid("b", outcome, detail="so it goes"))
    assert (told["b"].rank, told["b"].eligible) == (None, False)
    assert told["b"].code == CODE_OF_OUTCOME[outcome]
    assert told["b"].code in CANDIDATE_CODES
    if outcome != "below_floor":  # whose sentence names both amounts
        assert candidate_sentence(told["b"]).endswith(": so it goes.")
    assert clause_text(told["b"].clauses[-1]) == "bids a price"
    assert told["b"].clauses[-1].outcome is False


def test_who_refuses_by_its_terms_is_refused_by_these_first():
    made = bidding_call(bidder("b", WANTS_NEW))
    assert chosen(made, Bid("b", "late"))["b"].code == "terms_not_met"


outcomes = st.sampled_from(("bid", "cached", *CODE_OF_OUTCOME))
bids = st.builds(
    Bid,
    buyer=st.just("b"),
    outcome=outcomes,
    amount_micros=st.integers(0, 50_000_000),
    expires_at=st.none() | st.integers(0, 2_000),
)


@given(bids, st.integers(0, 40_000_000), st.integers(0, 2_000))
def test_judged_together_and_one_by_one_bidders_come_to_the_same(bid, floor_micros, at):
    made = bidding_call(bidder("b"), buyer("fixed"), bidding=Bidding(floor_micros=floor_micros))
    made.at = at
    made.bids = {"b": bid}
    from engine.exchange.choosing import moment_of

    market = made.revision.market
    moment = moment_of(made.moment, market._panels["roofing"], at)
    alone = [consider(prospect, moment) for prospect in moment.panel.prospects]
    together = tally(moment)
    assert together.counts().get("eligible", 0) == sum(each.runner is not None for each in alone)
    assert {each.code for each in alone if each.runner is None} == set(together.refused)
    assert (alone[0].runner is None) == (refusal(moment.bids["b"], at, 0) is not None)


def test_a_bidder_owes_what_it_bid():
    made = call(network(bidder("b")), zip="78701")
    talked(made, "b", 95_000, price_micros=31_500_000)
    (verdict,) = made.revision.market.judge(made.moment)
    assert (verdict.revenue_micros, verdict_sentence(verdict)) == (
        31_500_000,
        "b owes 31.50 USD: bridged for 95s.",
    )


def test_what_a_bidder_gives_as_its_reason_cannot_move_an_operators_terminal():
    assert read_bid(b'{"bid": 0, "reason": "no\\u001b[2Jagents\\n"}').reason == "no [2Jagents "
