"""Genesys signs each session's upgrade; a signature is good for ten seconds, for one socket, for one address."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

import pytest

from engine.carriers.genesys.signatures import SIGNED, UpgradeSignatures, client_secret
from engine.rehearsal.loopback.genesys.signing import signed_headers

KEY, SECRET = "the-integration's-key", b"s" * 32
NOW = 1_795_000_000.0
TARGET, HOST = "/media/genesys", "calls.example.com"
NAMED = {
    "audiohook-organization-id": "d7934305-0972-4844-938e-9060eef73d05",
    "audiohook-session-id": "30b0e395-84d3-4570-ac13-9a62d8f514c0",
    "audiohook-correlation-id": "e160e428-53e2-487c-977d-96989bf5c99d",
    "x-api-key": KEY,
}


@dataclass
class Door:
    """One verifier, asked as its media port is."""

    checks: UpgradeSignatures = field(default_factory=lambda: UpgradeSignatures(KEY, SECRET))

    def takes(
        self, headers: dict[str, str], *, target: str = TARGET, host: str = HOST, now: float = NOW
    ) -> bool:
        return self.checks.hold((target,), (host,), headers, now)


def signed(
    changes: dict[str, str] | None = None, *, key: str = KEY, secret: bytes = SECRET, at: float = NOW
) -> dict[str, str]:
    """The headers of an upgrade, signed; `changes` are made before."""
    named = {**NAMED, **(changes or {})}
    components = {"@request-target": TARGET, "@authority": HOST, **named}
    proof = signed_headers(key, secret, components, at)
    return {**named, **{name.lower(): value for name, value in proof.items()}}


def test_a_good_signature_holds_once() -> None:
    door, headers = Door(), signed()
    assert door.takes(headers)
    assert not door.takes(headers)
    assert door.takes(signed())


@pytest.mark.parametrize("name", [*NAMED, "signature", "signature-input"])
def test_what_is_spoilt_or_missing_does_not_hold(name: str) -> None:
    headers = signed()
    assert not Door().takes({**headers, name: headers[name].replace("e", "f", 1) + "x"})
    assert not Door().takes({other: value for other, value in headers.items() if other != name})


def test_it_is_for_one_address() -> None:
    assert not Door().takes(signed(), target=f"{TARGET}/other")
    assert not Door().takes(signed(), host="other.example.com")


def test_it_is_by_the_key_and_the_secret_that_we_have() -> None:
    assert not Door().takes(signed(secret=b"t" * 32))
    assert not Door().takes(signed({"x-api-key": "another"}, key="another"))
    assert not Door(UpgradeSignatures("", b"")).takes(signed(secret=b""))


@pytest.mark.parametrize(("age_s", "holds"), [(0, True), (9, True), (14, False), (-2, True), (-5, False)])
def test_an_old_one_does_not_hold_nor_one_of_tomorrow(age_s: int, holds: bool) -> None:
    assert Door().takes(signed(at=NOW - age_s)) is holds


def test_every_component_that_names_the_session_has_to_be_signed() -> None:
    for left_out in SIGNED:
        components = {"@request-target": TARGET, "@authority": HOST, **NAMED}
        del components[left_out]
        proof = signed_headers(KEY, SECRET, components, NOW)
        assert not Door().takes({**NAMED, **{name.lower(): value for name, value in proof.items()}})


@pytest.mark.parametrize(
    "told",
    ["", "sig1=()", 'sig1=("x-api-key")', 'sig1=("x-api-key";sf);created=1', "sig1=" + '("a")' * 900, "\x00"],
)
def test_nonsense_holds_nothing_and_raises_nothing(told: str) -> None:
    assert not Door().takes({**signed(), "signature-input": told})


def test_the_published_example_holds() -> None:
    """Genesys' documentation signs this request with this secret."""
    key = "SGVsbG8sIEkgYW0gdGhlIEFQSSBrZXkh"
    secret = client_secret("TXlTdXBlclNlY3JldEtleVRlbGxOby0xITJAMyM0JDU=")
    names = " ".join(f'"{name}"' for name in ("@request-target", "@authority", *NAMED))
    told = f'({names});keyid="{key}";nonce="VGhpc0lzQVVuaXF1ZU5vbmNl";alg="hmac-sha256"'
    headers = {
        **NAMED,
        "x-api-key": key,
        "signature-input": f"sig1={told};created=1641013200;expires=3282026430",
        "signature": "sig1=:NZBwyBHRRyRoeLqy1IzOa9VYBuI8TgMFt2GRDkDuJh4=:",
    }
    door = Door(UpgradeSignatures(key, secret))
    assert door.takes(
        headers, target="/api/v1/voicebiometrics/ws", host="audiohook.example.com", now=1641013205
    )


def test_a_client_secret_is_base64() -> None:
    assert client_secret(base64.b64encode(SECRET).decode()) == SECRET
    assert client_secret("") == b""
    with pytest.raises(ValueError, match="base64"):
        client_secret("no secret!")
