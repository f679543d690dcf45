"""What carriers' settings have in common."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit


def web_url(value: str) -> str:
    """The URL without a slash at its end; raises ValueError where it is none."""
    if value and urlsplit(value).scheme not in ("http", "https"):
        shown = urlunsplit(urlsplit(value)._replace(netloc=urlsplit(value).hostname or ""))
        raise ValueError(f"found {shown!r}; expected a URL that starts with https://")
    return value.rstrip("/")
