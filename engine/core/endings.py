"""How a call ended whose caller did not simply hang up, as codes of `Ending`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.core.events import EndedBy

CALLER_GONE: Mapping[str, str] = {
    "disconnected": "stream_lost",
    "malformed": "stream_malformed",
    "failed": "stream_failed",
}
"""How a call ended whose caller did not hang up, by how the caller's stream ended."""

GONE: Mapping[str, tuple[EndedBy, str]] = MappingProxyType(
    {"hung_up": ("caller", "gone_before_stream"), "no_stream": ("error", "stream_never_came")}
)
"""How a call ended whose audio never flowed."""
