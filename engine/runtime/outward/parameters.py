"""What a publisher sends along with a call, believed only where the publisher signed it.

Parameters come in the query of the voice webhook (`?zip=78701&need=repair&signature=…`) or as SIP headers
(`X-Cordboard-Zip: 78701`), where the carrier hands them on. `signature` is
`t=1795000000,v1=…`: v1 is the hex HMAC-SHA256, by the publisher's secret, of `t`, a full stop, the called
number, a full stop, and the other parameters as `name=value`, URL-encoded, sorted and joined by `&`. It
holds for ten minutes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from engine.core.outside_text import is_keepable
from engine.exchange.terms import Network
from engine.runtime.outward.requests import SecretMissingError, Secrets

SIP_HEADER = "x-cordboard-"
SIGNATURE = "signature"
FRESH_S = 600
MOST = 30
LONGEST = 500

_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


def collected(query: Mapping[str, str], sip_headers: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a webhook: of its query and of the call's SIP headers, by lower-case name."""
    headers = {
        name.lower().removeprefix(SIP_HEADER): value
        for name, value in sip_headers.items()
        if name.lower().startswith(SIP_HEADER)
    }
    return {_named(name): value for name, value in (*query.items(), *headers.items())}


def believed(
    given: Mapping[str, str], network: Network, called_number: str, secrets: Secrets, now_s: float
) -> tuple[Mapping[str, str], str]:
    """The parameters that the network knows, and why they are ignored, "" where they are not."""
    number = network.numbers.get(called_number)
    publisher = None if number is None else network.publishers.get(number.publisher)
    if publisher is None or publisher.parameters is None:
        return {}, ""  # nobody said what they would mean
    wanted = publisher.parameters.answers
    told = {name: value for name, value in given.items() if name != SIGNATURE}
    if not told.keys() & wanted.keys():
        return {}, ""
    if len(told) > MOST or any(len(value) > LONGEST for value in told.values()):
        return {}, f"more than {MOST} of them, or one longer than {LONGEST} characters"
    if not all(is_keepable(text) for text in (*told, *told.values(), given.get(SIGNATURE, ""))):
        return {}, "one of them holds a NUL or half a character"
    try:
        valid = secrets.valid(publisher.parameters.secret)
    except SecretMissingError as missing:
        return {}, str(missing)
    why = _why_not(given.get(SIGNATURE, ""), told, called_number, valid, now_s)
    return ({}, why) if why else ({name: told[name] for name in told if name in wanted}, "")


def signed(told: Mapping[str, str], called_number: str, secret: str, at_s: int) -> str:
    """The signature that a publisher has to send."""
    canonical = urlencode(sorted((_named(name), value) for name, value in told.items()))
    content = f"{at_s}.{called_number}.{canonical}".encode()
    return f"t={at_s},v1={hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()}"


def _why_not(given: str, told: Mapping[str, str], called: str, valid: Sequence[str], now_s: float) -> str:
    found = _SIGNATURE.fullmatch(given)
    if found is None:
        return "they are not signed" if not given else "the signature is none"
    at_s = int(found[1])
    if not any(hmac.compare_digest(signed(told, called, one, at_s), given) for one in valid):
        return "the signature is invalid"
    if abs(now_s - at_s) > FRESH_S:
        return f"the signature is older than {FRESH_S // 60} minutes"
    return ""


def _named(name: str) -> str:
    return name.lower().replace("-", "_")
