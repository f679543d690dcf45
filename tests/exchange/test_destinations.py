"""Which numbers a network dials: its own country's or those it allows, and no costly ones by accident."""

from __future__ import annotations

import pytest

from engine.core.events import Bid, BidConfirmed
from engine.core.records import changed
from engine.exchange.destinations import Destinations, country_of

HOME = Destinations(("US",))


@pytest.mark.parametrize(
    "to",
    [
        "+15550111",
        "+15125550123",
        "+18005550199",
        "sip:calls@pbx.example.com",
        "sip:+15125550123@pbx.example",
    ],
)
def test_the_own_country_is_dialled(to: str) -> None:
    assert HOME.refusal(to) == ""


@pytest.mark.parametrize(
    "to",
    [
        "+442079460000",
        "+5355512345",
        "+18765551234",
        "+18095551234",
        "+12425550123",
        "+14165550123",
        "+999123456",
    ],
)
def test_another_country_is_not_even_one_with_the_same_calling_code(to: str) -> None:
    assert HOME.refusal(to) == f"{to} is outside what the network's dialling.allow lists (US)"


@pytest.mark.parametrize(
    "to", ["+19005551234", "+15005550006", "+447012345678", "+448701234567", "+881612345678", "+979123456789"]
)
def test_what_costs_more_than_a_call_is_not_dialled_for_its_country_or_a_wide_prefix(to: str) -> None:
    wide = Destinations(("US", "GB", "+1", "+44"))
    assert "premium-rate, shared-cost, personal or satellite" in wide.refusal(to)
    assert "premium-rate" in wide.refusal(f"sip:{to}@trunk.example.com")


def test_a_prefix_that_names_the_very_range_allows_it() -> None:
    named = Destinations(("+1900", "+8816", "+4420"))
    assert named.refusal("+19005551234") == ""
    for prefix, number in (("+4470", "+447012345678"), ("+449", "+449012345678"), ("+3389", "+33891123456")):
        assert Destinations((prefix,)).refusal(number) == ""
    for prefix, number in (("+447", "+447012345678"), ("+44", "+449012345678"), ("+19", "+19005551234")):
        assert "premium-rate" in Destinations((prefix,)).refusal(number)
    assert named.refusal("+881612345678") == ""
    assert named.refusal("+442079460000") == ""
    assert named.refusal("+441614960000") != ""
    assert named.refusal("+15125550123") != ""


def test_sip_hosts_are_any_or_those_that_are_listed() -> None:
    listed = Destinations(("US",), ("pbx.example.com",))
    assert listed.refusal("sip:calls@PBX.example.com:5060;transport=tls") == ""
    refused = listed.refusal("sips:calls@elsewhere.example.com")
    assert refused == "SIP host elsewhere.example.com isn't among the network's dialling.sip_hosts"


def test_a_bid_that_wants_the_call_elsewhere_does_not_stand() -> None:
    held = HOME.held(Bid("odd", "bid", 99_000_000, 20, to="+19005551234", name="b-1"))
    assert (held.outcome, held.is_elsewhere, held.to) == ("malformed", True, "")
    assert held.detail.startswith("+19005551234 is a premium-rate")
    good = Bid("good", "cached", 31_000_000, to="+15550299")
    assert HOME.held(good) is good
    silent = Bid("silent", "late")
    assert HOME.held(silent) is silent


def test_a_number_that_is_nobodys_is_the_main_countrys_of_its_code() -> None:
    assert [country_of(number) for number in ("+15550100", "+4420", "+881612345678", "nonsense")] == [
        "US",
        "GB",
        "",
        "",
    ]


def test_a_bidder_that_names_another_number_as_it_confirms_has_not_taken_the_call() -> None:
    said = BidConfirmed(0, "c-1", True, 20, to="+19005551234")
    held = HOME.answered(said)
    assert isinstance(held, BidConfirmed)
    assert (held.accepted, held.to, held.is_clear) == (False, "", False)
    assert held.detail.startswith("+19005551234 is a premium-rate")
    assert HOME.answered(changed(said, to="+15125550123")) == changed(said, to="+15125550123")


@pytest.mark.parametrize(
    "user",
    ["19005551234", "9005551234", "1-900-555-1234", "0019005551234", "01119005551234", "+19005551234;x=y"],
)
def test_a_sip_trunk_dials_no_costly_number_however_it_is_written(user: str) -> None:
    assert "premium-rate" in Destinations().refusal(f"sip:{user}@trunk.example.com")


@pytest.mark.parametrize("user", ["calls", "101", "5125550123", "15125550123", "200300"])
def test_names_extensions_and_own_numbers_are_dialled(user: str) -> None:
    assert Destinations().refusal(f"sip:{user}@pbx.example.com") == ""
