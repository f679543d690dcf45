"""Carriers that can do less than Twilio, in Twilio's words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.media.carriers import Capabilities, Carrier, CarrierStream, Twilio
from engine.media.carriers.twilio import TwilioStream


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


@dataclass(frozen=True, slots=True)
class Trial:
    """A carrier with these capabilities, at Twilio's address."""

    stream: type[TwilioStream]
    capabilities: Capabilities
    name: str = "trial"
    path: str = field(default=Twilio().path)
    signature_header: str | None = None

    def open_stream(self) -> CarrierStream:
        return self.stream()


def _capabilities(*, has_marks: bool, sends_silence: bool = True) -> Capabilities:
    return Capabilities(
        has_keys=True, has_marks=has_marks, ordered=True, binary_audio=False, sends_silence=sends_silence
    )


TRIALS: Mapping[str, Carrier] = {
    "marks": Twilio(),
    "no marks": Trial(Markless, _capabilities(has_marks=False)),
    "no marks, no clear": Trial(Unclearable, _capabilities(has_marks=False)),
    "no frames in silence": Trial(TwilioStream, _capabilities(has_marks=True, sends_silence=False)),
}
