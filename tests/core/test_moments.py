"""A moment of a call stays as it was, however the call goes on."""

from engine.exchange.carrier_times import verdicts_over
from engine.store.tables.carrier_records import CarrierRecord
from tests.exchange.exchange_world import buyer, call, network, talked


def test_a_moment_does_not_see_what_the_call_learns_later() -> None:
    made = call(network(buyer("lonestar")), zip="78701")
    before = made.moment
    understood = made.flow.answers["need"].understand_value("repair")
    assert understood is not None
    made.learn("need", understood, raw="repair", mode="flow")
    made.tried.add("lonestar")
    made.unpaid["lonestar"] = "payout_cap_day"
    talked(made, "lonestar", 95_000)
    assert "need" not in before.answers
    assert "need" not in before.values
    assert not before.tried
    assert not before.unpaid
    assert not before.legs
    assert made.moment.values["need"] == "repair"


def test_questions_of_one_moment_share_what_was_judged() -> None:
    made = call(network(buyer("lonestar")), zip="78701")
    assert made.moment.evaluator is made.moment.evaluator


def test_a_carriers_time_judges_another_moment_and_leaves_the_call() -> None:
    made = call(network(buyer("lonestar")), zip="78701")
    leg = talked(made, "lonestar", 80_000)
    record = CarrierRecord("c1", leg.leg, "twilio", 120_000, 0)
    market = made.revision.market
    ours, theirs = verdicts_over(market, made.moment), verdicts_over(market, made.moment, [record])
    assert [verdict.billable for verdict in (*ours, *theirs)] == [False, True]
    assert made.legs == {leg.leg: leg}
