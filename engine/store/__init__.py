"""What outlives a call: journals, facts, reservations, the ledger. `Store.open` is the way in."""

from engine.exchange.caps import Caps
from engine.store.errors import (
    AmbiguousCall,
    CallLost,
    CorrectionRefused,
    DisputeRefused,
    FlushFailed,
    RowsRefused,
    SealError,
    StoreError,
    StoreMissing,
    UnusableUrl,
)
from engine.store.ledger.chain import ChainCheck
from engine.store.ledger.entries import Correction, PostedEntry
from engine.store.seal import Seal
from engine.store.store import Store
from engine.store.tables.calls import AbandonedCall
from engine.store.tables.pauses import PauseStep
from engine.store.tables.reservations import Granted, Refused, ReservationRequest
from engine.store.views import CallRecord, CallSummary, CallView

__all__ = [
    "AbandonedCall",
    "AmbiguousCall",
    "CallLost",
    "CallRecord",
    "CallSummary",
    "CallView",
    "Caps",
    "ChainCheck",
    "Correction",
    "CorrectionRefused",
    "DisputeRefused",
    "FlushFailed",
    "Granted",
    "PauseStep",
    "PostedEntry",
    "Refused",
    "ReservationRequest",
    "RowsRefused",
    "Seal",
    "SealError",
    "Store",
    "StoreError",
    "StoreMissing",
    "UnusableUrl",
]
