"""A publisher's parameters: believed where it signed them lately for this number, else said to be ignored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.exchange.terms import Network, Parameters, Publisher
from engine.runtime.outward.parameters import believed, collected, signed
from engine.runtime.outward.requests import Secrets
from tests.exchange.exchange_world import NUMBER, buyer, network, place

NOW_S = 1_795_000_000
SECRETS = Secrets({"CORDBOARD_SECRET_RADIO": "between us"})
SENT = {"zip": "78701", "need": "repair", "click": "abc & def"}


def radio(secret: str = "RADIO") -> Network:
    publisher = Publisher(
        "radio", "Radio", place(5), parameters=Parameters(secret, {"zip": "zip", "need": "need"})
    )
    return replace(network(buyer("lonestar")), publishers={"radio": publisher})


def judged(given: dict[str, str], secret: str = "RADIO", now_s: float = NOW_S) -> tuple[dict[str, str], str]:
    told, why = believed(given, radio(secret), NUMBER, SECRETS, now_s)
    return dict(told), why


def with_signature(sent: dict[str, str], called: str = NUMBER, secret: str = "between us") -> dict[str, str]:
    return {**sent, "signature": signed(sent, called, secret, NOW_S)}


def test_what_is_signed_is_believed_as_far_as_the_network_knows_it() -> None:
    assert judged(with_signature(SENT)) == ({"zip": "78701", "need": "repair"}, "")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (SENT, "they are not signed"),
        ({**SENT, "signature": "yes"}, "the signature is none"),
        ({**SENT, "signature": f"t=\u0661\u0662,v1={'a' * 64}"}, "the signature is none"),
        ({**with_signature(SENT), "zip": "10001"}, "the signature is invalid"),
        ({**with_signature(SENT), "more": "1"}, "the signature is invalid"),
        (with_signature(SENT, secret="guessed"), "the signature is invalid"),
        (with_signature(SENT, called="+15550199"), "the signature is invalid"),
        ({"zip": "1" * 501}, "more than 30 of them, or one longer than 500 characters"),
    ],
)
def test_all_else_is_ignored_and_said(given: dict[str, str], why: str) -> None:
    assert judged(given) == ({}, why)


@pytest.mark.parametrize(("later_s", "holds"), [(600, True), (601, False), (-600, True), (-601, False)])
def test_a_signature_holds_for_ten_minutes(later_s: int, holds: bool) -> None:
    told, why = judged(with_signature(SENT), now_s=NOW_S + later_s)
    assert bool(told) is holds
    assert bool(why) is not holds


def test_while_a_secret_is_changed_the_one_before_holds_too() -> None:
    changing = Secrets({"CORDBOARD_SECRET_RADIO": "new", "CORDBOARD_SECRET_RADIO_PREVIOUS": "between us"})
    for secret, holds in (("new", True), ("between us", True), ("older", False)):
        told, _ = believed(with_signature(SENT, secret=secret), radio("RADIO"), NUMBER, changing, NOW_S)
        assert bool(told) is holds


def test_a_secret_that_is_not_given_is_named() -> None:
    assert judged(with_signature(SENT), "OTHER")[1].endswith("set CORDBOARD_SECRET_OTHER")


def test_who_sends_nothing_that_is_known_is_not_spoken_of() -> None:
    assert judged({"AccountSid": "AC1"}) == ({}, "")
    assert believed(SENT, network(buyer("lonestar")), NUMBER, SECRETS, NOW_S) == ({}, "")


def test_queries_and_sip_headers_are_collected_by_lower_case_name() -> None:
    headers = {"X-Cordboard-Zip-Code": "78701", "From": "+15125550123", "X-Other": "1"}
    assert collected({"Need": "repair"}, headers) == {"need": "repair", "zip_code": "78701"}
