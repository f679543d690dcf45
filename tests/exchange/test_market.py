"""What a network says of a number, of the moment of a call and of its buyers."""

from engine.core.call import Call
from engine.core.commands import Reserve
from engine.core.journal import to_json
from engine.core.limits import PlaceTerms, RefusedDuplicates
from engine.core.market import Market, NumberEntry
from engine.core.records import changed
from engine.exchange.caps import Caps
from engine.exchange.market import CALL_VALUE_TYPES, NetworkMarket
from engine.exchange.terms import Duplicates
from tests.exchange.exchange_world import (
    CALLER,
    NUMBER,
    buyer,
    call,
    candidates,
    hours,
    instant,
    network,
    place,
    terms,
)

TYPES = {"string": str, "int": int}


def test_a_market_is_what_the_machine_asks_for():
    market: Market = NetworkMarket(network(buyer("lonestar")))
    assert market.number_of("lonestar") == "+15550111"


def test_a_number_leads_to_its_campaign_flow_and_publisher():
    market = NetworkMarket(network(buyer("lonestar")))
    assert market.entry(NUMBER) == NumberEntry("roofing", "radio", "roofing")
    assert market.entry("+15559999") is None


def test_the_calls_values_are_told_in_the_networks_zone():
    made = call(network(buyer("lonestar")), at="2026-11-22 23:05")  # an hour later in New York
    values = made.revision.market.values(made.moment)
    assert values == {
        "call.from": CALLER,
        "call.to": NUMBER,
        "call.publisher": "radio",
        "call.campaign": "roofing",
        "call.hour": 0,
        "call.weekday": "mon",
        "call.date": "2026-11-23",
        "call.time": "00:05",
    }
    assert all(type(value) is TYPES[CALL_VALUE_TYPES[name]] for name, value in values.items())
    assert values.keys() == CALL_VALUE_TYPES.keys()


def test_a_withheld_number_is_unknown():
    made = call(network(buyer("lonestar")), caller="")
    assert "call.from" not in made.revision.market.values(made.moment)


def test_caps_count_in_the_zone_of_the_buyers_hours_else_in_the_networks():
    western = buyer("western", hours=hours({0: ((0, 1440),)}, "America/Los_Angeles"), caps=Caps(day=1))
    made = call(network(western, buyer("lonestar", caps=Caps(day=1, total=9))), at="2026-11-23 12:00")
    began = {"western": "America/Los_Angeles", "lonestar": "America/New_York"}
    for key, zone in began.items():
        (scope,) = made.revision.market.place_terms(made.moment, key, "roofing").scopes
        assert scope.starts == {"day": instant("2026-11-23 00:00", zone)}, "and of no window without a limit"


def test_a_place_is_reserved_under_the_terms_of_its_moment():
    refusing = Duplicates(60_000, "refuse", place(9), per="campaign")
    made = call(network(buyer("lonestar", duplicates=refusing), payout=terms(amount_micros=30_000_000)))
    found = made.revision.market.place_terms(made.moment, "lonestar", "roofing")
    assert found == PlaceTerms((), 30_000_000, RefusedDuplicates(60_000, "connected", "campaign"))


def reserved(made: Call) -> Reserve:
    """What is commanded for a place with the only buyer."""
    (candidate,) = candidates(made).values()
    made.reserve(candidate, "roofing").send(None)
    command = made.commands[-1]
    assert isinstance(command, Reserve)
    return command


def test_a_reservation_tells_its_terms_in_few_words():
    made = call(network(buyer("lonestar", caps=Caps(day=40))), zip="78701")
    since = instant("2026-11-23 00:00", "America/New_York")
    assert to_json(reserved(made))["terms"] == {
        "scopes": [
            {
                "kind": "buyer",
                "who": "lonestar",
                "limits": [["cap_day", "calls", "day", 40]],
                "starts": {"day": since},
            }
        ],
        "payout_micros": 0,
        "refuses": None,
    }


def test_a_call_of_an_earlier_behaviour_reserves_without_terms():
    made = call(network(buyer("lonestar", caps=Caps(day=40))), zip="78701")
    made.arrived = changed(made.arrived, behaviour=1)
    assert reserved(made).terms is None
