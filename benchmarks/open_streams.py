"""Twilio's streams at a media port that lets everybody in: what is measured is not the proof."""

from __future__ import annotations

from engine.carriers.twilio.stream import TwilioStream
from engine.media.streams import Capabilities, Upgrade


class OpenStreams:
    """A carrier as the media port sees it."""

    name = "twilio"
    capabilities = Capabilities()
    subprotocols: tuple[str, ...] = ()
    streams_announce = False

    def upgrade_holds(self, upgrade: Upgrade, *, is_expected: bool) -> bool:
        return True

    def open_stream(self, upgrade: Upgrade) -> TwilioStream:
        return TwilioStream()
