"""A line: one leg's media stream, from its start to its end.

It plays prompts and says what was heard of them, reports keys, passes audio to another line or to a tap, and
outlives malformed messages but for twenty in a row. Everything but `close` is synchronous, and at once: what
comes in is handed over in the very turn in which it is read.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from engine.media import mulaw
from engine.media.aftersound import Aftersound
from engine.media.budgets import Allowance, Budget
from engine.media.clips import Clip
from engine.media.closed import INTERNAL_ERROR, UNSUPPORTED_DATA, SocketClosed
from engine.media.keytones import SILENT_FRAME_B64, KeyTones
from engine.media.messages import (
    Audio,
    Ignored,
    Key,
    Malformed,
    MarkPlayed,
    Message,
    Replied,
    Silent,
    Started,
    Stopped,
)
from engine.media.pace import Pace
from engine.media.passing import Passing
from engine.media.playback import Playback
from engine.media.player import Player
from engine.media.socket import MediaSocket
from engine.media.streams import Capabilities, CarrierStream

log = logging.getLogger("cordboard.media")

MAX_MALFORMED = 20
_PATIENCE = Allowance(MAX_MALFORMED - 1, 0.1)
"""One oddity in ten seconds is outlived for as long as a call takes."""
FAREWELL_S = 2.0
"""How long a carrier that closes streams itself may take to do so."""
ASK_AFTER_S = 1.0
"""A carrier that sends no frames in silence is asked so soon whether it is there."""

Why = Literal["stopped", "disconnected", "malformed", "closed", "failed"]
"""stopped: the carrier said so; disconnected: it just went; malformed: we had to; closed: we wanted to;
failed: a bug of ours."""


class LineRecorder(Protocol):
    """What keeps a line's sound: called for each piece of it, must return at once. Payloads are base64."""

    def heard(self, payload_b64: bytes) -> None:
        """This party said it."""
        ...

    def sent(self, payload_b64: bytes) -> None:
        """It was passed on to this party."""
        ...

    def playing(self, payload_b64: bytes, in_s: float) -> None:
        """A piece of a prompt, which this party hears so many seconds from now."""
        ...

    def cut(self) -> None:
        """What was to be heard of prompts is not."""
        ...


class LineListener(Protocol):
    """What a line tells. Called in the event loop, never re-entrantly for input; must not block."""

    def key_pressed(self, line: Line, digit: str) -> None: ...

    def prompt_began(self, line: Line, prompt: str, length_ms: int | None) -> None:
        """Told again once its length is known."""
        ...

    def prompt_played(self, line: Line, prompt: str) -> None: ...

    def prompt_cleared(self, line: Line, prompt: str, heard_ms: int) -> None: ...

    def line_closed(self, line: Line, why: Why) -> None:
        """The last call, made exactly once. Prompts still playing are not reported apart."""
        ...


