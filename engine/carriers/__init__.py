"""The carriers that we speak, a folder each. To add one: write its folder, name it here."""

from __future__ import annotations

from engine.carriers.asterisk.account import Asterisk
from engine.carriers.bandwidth.account import Bandwidth
from engine.carriers.browser.account import Browser
from engine.carriers.contract import Carrier
from engine.carriers.exotel.account import Exotel
from engine.carriers.genesys.account import Genesys
from engine.carriers.jambonz.account import Jambonz
from engine.carriers.plivo.account import Plivo
from engine.carriers.signalwire.account import SignalWire
from engine.carriers.telnyx.account import Telnyx
from engine.carriers.twilio.account import Twilio
from engine.carriers.vonage.account import Vonage

CARRIERS: tuple[Carrier, ...] = (
    Twilio(),
    Telnyx(),
    SignalWire(),
    Plivo(),
    Asterisk(),
    Exotel(),
    Genesys(),
    Vonage(),
    Bandwidth(),
    Jambonz(),
    Browser(),
)
BY_NAME = {carrier.name: carrier for carrier in CARRIERS}

__all__ = ["BY_NAME", "CARRIERS"]
