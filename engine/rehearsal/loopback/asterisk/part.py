"""Asterisk's part: the dialplan of our documentation, ARI and the media websocket.

Its proofs are written apart from the engine's.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, quote, urlsplit

from fastapi import FastAPI

from engine.rehearsal.loopback.asterisk.rest import AriRefused, ari
from engine.rehearsal.loopback.asterisk.wire import AsteriskWire
from engine.rehearsal.loopback.parts import (
    FINAL_EVENT,
    CarrierPart,
    Desk,
    Document,
    DocumentAt,
    PlayedCall,
    Reports,
    StatusCallback,
    Trunk,
)
from engine.rehearsal.loopback.posts import WebhookFailed
from engine.rehearsal.loopback.sids import new_sid
from engine.rehearsal.loopback.streaming import streamed
from engine.rehearsal.loopback.wires import Stream, StreamWire

WAITS = 5
"""How often the dialplan asks again, each a second later."""
CAUSES = {"completed": 16, "canceled": 16, "busy": 17, "no-answer": 19, "failed": 1}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MOST_STEPS = 50


class AsteriskPart:
    """One secret for the dialplan and the media websocket, a user for ARI."""

    name = "asterisk"
    voice_path = "/carriers/asterisk/voice"
    account = "asterisk"
    secrets: tuple[str, ...] = ("asterisk_secret", "asterisk_ari_password")
    proofs_age = True
    ari_user = "cordboard"

    def __init__(self, secret: str = "", ari_password: str = "") -> None:
        self.secret = secret or new_sid("")
        self.ari_password = ari_password or new_sid("")
        self.kept: dict[str, int] = {}
        self._trunk: Trunk | None = None
        self._began_at = datetime.now(UTC)
        self._calls: dict[str, str] = {}  # by the names of their channels
        self._channels: dict[str, str] = {}
        self._streams: dict[str, asyncio.Task[bool]] = {}  # by the names of theirs
        self._fetched: dict[
            str, PlayedCall
        ] = {}  # who fetched a caller from its stream, by the caller's call
        self._live: dict[str, PlayedCall] = {}

    @classmethod
    def of(cls, known: Mapping[str, str]) -> CarrierPart:
        return cls(*(known[field] for field in cls.secrets))

    def open(self, trunk: Trunk) -> None:
        self._trunk = trunk
        self._began_at = datetime.now(UTC)

    @property
    def trunk(self) -> Trunk:
        assert self._trunk is not None, "the carrier is open"
        return self._trunk

    def settings(self, api_url: str) -> Mapping[str, str]:
        return {
            "asterisk_secret": self.secret,
            "asterisk_ari_url": api_url,
            "asterisk_ari_user": self.ari_user,
            "asterisk_ari_password": self.ari_password,
            "asterisk_dials": "PJSIP/{number}@trunk",
        }

    def rest_api(self, desk: Desk) -> FastAPI:
        return ari(desk, self)

    def wire(self, stream: Stream) -> StreamWire:
        return AsteriskWire(stream)

    def upgrade_headers(self, stream: Stream) -> Mapping[str, str]:
        shown = base64.b64encode(f"cordboard:{self.secret}".encode()).decode()
        return {"Authorization": f"Basic {shown}"}

    def along(self, token: str) -> Mapping[str, str]:
        return {"__CORDBOARD_TOKEN": token}

    # What is asked and told

    def announcement(self, url: str, at_s: float) -> tuple[Mapping[str, str], bytes]:
        fields = {"Call": f"{int(at_s)}.1", "From": "+15125550123", "To": "+15550100"}
        return FORM, self._body("voice", fields, at_s)

    def _body(self, route: str, fields: Mapping[str, str], at_s: float) -> bytes:
        said = "&".join(f"{name}={quote(value, safe='')}" for name, value in fields.items())
        said = f"{said}&Time={int(at_s)}"
        within = hashlib.sha1(f"{self.secret}:{route}:{said}".encode()).hexdigest()  # noqa: S324
        proof = hashlib.sha1(f"{self.secret}:{within}".encode()).hexdigest()  # noqa: S324
        return f"{said}&Proof={proof}".encode()

    async def ask(self, url: str, fields: Mapping[str, str]) -> list[str]:
        """The words of the answer. Raises WebhookFailed."""
        now = self._began_at + timedelta(milliseconds=self.trunk.clock.now_ms())
        route = url.partition(f"/carriers/{self.name}/")[2]
        body = self._body(route, fields, now.timestamp())
        answer = await self.trunk.post.send("POST", url, FORM, content=body)
        return answer.text.split("|")

    def inbound_callback(self, voice_url: str, status_url: str | None) -> StatusCallback | None:
        return StatusCallback(status_url or f"{voice_url.partition('?')[0].removesuffix('/voice')}/ended")

    def reports(self, call: PlayedCall, callback: StatusCallback) -> Reports:
        return EndReports(self, call, callback)

    # Channels, by their names

    def call_of(self, channel: str) -> str:
        return self._calls.get(channel, "")

    def names(self, channel: str, call: str) -> None:
        self._calls[channel], self._channels[call] = call, channel

    def channel_of(self, call: str) -> str:
        return self._channels.get(call, call)

    def end_stream(self, channel: str, immovable: set[str]) -> bool:
        streaming = self._streams.get(channel)
        if streaming is None:
            return False
        call = self._live[streaming.get_name()]
        if immovable & {call.sid, call.to}:
            raise AriRefused(409, "Channel not in a state that it could be ended in")
        return streaming.cancel()

    # The dialplan

    async def lead(self, call: PlayedCall, document: Document) -> None:
        assert isinstance(document, DocumentAt)
        self._live[call.sid] = call
        base, _, route = document.url.partition("?")[0].rpartition("/")
        fields = {"Call": self.channel_of(call.sid), "From": call.from_, "To": call.to}
        fields |= _sip_headers(document.url)
        if not call.is_inbound:
            fields = {"Call": fields["Call"]}
        for _ in range(MOST_STEPS):
            call.record("carrier", "webhook_sent", f"POST {base}/{route}")
            match await self._heard(call, f"{base}/{route}", fields):
                case ["stream", token, number, _pass, url]:
                    call.answered()
                    route = f"after/{number}"
                    await self._stream(call, url, token)
                case ["join", channel, options]:
                    await self._joined(call, channel, options)
                case ["hold"]:
                    await self._held(call)
                case ["sound", why]:
                    call.answered()
                    call.record("engine", "verb_run", f"Playback cordboard-{why}")
                    return
                case ["hangup"]:
                    call.record("engine", "verb_run", "Hangup")
                    return
                case said:
                    call.complain(None, f"the dialplan can do nothing with {said}")
                    return
        call.complain(None, f"more than {MOST_STEPS} steps in one call: it runs in a circle")

    async def _heard(self, call: PlayedCall, url: str, fields: Mapping[str, str]) -> list[str]:
        """The answer; where none comes, what the dialplan does by itself."""
        for _ in range(WAITS + 1):
            try:
                said = await self.ask(url, fields)
            except WebhookFailed as failure:
                call.complain(failure.code, str(failure))
                await call.trunk.clock.sleep_ms(1000)
            else:
                call.handset.notice()
                return said
        return ["sound", "cut_off"] if call.is_inbound else ["hangup"]

    async def _stream(self, call: PlayedCall, url: str, token: str) -> None:
        """Until it ends, whoever ends it; or until the caller is fetched to be joined with somebody."""
        stream = Stream(url, self.account, self.channel_of(call.sid), self.along(token))
        streaming = asyncio.create_task(streamed(call, stream), name=call.sid)
        self._streams[stream.sid] = streaming
        try:
            await asyncio.wait({streaming})
        finally:
            self._streams.pop(stream.sid, None)
            streaming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await streaming
        await self._follow(call)

    async def _follow(self, call: PlayedCall) -> None:
        """Talk with the leg that came for this caller, where one did."""
        leg = self._fetched.pop(call.sid, None)
        if leg is not None and not leg.is_over:
            await self._talk(call, leg.sid, None)

    async def _held(self, call: PlayedCall) -> None:
        """A second, unless a leg comes for the caller."""
        for _ in range(50):
            if call.sid in self._fetched:
                await self._follow(call)
                return
            await call.trunk.clock.sleep_ms(20)

    async def _joined(self, leg: PlayedCall, channel: str, options: str) -> None:
        """The caller is fetched from its stream, and talks with the leg until one of the two is gone."""
        caller = self._live.get(self.call_of(channel) or channel)
        streams = [each for each in self._streams.values() if caller and each.get_name() == caller.sid]
        if caller is None or caller.is_over:
            return
        self._fetched[caller.sid] = leg
        for streaming in streams:
            streaming.cancel()
        limit = re.fullmatch(r"L\(([0-9]+)\)", options)
        await self._talk(leg, leg.sid, None if limit is None else int(limit[1]) / 1000)

    async def _talk(self, call: PlayedCall, room: str, at_most_s: float | None) -> None:
        call.record("engine", "conference_joined", room)
        ended = await call.trunk.conferences.sit_in(room, call.handset, at_most_s)
        call.record("carrier", "conference_left", ended)


def _sip_headers(url: str) -> dict[str, str]:
    """What a publisher sends along comes as SIP headers here; the loopback carrier has it in the query."""
    return {f"X-Cordboard-{name}": value for name, value in parse_qsl(urlsplit(url).query)}


class EndReports:
    """One call's end, as its hangup handler tells it."""

    def __init__(self, part: AsteriskPart, call: PlayedCall, callback: StatusCallback) -> None:
        self._part = part
        self._call = call
        self._callback = callback
        self._telling: asyncio.Task[None] | None = None
        self.is_cut_off = False

    def tell(self, event: str, status: str, more: Mapping[str, str]) -> None:
        if event == FINAL_EVENT:
            self._telling = asyncio.create_task(self._tell(status))

    async def _tell(self, status: str) -> None:
        call, part = self._call, self._part
        channel = part.channel_of(call.sid)
        party = "caller" if call.is_inbound else "buyer"
        lasted_ms = None
        if call.answered_ms is not None and call.ended_ms is not None:
            lasted_ms = call.ended_ms - call.answered_ms
        fields = {
            "Call": channel,
            "Cause": str(CAUSES[status]),
            "By": "party" if call.ended_by == party else "other",
            "Lasted": "" if lasted_ms is None else str(lasted_ms),
        }
        try:
            await part.ask(self._callback.url, fields)
        except WebhookFailed as failure:
            call.complain(failure.code, f"ended: {failure}")
            part.kept[channel] = lasted_ms or 0
            self.is_cut_off = True
        else:
            call.record("carrier", "status_reported", status)

    async def finish(self) -> None:
        if self._telling is not None:
            await self._telling
