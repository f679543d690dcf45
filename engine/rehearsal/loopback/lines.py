"""The carrier's side of one media stream over a real websocket.

It sends what its protocol begins with, and then one 20 ms frame after another at the pace of the carrier's
clock, plays the engine's audio into the handset at the same pace, returns marks when the audio before them is
out (at once after a clear, where it returns those), and sends keys. A stream ends when the engine closes it,
or with `stop` when `run` is cancelled because the call ended or went elsewhere.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from engine.rehearsal.loopback.clock import LineClock
from engine.rehearsal.loopback.handset import Handset
from engine.rehearsal.loopback.playback import HandsetPlayback
from engine.rehearsal.loopback.timeline import Timeline, What, Who
from engine.rehearsal.loopback.tones import FRAME_MS
from engine.rehearsal.loopback.wires import (
    AudioCleared,
    AudioSent,
    MarkPlaced,
    NothingToHear,
    SaidBack,
    Stream,
    StreamWire,
    Unreadable,
    WireMessage,
)

NOT_A_WEBSOCKET = 31920
_OPEN_TIMEOUT_S = 10
_CLOSE_TIMEOUT_S = 2


class StreamRefused(Exception):
    """The engine did not take the stream: no connection, or an answer other than 101."""


class MediaLine:
    def __init__(  # noqa: PLR0917
        self,
        stream: Stream,
        handset: Handset,
        clock: LineClock,
        timeline: Timeline,
        wire: StreamWire,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.stream = stream
        self.playback = HandsetPlayback()
        self._handset = handset
        self._clock = clock
        self._timeline = timeline
        self._headers = dict(headers or {})
        self._wire = wire
        self._socket: ClientConnection | None = None
        self._is_silent = False
        self._is_muted = False

    async def run(self) -> str:
        """Streams until the engine closes; says how it closed. Cancel it to hang up."""
        async with await self._open() as socket:
            self._socket = socket
            tasks: list[asyncio.Task[None]] = []
            try:
                for message in self._wire.opening():
                    await self._send(message)
                self._record("stream_opened", self.stream.sid)
                self._handset.connect(self)
                tasks = [asyncio.create_task(self._listen(socket)), asyncio.create_task(self._keep_pace())]
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                await self._leave(tasks)
            for task in tasks:
                if not task.cancelled():
                    task.result()
            await socket.wait_closed()
            ending = f"the engine closed with {socket.close_code} {socket.close_reason or ''}".rstrip()
            self._record("stream_closed", ending)
            return ending

    def break_off(self) -> None:
        """The connection is gone, without a word to the engine."""
        if self._socket is not None:
            self._socket.transport.abort()

    def falls_silent(self) -> None:
        """It stays open, and nothing comes from it any more."""
        self._is_silent = True

    def is_heard_again(self) -> None:
        """What it says comes through once more; what was said meanwhile is lost."""
        self._is_silent = False

    def mutes(self) -> None:
        """From now on every frame is empty, as some carriers send a muted party's."""
        self._is_muted = True

    async def press(self, digit: str) -> None:
        await self._send(self._wire.key(digit))

    async def _open(self) -> ClientConnection:
        try:
            return await connect(
                self.stream.url,
                compression=None,
                subprotocols=[Subprotocol(each) for each in self._wire.subprotocols] or None,
                proxy=None,
                ping_interval=None,
                additional_headers=self._headers,
                open_timeout=_OPEN_TIMEOUT_S,
                close_timeout=_CLOSE_TIMEOUT_S,
            )
        except (OSError, TimeoutError, WebSocketException) as failure:
            raise StreamRefused(f"{self.stream.url}: {failure}") from failure

    async def _leave(self, tasks: list[asyncio.Task[None]]) -> None:
        """Stops the tasks; if the engine is still there, it is the carrier who leaves, with a stop."""
        self._handset.disconnect()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._socket is not None and self._socket.close_code is None and _is_cancelling():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_TIMEOUT_S):
                    await self._send(self._wire.stop())
            self._record("stream_closed", "the carrier stopped it")

    async def _listen(self, socket: ClientConnection) -> None:
        try:
            async for message in socket:
                self._handset.notice()
                await self._obey(message)
        except ConnectionClosed:
            return

    async def _obey(self, message: str | bytes) -> None:
        match self._wire.read(message):
            case AudioSent(audio):
                self.playback.add_audio(audio)
            case MarkPlaced(name):
                await self._return_marks(self.playback.add_mark(name))
            case AudioCleared():
                lost_ms = self.playback.pending_ms
                waiting = self.playback.clear()
                self._record("audio_cleared", f"{lost_ms / 1000:.1f} s not heard", "engine")
                self._handset.lose_prompt()
                if self._wire.returns_cleared:
                    await self._return_marks(waiting, was_cleared=True)
            case NothingToHear():
                pass
            case SaidBack(messages, leaves):
                await self._send(messages)
                if leaves and self._socket is not None:
                    await self._socket.close()
            case Unreadable(code, why):
                self._timeline.complain(self.stream.call, code, why)

    async def _keep_pace(self) -> None:
        """One frame each way per 20 ms; behind time it catches up, giving way to what the engine says."""
        loop = asyncio.get_running_loop()
        frame_s = self._clock.real_s(FRAME_MS)
        due_s = loop.time()
        while self._socket is not None and self._socket.close_code is None:
            await self._return_marks(self.playback.due_marks())
            heard = self.playback.advance() or self._handset.next_of_other()
            self._handset.hear(heard, self.playback.holds_sound)
            frame = self._handset.voice.next_frame()
            self._handset.pass_on(frame)
            await self._send(self._wire.media(b"" if self._is_muted else frame))
            due_s += frame_s
            await asyncio.sleep(max(0.0, due_s - loop.time()))

    async def _return_marks(self, names: tuple[str, ...], *, was_cleared: bool = False) -> None:
        for name in names:
            await self._send(self._wire.mark(name, was_cleared=was_cleared))
            self._record("mark_returned", name)

    async def _send(self, said: WireMessage | tuple[WireMessage, ...] | None) -> None:
        if said is None or self._socket is None or self._is_silent:
            return
        with contextlib.suppress(ConnectionClosed):  # the reader sees it too, and ends the stream
            for message in said if isinstance(said, tuple) else (said,):
                await self._socket.send(message)

    def _record(self, what: What, detail: str, who: Who = "carrier") -> None:
        self._timeline.record(self.stream.call, who, what, detail)


def _is_cancelling() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
