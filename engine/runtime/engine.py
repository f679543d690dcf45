"""The engine: one worker that takes calls. Open it (`engine.web.serving`), and it runs until it is closed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, Self
from urllib.parse import urlsplit

from engine.accounts.rejudging import read_carrier_records
from engine.core.events import CALLER
from engine.core.phone_numbers import called_number, caller_number
from engine.media.carriers.twilio import STREAM_PATH
from engine.media.line import Line
from engine.media.prompts import Progress
from engine.media.server import MediaServer
from engine.media.synthesiser import Synthesiser
from engine.media.tokens import StreamGrant, StreamTokens
from engine.media.twilio_rest import TwilioRest
from engine.runtime.arrivals import Arrival, Arrivals, new_call_name
from engine.runtime.beginnings import Beginnings
from engine.runtime.calls import LiveCall
from engine.runtime.clock import Clock
from engine.runtime.comebacks import Comebacks, Strays
from engine.runtime.descriptors import media_limits, open_files
from engine.runtime.legs.ears import SpeechHearing
from engine.runtime.legs.telephone import TwilioTelephone
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
from engine.runtime.recordings import Recordings
from engine.runtime.recovery import close_abandoned
from engine.runtime.retention import RetentionRounds
from engine.runtime.settings import LOOPBACK, Settings, address
from engine.runtime.signatures import Signatures
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
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.store = store
        self.metrics = Metrics()
        self.calls: dict[str, LiveCall] = {}
        self.signatures = Signatures(settings)
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
        self.media = MediaServer(
            self.tokens,
            self._on_line,
            signature_holds=self._stream_signature_holds,
            limits=media_limits(settings, open_files()),
            clock=clock.now_s,
            counts_refusal=self.metrics.sockets_refused.inc,
            speed=clock.speed,
        )
        self.rounds = RetentionRounds.of(store, clock, settings, self.library, self.calls)
        self.web = front(self)
        self._keeping: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._retaining: asyncio.Task[None] | None = None
        self._rest: TwilioRest | None = None
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
        engine = cls(settings, clock, store, voice, front)
        try:
            await engine._start(folder, on_progress)
        except BaseException:
            await engine.close()
            raise
        return engine

    async def _start(self, folder: Path, on_progress: Progress | None) -> None:
        self.published = await put_in_service(folder, self.store, self.library, on_progress)
        self._outward = Outward(self.clock, self.secrets)
        self._releases = BidReleases(self._outward)
        self._models = await Models.open(self.settings.models, self.secrets, self.clock)
        self._models.tell_missing(self.published.market.network.models)
        closed = await self._close_abandoned()
        if closed:
            log.warning("%d calls of an earlier life were closed", closed)
        await self.recordings.recover()
        self.speech = await SpeechHearing.open(self.settings, self.published.revision.flows.values())
        await self.media.start(*address(self.settings.media))
        await self.web.start(*address(self.settings.http))
        settings = self.settings
        token = settings.twilio_auth_token.get_secret_value()
        self._rest = TwilioRest(settings.twilio_account_sid, token, base_url=settings.twilio_api_url)
        telephone = TwilioTelephone(
            self._rest, self.tokens, self.clock, self.stream_url, f"{self.public_url}/carriers/twilio"
        )
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
        )
        self._strays.end_left(telephone)
        self._webhooks_out = WebhooksOut(self.store.outbox, self.clock, self.secrets)
        await self._webhooks_out.start(self.published.market.network.webhooks)
        self._keeping = asyncio.create_task(self._keep_house(), name="cordboard-housekeeping")
        retaining = self.rounds.run(lambda: self.published)
        self._retaining = asyncio.create_task(retaining, name="cordboard-retention")
        asking = LostLegs(self.store, self._rest, self.clock)
        self._asking = asyncio.create_task(asking.run(), name="cordboard-lost-legs")
        flows = self.published.revision.flows.values()
        await self._voices.warm_up([each.language for flow in flows for each in flow.in_all])

    async def _close_abandoned(self) -> int:
        assert self._releases is not None
        now_ms = self.clock.now_ms()
        tell, leave = self._releases.tell, self._strays.leave
        closed = await close_abandoned(self.store, now_ms, self.calls.__contains__, tell, leave)
        if self._world is not None:
            self._strays.end_left(self._world.telephone)
        return closed

    def watch(self, watcher: Watcher) -> None:
        """Be told of every event of every call and of what it led to."""
        self._watchers.append(watcher)

    # Where we are reached

    @property
    def http_address(self) -> str:
        return f"{address(self.settings.http)[0]}:{self.web.port}"

    @property
    def media_address(self) -> str:
        return f"{address(self.settings.media)[0]}:{self.media.port}"

    @property
    def public_url(self) -> str:
        return self.settings.public_url or f"http://{self.http_address}"

    @property
    def stream_url(self) -> str:
        """Where carriers open their media streams."""
        if self.settings.public_media_url:
            return f"{self.settings.public_media_url}{STREAM_PATH}"
        public = urlsplit(self.public_url)
        if public.hostname in LOOPBACK:
            return f"ws://{self.media_address}{STREAM_PATH}"
        return f"wss://{public.netloc}{STREAM_PATH}"

    def _stream_signature_holds(self, path: str, signature: str | None, peer: str, host: str) -> bool:
        """Signed as the URL that we gave out, or as what a proxy in front of us makes of it."""
        given = self.stream_url + path.removeprefix(STREAM_PATH)
        plain = given.removesuffix("/")
        asked = [url for one in (given, plain, f"{plain}/") for url in (one, f"http{one.removeprefix('ws')}")]
        return self.signatures.holds_for_stream(list(dict.fromkeys(asked)), signature, peer, host)

    # Calls

    @property
    def has_room(self) -> bool:
        """Whether another call is taken: not while we end, and not while the database cannot keep it."""
        is_open = not self.is_draining and not self.store.is_behind
        return is_open and len(self.calls) + len(self.arrivals) < self.settings.max_calls

    def token_of(self, carrier_call: str, returns: int) -> str | None:
        """The token that was given to this connection of the carrier's call, while it is unused."""
        return self.arrivals.token_of((carrier_call, returns))

    def announce(
        self,
        carrier_call: str,
        caller: str,
        called: str,
        call_token: str,
        parameters: Mapping[str, str],
        *,
        returns: int = 0,
    ) -> str:
        """A call is coming, its numbers as the carrier spells them: the token that its stream has to bring.

        Raises NotANumber.
        """
        numbers = self.published.market.network.numbers if self.published is not None else {}
        to = called_number(called, next(iter(numbers), ""))
        name = new_call_name(self.clock.now_ms())
        whose = (caller_number(caller, to), to)
        arrival = Arrival(name, "twilio", carrier_call, *whose, call_token, parameters, returns=returns)
        return self.arrivals.expect(arrival)

    async def _on_line(self, grant: StreamGrant, line: Line) -> None:
        live = self.calls.get(grant.call)
        if grant.leg == CALLER and live is None:
            await self._take_call(grant, line)
            return
        if grant.leg == CALLER and live is not None:
            if not live.caller.take_back(line):
                log.warning("call %s: nobody waits for its caller any more", grant.call)
                await line.close()
            return
        leg = live.legs.get(grant.leg) if live is not None else None
        if leg is None or not leg.attach(line):
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
        arrived = await self._beginnings.arrived(
            self.published, arrival, hears=self._world.hearing is not None
        )
        live = LiveCall(self._world, self.published, line, arrival.call_token, arrival.returns)
        self.calls[arrival.call] = live
        self.metrics.started.inc()
        self.metrics.in_progress.inc()
        task = asyncio.create_task(self._see_off(arrival.call, live))
        self._finishing.add(task)
        task.add_done_callback(self._finishing.discard)
        try:
            live.begin(arrived)
        except Exception as error:
            log.exception("call %s could not begin", arrival.call)
            live.fail(error)

    async def caller_ended(self, carrier_call: str, duration_ms: int | None) -> None:
        """The carrier says that the caller's call is over, and perhaps how long it lasted."""
        gone = self.arrivals.take_all(carrier_call)
        try:
            await self._beginnings.keep_gone(self.published, gone, "hung_up")
        finally:
            await self.comebacks.caller_ended(carrier_call, duration_ms)

    async def hang_up_stray(self, call: str, carrier_call: str, status: str) -> None:
        """The carrier tells of a leg of a call that is not in progress here."""
        if self._world is not None:
            await self._strays.hang_up(self._world.telephone, call, carrier_call, status)

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
            live.interrupt("the engine was shut down")
        if self._finishing:
            await asyncio.wait(self._finishing, timeout=15)
        for task in (self._keeping, self._asking, self._retaining):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        await self.web.close()
        await self.media.close()
        if self._finishing:  # a call that came in while the others were ended
            await asyncio.wait(self._finishing, timeout=5)
        told = (self._releases, self._outward, self._models, self._webhooks_out)
        for part in (self._strays, self._rest, *told, self.speech):
            if part is not None:
                await part.close()
        await self._voices.close()
        await self.recordings.close()
        await self.store.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
