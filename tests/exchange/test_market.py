"""What a network says of a number, of the moment of a call and of its buyers."""

from engine.core.market import Market, NumberEntry
from engine.exchange.caps import Caps
from engine.exchange.limits import limits_of
from engine.exchange.market import CALL_VALUE_TYPES, NetworkMarket
from tests.exchange.exchange_world import CALLER, NUMBER, buyer, call, hours, instant, network

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
    western = buyer("western", hours=hours({0: ((0, 1440),)}, "America/Los_Angeles"))
    market = NetworkMarket(network(western, buyer("lonestar")))
    now = instant("2026-11-23 12:00")
    assert market.cap_window_starts("western", now)[1] == instant("2026-11-23 00:00", "America/Los_Angeles")
    assert market.cap_window_starts("lonestar", now)[1] == instant("2026-11-23 00:00", "America/New_York")


def test_a_comparison_counts_caps_in_the_same_windows_as_a_call():
    western = buyer("western", hours=hours({0: ((0, 1440),)}, "America/Los_Angeles"), caps=Caps(day=1))
    market = NetworkMarket(network(western, buyer("lonestar", caps=Caps(hour=1))))
    now = instant("2026-11-23 12:00")
    for key in ("western", "lonestar"):
        (scope,) = limits_of(market.network, key, "roofing", "radio", now)
        starts = (scope.hour_start_ms, scope.day_start_ms, scope.month_start_ms)
        assert starts == market.cap_window_starts(key, now)
