"""What is keyed once a call is answered, as operators write it behind a number or a SIP address."""

from __future__ import annotations

import pytest

from engine.core.extensions import keying_mistake, parted


@pytest.mark.parametrize(
    ("written", "to", "keys"),
    [
        ("+15550111", "+15550111", ""),
        ("+15550111,,123", "+15550111", ",,123"),
        ("+15550111,1,,42#,,", "+15550111", ",1,,42#,,"),
        ("+15550111x123", "+15550111", ",123"),
        ("+15550111;ext=123", "+15550111", ",123"),
        ("sip:desk@pbx.example.com", "sip:desk@pbx.example.com", ""),
        ("sip:desk@pbx.example.com,7", "sip:desk@pbx.example.com", ",7"),
        ("sip:desk@pbx.example.com;ext=12", "sip:desk@pbx.example.com;ext=12", ""),
        ("sip:x12@pbx.example.com;transport=tls,,9", "sip:x12@pbx.example.com;transport=tls", ",,9"),
    ],
)
def test_the_number_and_its_keys_are_told_apart(written: str, to: str, keys: str) -> None:
    assert parted(written) == (to, keys)
    assert keying_mistake(keys) == ""


@pytest.mark.parametrize(
    ("written", "mistake"),
    [
        ("+15550111,,", "no key follows the comma"),
        ("+15550111;ext=", "no key follows the comma"),
        ("+15550111,12a", "found 'a' among the keys after the answer"),
        ("+15550111x12 3", "found ' ' among the keys after the answer"),
        ("+15550111," + "1" * 33, "found 33 keys after the answer, more than 32"),
        ("+15550111" + "," * 16 + "1", "its commas wait 32 s, more than 30 s"),
    ],
)
def test_what_is_no_keying_is_named(written: str, mistake: str) -> None:
    assert keying_mistake(parted(written)[1]) == mistake
