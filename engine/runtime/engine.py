"""The engine: one worker that takes calls. Open it (`engine.web.serving`), and it runs until it is closed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Protocol, Self

from engine.accounts.rejudging import read_carrier_records
from engine.carriers import CARRIERS
from engine.carriers.contract import Carrier
from engine.core.events import CALLER
from engine.core.printable import printable
from engine.media.line import Line
from engine.media.prompts import Progress
from engine.media.server import MediaServer
from engine.media.synthesiser import Synthesiser
from engine.media.tokens import StreamGrant, StreamTokens
from engine.runtime.addresses import Addresses
from engine.runtime.arrivals import Arrivals
from engine.runtime.beginnings import Beginnings
from engine.runtime.calls import LiveCall
from engine.runtime.clock import Clock
from engine.runtime.comebacks import Comebacks, Strays
from engine.runtime.descriptors import media_limits, open_files
from engine.runtime.dialler import Dialler
from engine.runtime.joined_calls import JoinedCalls
from engine.runtime.legs.ears import SpeechHearing
from engine.runtime.legs.telephone import Switchboard
from engine.runtime.legs.vendor_voices import EngineVoices
from engine.runtime.lost_legs import LostLegs
from engine.runtime.metrics import Metrics
from engine.runtime.outward.bid_releases import BidReleases
from engine.runtime.outward.lookups import Lookups
from engine.runtime.outward.models import Models
from engine.runtime.outward.pinging import Pinging
from engine.runtime.outward.requests import Outward, Secrets
from engine.runtime.outward.webhooks import WebhooksOut
from engine.runtime.publishing import InService, put_in_service
from engine.runtime.reception import Reception
from engine.runtime.recordings import Recordings
from engine.runtime.recovery import close_abandoned
from engine.runtime.retention import RetentionRounds
from engine.runtime.settings import Settings, address
from engine.runtime.surveys import Surveys
from engine.runtime.world import Watcher, World
from engine.store.seal import Seal
from engine.store.store import Store

log = logging.getLogger("cordboard.engine")


class Front(Protocol):
    """The HTTP side of an engine, built above it: listens from `start` until `close`."""

    port: int

    async def start(self, host: str, port: int) -> None: ...

    async def close(self) -> None: ...


class Engine:
    """Everything that serves calls in one process. Made by `open`."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        store: Store,
        voice: Synthesiser | None,
        front: Callable[[Engine], Front],
        *,
        carriers: Sequence[Carrier] = CARRIERS,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.store = store
        self.metrics = Metrics()
        self.calls: dict[str, LiveCall] = {}
        self._joined = JoinedCalls()
        self.tokens = StreamTokens()
        self.arrivals = Arrivals(self.tokens, clock.now_s, settings.stream_timeout_s)
        self.secrets = Secrets(os.environ)
        self._beginnings = Beginnings(store, clock, self.secrets)
        self.comebacks = Comebacks(
            self.calls,
            self.arrivals,
            self.tokens,
            store,
            clock,
            self._beginnings,
            settings.stream_timeout_s,
            settings.return_wait_s > 0,
        )
        self._strays = Strays(store, clock)
        self.is_draining = False
        self.published: InService | None = None
        self._voices = EngineVoices(voice, settings)
        self.library = self._voices.library
        self.recordings = Recordings(store, settings.recordings_folder, clock)
        self._addresses = Addresses(settings, lambda: self.web.port, lambda: self.media.port)
        self.reception = Reception(
            self.calls,
            self.arrivals,
            self.tokens,
            store,
            clock,
            self._beginnings,
            self.comebacks,
            self._strays,
            self.metrics,
            self._addresses,
            settings.allow_unsigned,
            lambda: self.has_room,
            lambda: self.published,
            lambda: None if self._world is None else self._world.telephone,
        )
        self.carriers = {
            carrier.name: carrier.open(settings, self.reception.door(carrier.name)) for carrier in carriers
        }
        self.dialler = Dialler(self.carriers, lambda: self.published)
        self.media = MediaServer(
            self.tokens,
            self._on_line,
            carriers=list(self.carriers.values()),
            on_announced=self.reception.announced,
            limits=media_limits(settings, open_files()),
            clock=clock.now_s,
            counts_refusal=self.metrics.sockets_refused.inc,
            speed=clock.speed,
        )
        self.rounds = RetentionRounds.of(store, clock, settings, self.library, self.calls)
        self.web = front(self)
        self._running: list[asyncio.Task[None]] = []  # from the start to the end
        self._outward: Outward | None = None
        self._models: Models | None = None
        self._releases: BidReleases | None = None
        self._webhooks_out: WebhooksOut | None = None
        self._world: World | None = None
        self.speech: SpeechHearing | None = None
        self._watchers: list[Watcher] = []
        self._finishing: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(
        cls,
        settings: Settings,
        folder: Path,
        *,
        front: Callable[[Engine], Front],
        clock: Clock | None = None,
        on_progress: Progress | None = None,
        voice: Synthesiser | None = None,
        carriers: Sequence[Carrier] = CARRIERS,
    ) -> Self:
        """Publish the folder, close what an earlier life left open, listen on both ports.

        Raises NotPublishableError, VoiceFailed, StoreError or OSError (a port in use), with nothing left
        running.
        """
        clock = clock or Clock()
        key = settings.journal_key.get_secret_value() if settings.journal_key else None
        store = await Store.open(
            settings.db,
            settings.worker,
            clock.now_ms,
            lease_ms=settings.lease_ms,
            seal=Seal(Path(), key) if key else None,
        )
        engine = cls(settings, clock, store, voice, front, carriers=carriers)
        try:
            await engine._start(folder, on_progress)
        except BaseException:
            await engine.close()
            raise
        return engine

    async def _start(self, folder: Path, on_progress: Progress | None) -> None:
        self.published = await put_in_service(folder, self.store, self.library, on_progress)
        self._tell_missing_carriers(self.published)
        self._outward = Outward(self.clock, self.secrets)
        self._releases = BidReleases(self._outward)
        self._models = await Models.open(self.settings.models, self.secrets, self.clock)
        self._models.tell_missing(self.published.market.network.models)
        if closed := await self._close_abandoned():
            log.warning("%d calls of an earlier life were closed", closed)
        await self.recordings.recover()
        self.speech = await SpeechHearing.open(self.settings, self.published.revision.flows.values())
        await self.media.start(*address(self.settings.media))
        await self.web.start(*address(self.settings.http))
        settings = self.settings
        telephone = Switchboard(self.carriers, self.tokens, self.clock, self._addresses.stream_url)
        self._world = World(
            self.store,
            self.library,
            telephone,
            self.speech,
            self.clock,
            settings.lease_ms,
            Pinging(self._outward),
            self._releases,
            Lookups(self._outward),
            self._models,
            self._outward,
            Surveys(self.store, self.clock),
            self._watchers,
            self.recordings,
            round(settings.return_wait_s * 1000),
            self.dialler.by,
        )
        self._joined.go_on(self._world, self._look_after)
        self._strays.end_left(telephone)
        self._webhooks_out = WebhooksOut(self.store.outbox, self.clock, self.secrets)
        await self._webhooks_out.start(self.published.market.network.webhooks)
        self._run(self._keep_house(), "housekeeping")
        self._run(self.rounds.run(lambda: self.published), "retention")
        self._run(LostLegs(self.store, self.carriers, self.clock).run(), "lost-legs")
        flows = self.published.revision.flows.values()
        await self._voices.warm_up([each.language for flow in flows for each in flow.in_all])

    def _run(self, work: Coroutine[None, None, None], name: str) -> None:
        self._running.append(asyncio.create_task(work, name=f"cordboard-{name}"))

    async def _close_abandoned(self) -> int:
        assert self._releases is not None
        now_ms = self.clock.now_ms()
        told = (self.calls.__contains__, self._releases.tell, self._strays.leave)
        closed = await close_abandoned(self.store, now_ms, *told, go_on=self._joined.found)
        if self._world is not None:
            self._joined.go_on(self._world, self._look_after)
            self._strays.end_left(self._world.telephone)
        return closed

    def watch(self, watcher: Watcher) -> None:
        """Be told of every event of every call and of what it led to."""
        self._watchers.append(watcher)

    # Where we are reached

    def _tell_missing_carriers(self, published: InService) -> None:
        network = published.market.network
        named = {number.carrier for number in network.numbers.values()}
        named |= {buyer.carrier for buyer in network.buyers.values()}
        for name in sorted(named - {""}):
            account = self.carriers.get(name)
            if account is None or not account.is_set_up:
                what = "isn't set up" if account is not None else "is none that this engine speaks"
                log.warning("the network names the carrier %s, which %s", printable(name), what)

    @property
    def http_address(self) -> str:
        return self._addresses.http

    @property
    def media_address(self) -> str:
        return self._addresses.media

    @property
    def public_url(self) -> str:
        return self._addresses.public_url

    # Calls

    @property
    def has_room(self) -> bool:
        """Whether another call is taken: not while we end, and not while the database cannot keep it."""
        is_open = not self.is_draining and not self.store.is_behind
        return is_open and len(self.calls) + len(self.arrivals) < self.settings.max_calls

    async def _on_line(self, grant: StreamGrant, line: Line) -> None:
        live = self.calls.get(grant.call)
        if grant.leg == CALLER and live is None:
            await self._take_call(grant, line)
            return
        if grant.leg == CALLER and live is not None:
            is_waited_for = live.caller.take_back(line)
        else:
            leg = live.legs.get(grant.leg) if live is not None else None
            is_waited_for = leg is not None and leg.attach(line)
        if not is_waited_for:
            log.warning("call %s: nobody waits for its leg %s any more", grant.call, grant.leg)
            await line.close()

    async def _take_call(self, grant: StreamGrant, line: Line) -> None:
        arrival = self.arrivals.take(grant.call)
        if arrival is None or self._world is None or self.published is None:
            log.warning("call %s: its stream came too late", grant.call)
            await line.close()
            return
        if not await self._beginnings.take(arrival):
            log.warning("call %s: another worker has %s", grant.call, arrival.carrier_call)
            await line.close()
            return
        hears = self._world.hearing is not None
        arrived = await self._beginnings.arrived(self.published, arrival, hears=hears)
        live = LiveCall(self._world, self.published, line, arrival.call_token, arrival.returns)
        self.metrics.started.inc()
        self._look_after(arrival.call, live)
        try:
            live.begin(arrived)
        except Exception as error:
            log.exception("call %s could not begin", arrival.call)
            live.fail(error)

    def _look_after(self, call: str, live: LiveCall) -> None:
        self.calls[call] = live
        self.metrics.in_progress.inc()
        task = asyncio.create_task(self._see_off(call, live))
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)

    async def _see_off(self, call: str, live: LiveCall) -> None:
        await live.finished
        del self.calls[call]
        self.metrics.in_progress.dec()
        self.metrics.ended.inc()
        log.info("call %s ended", call)

    # Housekeeping and the end

    async def _keep_house(self) -> None:
        """Renew leases, forget late arrivals, close what other workers left open."""
        every_ms = max(250, min(self.settings.lease_ms // 4, 2_000))
        unreadable: set[tuple[str, str]] = set()  # carriers' records, to this worker
        while True:
            await self.clock.sleep(every_ms)
            late = self.arrivals.forget_late()
            try:
                await self._beginnings.keep_gone(self.published, late, "no_stream")
                now_ms = self.clock.now_ms()
                if self.calls:
                    await self.store.renew(list(self.calls), now_ms + self.settings.lease_ms)
                if await self._close_abandoned():
                    await self.recordings.recover()
                await read_carrier_records(self.store, unreadable)
            except Exception:
                log.exception("housekeeping failed; it is tried again")

    async def drain(self) -> None:
        """Take no more calls and give the running ones `drain_s` to end."""
        self.is_draining = True
        if self._finishing:
            await asyncio.wait(self._finishing, timeout=self.settings.drain_s)

    async def close(self) -> None:
        """End what runs, keep what happened, let go of ports, files and processes."""
        self.is_draining = True
        for live in list(self.calls.values()):
            live.shut_down()
        if self._finishing:
            await asyncio.wait(self._finishing, timeout=15)
        for task in self._running:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self.web.close()
        await self.media.close()
        if self._finishing:  # a call that came in while the others were ended
            await asyncio.wait(self._finishing, timeout=5)
        told = (self._releases, self._outward, self._models, self._webhooks_out)
        for part in (self._strays, *self.carriers.values(), *told, self.speech):
            if part is not None:
                await part.close()
        await self._voices.close()
        await self.recordings.close()
        await self.store.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
