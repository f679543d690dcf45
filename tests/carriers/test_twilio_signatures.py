"""The carrier's signature, made by Twilio's own package, in both of its kinds and by each secret that may be."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest
from twilio.request_validator import RequestValidator

from engine.carriers.twilio.account import TwilioSettings
from engine.carriers.twilio.signatures import Signatures
from engine.runtime.settings import Settings

URL = "https://calls.example.com/carriers/twilio/voice?zip=78701&name=J%C3%B6rg"
FORM = {"CallSid": "CA1", "From": "+15125550123", "To": "+15550100", "Zürich": "", "a": "1"}
FIELDS = {name: [value] for name, value in FORM.items()}
OLD, NEW, SHARED = "the-old-token", "the-new-token", "a-rule's-shared-key"


def signatures(**given: Any) -> Signatures:
    settings = Settings(**{"twilio_auth_token": OLD, **given})
    assert isinstance(settings, TwilioSettings)
    return Signatures(settings.twilio_secrets, takes_unsigned=settings.allow_unsigned)


def by_twilio(secret: str, url: str = URL, algorithm: str = "HMAC_SHA1") -> str:
    return str(RequestValidator(secret).compute_signature(url, FORM, algorithm))


def test_a_signature_of_the_account_holds_and_no_other() -> None:
    checked = signatures()
    assert checked.hold([URL], FIELDS, by_twilio(OLD), "192.0.2.1")
    assert not checked.hold([URL], FIELDS, by_twilio(NEW), "192.0.2.1")
    assert not checked.hold([URL], {**FIELDS, "a": ["2"]}, by_twilio(OLD), "192.0.2.1")
    assert not checked.hold([URL + "&x=1"], FIELDS, by_twilio(OLD), "192.0.2.1")


def test_while_tokens_are_changed_both_hold_for_webhooks_and_streams() -> None:
    checked = signatures(twilio_auth_token=NEW, twilio_auth_token_secondary=OLD)
    stream = "wss://calls.example.com/media/twilio"
    for token in (OLD, NEW):
        assert checked.hold([URL], FIELDS, by_twilio(token), "192.0.2.1")
        assert checked.holds_for_stream(
            [stream], RequestValidator(token).compute_signature(stream, {}), "192.0.2.1", "x"
        )
    assert not checked.hold([URL], FIELDS, by_twilio(SHARED), "192.0.2.1")


def test_a_webhook_rule_signs_with_sha_256_and_its_shared_key() -> None:
    checked = signatures(twilio_shared_keys=f"another, {SHARED}")
    assert checked.hold([URL], FIELDS, by_twilio(SHARED, algorithm="HMAC_SHA256"), "192.0.2.1")
    assert not checked.hold([URL], FIELDS, by_twilio(NEW, algorithm="HMAC_SHA256"), "192.0.2.1")
    assert checked.hold([URL], FIELDS, by_twilio(OLD), "192.0.2.1")


@pytest.mark.parametrize(
    ("signed", "asked"),
    [
        ("https://calls.example.com/voice", "https://calls.example.com:443/voice"),
        ("https://calls.example.com:443/voice", "https://calls.example.com/voice"),
        ("http://calls.example.com:80/voice", "http://calls.example.com/voice"),
        ("https://calls.example.com/voice", "https://calls.example.com:8443/voice"),
        ("wss://calls.example.com/media", "wss://calls.example.com:443/media"),
    ],
)
def test_a_port_may_be_written_or_left_out(signed: str, asked: str) -> None:
    assert signatures().hold([asked], FIELDS, by_twilio(OLD, signed), "192.0.2.1")


def test_a_field_that_comes_twice_is_signed_with_each_of_its_values_once() -> None:
    said = URL + "a1" + "a2" + "bx"
    by_hand = base64.b64encode(hmac.digest(OLD.encode(), said.encode(), hashlib.sha1)).decode()
    assert signatures().hold([URL], {"b": ["x"], "a": ["2", "1", "2"]}, by_hand, "192.0.2.1")


@pytest.mark.parametrize(
    "signature", ["", "bm8=", "²" * 28, "٣" * 44, "é" * 28, "\x1b" * 28, "=" * 28, "A" * 27, "A" * 5000]
)
def test_what_is_no_signature_is_refused_without_reading_the_request(signature: str) -> None:
    checked = signatures()
    assert not checked.may_hold(signature, "192.0.2.1")
    assert not checked.hold([URL], FIELDS, signature, "192.0.2.1")
    assert not checked.holds_for_stream([URL], signature, "127.0.0.1", "localhost")


@pytest.mark.parametrize(
    "url", ["http://[::1/voice", "http://a:b/voice", "http://a:999999/voice", "http:///"]
)
def test_an_address_that_is_none_was_signed_by_nobody(url: str) -> None:
    assert not signatures().hold([url], FIELDS, by_twilio(OLD), "192.0.2.1")


def test_unsigned_requests_are_for_loopback_where_that_is_allowed() -> None:
    here = "http://127.0.0.1:8080/carriers/twilio/voice"
    assert signatures(allow_unsigned=True).hold([URL, here], FIELDS, None, "127.0.0.1")
    assert not signatures(allow_unsigned=True).hold([here, URL], FIELDS, None, "127.0.0.1")
    assert not signatures(allow_unsigned=True).hold([here], FIELDS, None, "192.0.2.1")
    assert not signatures().hold([here], FIELDS, None, "127.0.0.1")
    assert not signatures(twilio_auth_token="").may_hold(by_twilio(OLD), "127.0.0.1")


@pytest.mark.parametrize("signature", [None, "A" * 27 + "=", "no signature"])
def test_unsigned_streams_are_for_loopback_too_whatever_they_say_of_a_signature(
    signature: str | None,
) -> None:
    unsigned = signatures(allow_unsigned=True, twilio_auth_token="")
    for host in ("127.0.0.1:8081", "localhost", "[::1]:8081"):
        assert unsigned.holds_for_stream([URL], signature, "127.0.0.1", host)
    assert not unsigned.holds_for_stream([URL], signature, "192.0.2.1", "localhost")
    for host in ("calls.example.com", "", "[::1", "127.0.0.1.example.com"):
        assert not unsigned.holds_for_stream([URL], signature, "127.0.0.1", host)


def test_a_host_that_is_none_is_not_here() -> None:
    assert not signatures(allow_unsigned=True).hold([URL, "http://[::1/x"], FIELDS, None, "127.0.0.1")
