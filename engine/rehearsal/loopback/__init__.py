"""The other side of the line: a carrier, callers and buyers to practise with, over real loopback sockets.

Nothing here knows the engine's inside: it is reached at its URLs, as a carrier reaches it.
"""

from engine.rehearsal.loopback.buyers import BuyerPhone
from engine.rehearsal.loopback.callers import Caller
from engine.rehearsal.loopback.calls import PhoneCall
from engine.rehearsal.loopback.carrier import LoopbackCarrier
from engine.rehearsal.loopback.timeline import Complaint, Happening, RehearsalStuck
from engine.rehearsal.loopback.tones import (
    BUYER_HZ,
    CALLER_HZ,
    buyer_voice,
    caller_voice,
    hears_tone,
    keys_heard,
    tone,
)

__all__ = [
    "BUYER_HZ",
    "CALLER_HZ",
    "BuyerPhone",
    "Caller",
    "Complaint",
    "Happening",
    "LoopbackCarrier",
    "PhoneCall",
    "RehearsalStuck",
    "buyer_voice",
    "caller_voice",
    "hears_tone",
    "keys_heard",
    "tone",
]
