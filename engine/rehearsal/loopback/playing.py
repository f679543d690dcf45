"""The parts that the loopback carrier knows. To add one: write its folder, name it here."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import SecretStr

from engine.rehearsal.loopback.asterisk.part import AsteriskPart
from engine.rehearsal.loopback.bandwidth.part import BandwidthPart
from engine.rehearsal.loopback.exotel.part import ExotelPart
from engine.rehearsal.loopback.genesys.part import GenesysPart
from engine.rehearsal.loopback.jambonz.part import JambonzPart
from engine.rehearsal.loopback.parts import CarrierPart
from engine.rehearsal.loopback.plivo.part import PlivoPart
from engine.rehearsal.loopback.signalwire.part import SignalWirePart
from engine.rehearsal.loopback.telnyx.part import TelnyxPart
from engine.rehearsal.loopback.twilio.part import TwilioPart
from engine.rehearsal.loopback.vonage.part import VonagePart

MAKERS: tuple[type[CarrierPart], ...] = (
    TwilioPart,
    TelnyxPart,
    SignalWirePart,
    PlivoPart,
    AsteriskPart,
    ExotelPart,
    GenesysPart,
    VonagePart,
    BandwidthPart,
    JambonzPart,
)
PARTS: Mapping[str, type[CarrierPart]] = {maker.name: maker for maker in MAKERS}
FIRST = MAKERS[0].name
"""Whom ours plays where nobody says."""


class PartNotSetUp(Exception):
    """The settings of a running engine are not what our part needs; says what to set."""


def part_of(name: str, settings: object) -> CarrierPart:
    """The part with the secrets of a running engine, by the same settings. Raises PartNotSetUp."""
    maker = PARTS[name]
    known = {field: _plain(getattr(settings, field, "")) for field in maker.secrets}
    if not all(known.values()):
        named = " and ".join(f"CORDBOARD_{field.upper()}" for field in maker.secrets)
        raise PartNotSetUp(f"set {named} as the engine has them")
    part = maker.of(known)
    for field, value in part.settings("").items():
        if value and _plain(getattr(settings, field, "")) != value and field not in maker.secrets:
            raise PartNotSetUp(f"start the engine with CORDBOARD_{field.upper()}={value}")
    return part


def _plain(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value or "")
