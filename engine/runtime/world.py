"""What every live call shares: the store, the prompts, the telephone network, the clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from engine.core.commands import Command
from engine.core.events import Event
from engine.media.prompts import PromptLibrary
from engine.runtime.clock import Clock
from engine.runtime.legs.ears import HearingService
from engine.runtime.legs.telephone import Telephone
from engine.runtime.outward.bid_releases import BidReleases
from engine.runtime.outward.lookups import Lookups
from engine.runtime.outward.models import Models
from engine.runtime.outward.pinging import Pinging
from engine.runtime.outward.requests import Outward
from engine.runtime.recordings import Recordings
from engine.runtime.surveys import Surveys
from engine.store.store import Store

Watcher = Callable[[str, Event, Sequence[Command]], None]
"""Told of each event of each call with the commands that it led to, after they were journalled."""


@dataclass(frozen=True, slots=True)
class World:
    """What every live call shares."""

    store: Store
    library: PromptLibrary
    telephone: Telephone
    hearing: HearingService | None  # None: callers can only key
    clock: Clock
    lease_ms: int
    pinging: Pinging
    releases: BidReleases
    lookups: Lookups
    models: Models
    outward: Outward
    surveys: Surveys
    watchers: list[Watcher] = field(default_factory=list)
    recordings: Recordings | None = None  # None: nothing is recorded
    return_wait_ms: int = 8_000  # how long a leg whose stream broke is waited for
    dialled_by: Callable[[str], tuple[str, str]] = lambda carrier: (carrier, "")
    """Who dials for callers of this carrier, showing which number; "": the one that was called."""
