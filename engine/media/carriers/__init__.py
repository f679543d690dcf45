"""The carriers whose media streams we speak, one file each. To add one: write its file, name it here."""

from __future__ import annotations

from engine.media.carriers.contract import Capabilities, Carrier, CarrierStream
from engine.media.carriers.twilio import Twilio

CARRIERS: tuple[Carrier, ...] = (Twilio(),)

__all__ = ["CARRIERS", "Capabilities", "Carrier", "CarrierStream", "Twilio"]
