"""Did the carrier make this request? Twilio signs the URL and the form with the account's auth token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from twilio.request_validator import RequestValidator

from engine.runtime.settings import LOOPBACK, Settings


class Signatures:
    """Checks X-Twilio-Signature. Without an auth token nothing is signed well enough."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        token = settings.twilio_auth_token.get_secret_value()
        self._validator = RequestValidator(token) if token else None

    def hold(
        self, urls: Sequence[str], form: Mapping[str, str | list[str]], signature: str | None, peer: str
    ) -> bool:
        """Whether one of the URLs under which we may have been asked, with the form, was signed."""
        if self._validator is not None and signature:
            return any(self._validator.validate(url, form, signature) for url in urls)
        return signature is None and self._settings.allow_unsigned and peer in LOOPBACK

    def holds_for_stream(self, urls: Sequence[str], signature: str) -> bool:
        """Of a media socket's upgrade: Twilio signs the stream's URL, without a form."""
        if self._validator is None:
            return self._settings.allow_unsigned
        return any(self._validator.validate(url, {}, signature) for url in urls)
