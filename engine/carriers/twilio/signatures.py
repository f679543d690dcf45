"""Did the carrier make this request?

Twilio signs the URL that it asks for, followed by the form's fields: sorted, each name with its value, and a
value that comes twice once. The signature is an HMAC in base64. It is SHA-1 by the account's auth token, or,
where one of its webhook rules covers the URL, SHA-256 by that rule's shared key; its length says which.

Source: Twilio, Webhooks security; `request_validator` of its package and `WebhookSignatureValidation.md` of
twilio-node.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from engine.carriers.requests import LOOPBACK, is_here

Fields = Mapping[str, Sequence[str]]
"""A form: each field's values, in the order in which they were sent."""

_SIGNATURE = re.compile(r"[A-Za-z0-9+/]{27}=|[A-Za-z0-9+/]{43}=")  # 20 bytes, 32 bytes
_KINDS = {28: hashlib.sha1, 44: hashlib.sha256}
_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


class Signatures:
    """Checks X-Twilio-Signature, or its like, by every valid secret. Without one nothing is signed well
    enough."""

    def __init__(self, secrets: Iterable[str], *, takes_unsigned: bool) -> None:
        self._allow_unsigned = takes_unsigned
        self._secrets = [secret.encode() for secret in secrets]

    def may_hold(self, signature: str | None, peer: str) -> bool:
        """Whether it is worth reading the request: it could be signed, or need not be."""
        if signature is None:
            return self._allow_unsigned and peer in LOOPBACK
        return bool(self._secrets) and _SIGNATURE.fullmatch(signature) is not None

    def hold(self, urls: Iterable[str], fields: Fields, signature: str | None, peer: str) -> bool:
        """Whether one of the URLs under which we may have been asked, with the form, was signed.

        The last is the one that the request itself names, by its Host header.
        """
        if not self.may_hold(signature, peer):
            return False
        if signature is None:
            return all(is_here(url) for url in list(urls)[-1:])
        return self._is_of(urls, fields, signature)

    def holds_for_stream(self, urls: Iterable[str], signature: str | None, peer: str, host: str) -> bool:
        """Of a media socket's upgrade: Twilio signs the stream's URL, without a form.

        `host` is what the upgrade's Host header says.
        """
        if signature is None or not self._secrets:
            return self._allow_unsigned and peer in LOOPBACK and is_here(f"ws://{host}")
        return _SIGNATURE.fullmatch(signature) is not None and self._is_of(urls, {}, signature)

    def _is_of(self, urls: Iterable[str], fields: Fields, signature: str) -> bool:
        kind = _KINDS[len(signature)]
        said = "".join(
            name + value for name in sorted(fields) for value in sorted(set(fields[name]))
        ).encode()
        given = signature.encode()
        return any(
            hmac.compare_digest(base64.b64encode(hmac.digest(secret, url.encode() + said, kind)), given)
            for url in dict.fromkeys(form for each in urls for form in _with_and_without_port(each))
            for secret in self._secrets
        )


def _with_and_without_port(url: str) -> Iterator[str]:
    """The URL as it is, and as the carrier may have written it: it is not of one mind about the port."""
    yield url
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.netloc
    except ValueError:
        return  # a Host that is none
    if port is not None:
        yield parts._replace(netloc=host.rpartition(":")[0]).geturl()
    elif parts.scheme in _PORTS:
        yield parts._replace(netloc=f"{host}:{_PORTS[parts.scheme]}").geturl()
