"""Settings that don't go together, and what is told of them."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from engine.runtime.settings import Settings


@pytest.mark.parametrize(
    "given", [{"public_url": "https://calls.example.com"}, {"public_media_url": "wss://calls.example.com"}]
)
def test_unsigned_calls_and_a_public_url_do_not_go_together(given: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="allow_unsigned is for development on this machine"):
        Settings(allow_unsigned=True, **given)  # type: ignore[arg-type]
    assert Settings(allow_unsigned=True, public_url="http://127.0.0.1:8080").allow_unsigned
    assert not Settings(**given).allow_unsigned  # type: ignore[arg-type]


def test_no_password_is_told_of_settings() -> None:
    told = repr(Settings(db="postgresql://ann:s3cret@host/calls", api_token="s3cret"))  # type: ignore[arg-type]
    assert "s3cret" not in told
    with pytest.raises(ValidationError) as raised:
        Settings(public_url="ftp://ann:s3cret@example.com")
    assert "s3cret" not in str([problem["msg"] for problem in raised.value.errors()])
