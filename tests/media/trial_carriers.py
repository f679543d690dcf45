"""Carriers that can do less than Twilio, in Twilio's words."""

from __future__ import annotations

from collections.abc import Mapping

from engine.carriers.twilio.stream import TwilioStream
from engine.media.streams import Capabilities
from tests.media.media_world import TwilioStreams


class Markless(TwilioStream):
    """It returns no marks, and takes none."""

    __slots__ = ()

    def mark(self, name: str) -> None:  # type: ignore[override]
        return None


class Unclearable(Markless):
    """Nor can its player be emptied."""

    __slots__ = ()

    def clear(self) -> None:  # type: ignore[override]
        return None


TRIALS: Mapping[str, TwilioStreams] = {
    "marks": TwilioStreams(),
    "no marks": TwilioStreams(stream=Markless, capabilities=Capabilities(marks="none")),
    "no marks, no clear": TwilioStreams(stream=Unclearable, capabilities=Capabilities(marks="none")),
    "no frames in silence": TwilioStreams(capabilities=Capabilities(sends_silence=False)),
}