class Line:
    """One leg. Set `listener` before the first message is read, which is while `on_line` runs."""

    def __init__(
        self,
        socket: MediaSocket,
        stream: CarrierStream,
        capabilities: Capabilities,
        started: Started,
        speed: float = 1.0,
    ) -> None:
        """In a rehearsal `speed` seconds of sound pass in one of the wall's."""
        self.started = started
        self.capabilities = capabilities
        self.listener: LineListener | None = None
        self.tap: Callable[[bytes], None] | None = None
        """Gets every inbound payload (base64) when set; without tap and relay, audio is dropped unread."""
        self.recorder: LineRecorder | None = None
        self.malformed_messages = 0
        self.dropped_frames = 0
        """Relayed frames that were left out here, so that the talk is not late for good."""
        self.on_sound: Callable[[], None] | None = None
        """Called once, as soon as a frame comes from the party again."""
        self._socket = socket
        self._stream = stream
        self._audio_in = stream.audio_in
        self._relay: Line | None = None
        self._why: Why | None = None
        self._fault: Exception | None = None
        self._leaving: asyncio.Future[None] | None = None  # until the carrier closes, which was asked to
        self._heard_b64 = 0
        self._tones = KeyTones()
        self._loop = asyncio.get_running_loop()
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._heard_at = self._loop.time()  # the last frame, or the line's beginning
        self._patience = Budget(_PATIENCE, self._heard_at)
        has_marks, pace, player = capabilities.has_marks, Pace(speed), Player()
        self._aftersound = Aftersound(
            pace.now, lambda: self._heard_b64 * 3 / 4 / mulaw.RATE_HZ, has_marks=has_marks
        )
        self._playback = Playback(
            stream,
            has_marks,
            socket.send,
            self._report_played,
            self._report_cleared,
            aftersound=self._aftersound,
            pace=pace,
            player=player,
        )
        self._playback.began = self._report_began
        self._passing = Passing(socket, stream, player, pace, has_marks, self._playback.prompts)
        socket.on_pong = self._passing.came_back
        if not capabilities.sends_silence:
            socket.ask_after(ASK_AFTER_S)

    @property
    def is_open(self) -> bool:
        return self._why is None and self._socket.is_open

    @property
    def silent_s(self) -> float:
        """How long ago the carrier sent the last frame, a muted line's empty ones included; where it never
        sent any, how old the line is. Where it sends none in silence, an answered ping counts, too."""
        heard_at = self._heard_at
        if not self.capabilities.sends_silence:
            heard_at = max(heard_at, self._socket.heard_at)
        return self._loop.time() - heard_at

    def record_with(self, recorder: LineRecorder | None) -> None:
        """Let it have everything that is heard and said here from now on; None ends that."""
        self.recorder = recorder
        self._playback.recorder = recorder

    # Speaking

    def play(self, prompt: str, clips: Sequence[Clip], loop: bool = False, *, more: bool = False) -> None:
        """Queue `clips` as one prompt behind what is playing; `loop` repeats it until `stop_playing`, and
        `more` says that the rest of it follows."""
        self._playback.play(prompt, clips, loop, more=more)

    def played_lately(self, span_s: float) -> bytes:
        """What the party may have heard in the last few seconds, mu-law."""
        return self._aftersound.lately(span_s)

    def stop_playing(self) -> None:
        """Silence the line now; each prompt that was not over is reported cleared."""
        if self._playback.is_playing:
            self._passing.forget()
            self._playback.stop()

    def relay_to(self, other: Line | None) -> None:
        """Pass what this party says to `other` from now on, undecoded, and the keys that it presses as
        tones; None ends it."""
        self._relay = other
        self._tones.forget()

    def send_audio(self, payload_b64: bytes, instead_of: bytes | None = None) -> bool:
        """Play one frame as it is, unless the talk would be late by it or a prompt is playing; says whether.

        Keys' tones, and the silence between them, stand `instead_of` what was said. A recording has that:
        keys that are pressed in a talk may be a card's number."""
        if not self._passing.pass_on(payload_b64, is_key=instead_of is not None):
            self.dropped_frames += 1
            return False
        if self.recorder is not None:
            self.recorder.sent(payload_b64 if instead_of is None else instead_of)
        return True

    async def close(self) -> None:
        """End the stream: the carrier goes on with what follows it. Returns once the socket is closed."""
        is_first = self._why is None
        self._end("closed")
        if is_first and self._socket.is_open and (farewell := self._stream.farewell()) is not None:
            self._leaving = self._loop.create_future()
            self._socket.send(farewell)
            self._socket.deliver(self._arrived, self._closed)
        await self._left()

    async def _left(self) -> None:
        """The carrier closes what it was asked to; where it doesn't, we do after all."""
        if self._leaving is not None:
            await asyncio.wait([self._leaving], timeout=FAREWELL_S)
        await self._socket.close()

    async def fail(self) -> None:
        """End the stream for a fault of ours."""
        self._end("failed")
        await self._socket.close(INTERNAL_ERROR)

    # Listening

    async def run(self) -> None:
        """Take what comes until the line ends, then tell the listener why. Called once, by the media port."""
        self._socket.deliver(self._arrived, self._closed)
        try:
            await self._over
            if self._fault is not None:
                raise self._fault
        finally:
            # Still without a reason: it was cancelled.
            self._end("failed")
            self._relay = None
            if self.malformed_messages:
                log.warning("%s malformed messages on %s", self.malformed_messages, self.started.stream)
            listener, self.listener = self.listener, None
            if listener is not None:
                assert self._why is not None
                listener.line_closed(self, self._why)
        await self._left()

    def _arrived(self, message: bytes | str) -> None:
        if self._why is not None:
            if self._leaving is not None:
                self._answer(self._stream.decode(message))
            return
        try:
            payload = self._audio_in(message)
            if payload is not None:
                self._hear(payload)
            else:
                self._take(self._stream.decode(message))
        except Exception as error:  # noqa: BLE001 - a bug of ours or of a listener: it ends this line alone
            self._fault = error
            self._end("failed")

    def _answer(self, message: Message) -> None:
        """Nothing counts any more but what the protocol wants answered."""
        while isinstance(message, Replied):
            self._socket.send(message.reply)
            message = message.message

    def _closed(self, closed: SocketClosed) -> None:
        if self._leaving is not None and not self._leaving.done():
            self._leaving.set_result(None)
        if self._why is None:
            self._end(_why_closed(closed))

    def _hear(self, payload_b64: bytes) -> None:
        self._heard_b64 += len(payload_b64)
        self._is_there()
        if self._relay is not None:
            tone = self._tones.over(payload_b64)
            if tone is payload_b64:
                self._relay.send_audio(payload_b64)
            else:
                self._key(tone, payload_b64)
        if self.tap is not None:
            self.tap(payload_b64)
        if self.recorder is not None:
            self.recorder.heard(payload_b64)

    def _key(self, tone_b64: bytes, instead_of: bytes) -> None:
        """Pass a piece of a key's tones on, now or with the next frame."""
        if self._relay is not None and not self._relay.send_audio(tone_b64, instead_of):
            self._tones.put_back()

    def _is_there(self) -> None:
        self._heard_at = self._socket.heard_at
        if self.on_sound is not None:
            heard, self.on_sound = self.on_sound, None
            heard()

    def _take(self, message: Message) -> None:
        match message:
            case Key(digit):
                self.key_came(digit)
            case MarkPlayed(name):
                self._playback.mark_played(name)
                self._passing.came_back(name)
            case Stopped():
                self._end("stopped")
            case Malformed(why):
                self._note_malformed(why)
            case Silent():
                self._is_there()
                if tone := self._tones.instead_of_silence():
                    self._key(tone, SILENT_FRAME_B64)
            case Replied(reply, then):
                self._socket.send(reply)
                self._take(then)
            case Ignored(why):
                log.debug("ignored on %s: %s", self.started.stream, why)
            case Audio(payload_b64):
                # In an unusual order of fields, which only the slow path could read.
                self._hear(payload_b64)
            case _:
                pass

    def key_came(self, digit: str) -> None:
        """The party pressed a key, on the stream or told by a webhook."""
        if self.listener is not None:
            if self._relay is not None:
                self._tones.press(digit)
            self.listener.key_pressed(self, digit)

    def _note_malformed(self, why: str) -> None:
        self.malformed_messages += 1
        if self.malformed_messages == 1:
            log.warning(
                "malformed message on %s: %s (more of them are only counted)", self.started.stream, why
            )
        if not self._patience.spend(1, self._loop.time()):
            self._end("malformed")
            self._socket.say_goodbye(UNSUPPORTED_DATA, "malformed messages")

    def _end(self, why: Why) -> None:
        """The first reason stays."""
        if self._why is None:
            self._why = why
            self._playback.close()
            if not self._over.done():  # it is cancelled with whoever waited for it
                self._over.set_result(None)

    def _report_began(self, prompt: str, length_ms: int | None) -> None:
        if self.listener is not None:
            self.listener.prompt_began(self, prompt, length_ms)

    def _report_played(self, prompt: str) -> None:
        if self.listener is not None:
            self.listener.prompt_played(self, prompt)

    def _report_cleared(self, prompt: str, heard_ms: int) -> None:
        if self.listener is not None:
            self.listener.prompt_cleared(self, prompt, heard_ms)


def _why_closed(closed: SocketClosed) -> Why:
    if closed.for_bad_frames:
        log.warning("a media socket was closed for its frames: %s", closed)
        return "malformed"
    # 1011 by us is the keep-alive giving up on a peer that no longer answers.
    return "closed" if closed.by_us and closed.code != INTERNAL_ERROR else "disconnected"
