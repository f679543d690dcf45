"""The caller's leg in the world: what it hears, keys and says, and how it is hung up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Literal

from engine.core.commands import KeepSound, Listen, Play, SilenceRecording, Sound, StartRecording
from engine.core.endings import CALLER_GONE
from engine.core.events import (
    CALLER,
    CallArrived,
    CallerHungUp,
    PromptCleared,
    PromptFailed,
    PromptPlayed,
    VoiceReplaced,
)
from engine.core.prompt_events import PromptBegan
from engine.core.recording_events import RecordingFailed
from engine.core.sayers import tongue_of
from engine.core.stream_events import StreamBack, StreamLost
from engine.media.line import Line, Why
from engine.media.recording import CallRecording
from engine.runtime.legs.ears import Ear, Happens, HeldSound
from engine.runtime.legs.telephone import RingFailed
from engine.runtime.legs.voices import Failed, Voice
from engine.runtime.world import World

log = logging.getLogger("cordboard.calls")

SORRY = "sorry"  # names the one prompt that no machine commanded
SORRY_WITHIN_S = 8.0

Elsewhere = Literal["", "asked", "joined"]
"""Whether a leg is in a talk that its carrier is asked to join, or has joined."""


class CallerLeg:
    """The line that the call came in on: its listener, its voice and its ear."""

    def __init__(self, line: Line | None, world: World, happens: Happens, stream: int = 0) -> None:
        """`stream` numbers the streams of a phone call, from 0. There is no line where the call was taken
        over while the caller's talk went by its carrier (`adopt`)."""
        self._line = line
        self.stream = stream
        self.is_lost = False
        self.elsewhere: Elsewhere = ""
        self.on_lost: Callable[[], None] = lambda: None
        self.on_return: Callable[[], None] = lambda: None
        self.on_key: Callable[[str], None] = lambda key: None
        self._token = ""  # of the stream that the carrier was last asked for
        self._due: asyncio.TimerHandle | None = None  # until when a lost one may come back
        self._giving_up: asyncio.TimerHandle | None = None  # on a line that is silent
        self._playing: dict[str, None] = {}
        self._language = ""
        self._streams_stay = False  # in a talk that the carrier has joined
        if line is not None:
            line.listener = self
        self._world = world
        self._happens = happens
        self._arrived: CallArrived | None = None
        self._voice: Voice | None = None
        self._ear: Ear | None = None
        self._closing: asyncio.Task[None] | None = None
        self._recording: tuple[str, CallRecording] | None = None
        self._left_sound: HeldSound | None = None  # of an ear that was let go
        self._said_sorry: asyncio.Future[None] | None = None

    @property
    def carrier(self) -> str:
        return "" if self._arrived is None else self._arrived.carrier

    @property
    def line(self) -> Line:
        """The stream that is open, or was last."""
        assert self._line is not None, "its caller has not come back to it yet"
        return self._line

    @property
    def lines(self) -> list[Line]:
        return [] if self._line is None else [self._line]

    @property
    def carrier_call(self) -> str:
        """The carrier's name for this leg, "" before the call begins."""
        if self._arrived is not None:
            return self._arrived.carrier_call
        return "" if self._line is None else self._line.started.carrier_call

    def adopt(self, arrived: CallArrived, language: str, *, streams_stay: bool) -> None:
        """Go on with a call whose caller is in a talk that the carrier has joined."""
        self._arrived = arrived
        self._language = language
        self.is_lost, self.elsewhere, self._streams_stay = True, "joined", streams_stay

    def begin(self, arrived: CallArrived, language: str) -> None:
        self._arrived = arrived
        self._language = language
        self._voice = Voice(self.line, self._world.library, language, self._prompt_failed)

    def play(self, command: Play) -> None:
        self._playing[command.prompt] = None
        if not self.is_lost:  # else it is commanded again once the caller is back
            assert self._voice is not None, "nothing is played before the call begins"
            self._voice.play(command)

    async def apologise(self) -> None:
        """Say sorry past the machine, to a caller whose call can't be led any more; wait until it is said."""
        if self._voice is None or not self.line.is_open:
            return
        self._voice.stop()
        self.hush()
        sorry = "sorry_es" if tongue_of(self._language) == "es" else "sorry"
        said = self._said_sorry = asyncio.get_running_loop().create_future()
        self._voice.play(Play(CALLER, SORRY, (Sound(sorry),)))
        await asyncio.wait([said], timeout=SORRY_WITHIN_S)

    def stop_playing(self) -> None:
        if not self.is_lost:
            assert self._voice is not None, "nothing is played before the call begins"
            self._voice.stop()
            return
        for prompt in tuple(self._playing):
            self._cleared(prompt, 0)

    def listen(self, command: Listen) -> None:
        """Hear what is said, where the engine has ears."""
        hearing, arrived, clock = self._world.hearing, self._arrived, self._world.clock
        if self.is_lost:
            return
        if self._ear is None and hearing is not None and arrived is not None:
            self._ear = hearing.ear(
                self.line, lambda: clock.now_ms() - arrived.started_at, self._happens, self._language
            )
        if self._ear is not None:
            self._ear.listen(command)

    def stop_listening(self, listening: str) -> None:
        if self._ear is not None:
            self._ear.stop(listening)

    def stop_hearing(self) -> None:
        """Let the ear go: at the bridge, and at the call's end."""
        ear, self._ear = self._ear, None
        if ear is not None:
            self._left_sound = ear.sound
            self._closing = asyncio.get_running_loop().create_task(ear.close())

    def start_recording(self, command: StartRecording) -> None:
        recordings, arrived = self._world.recordings, self._arrived
        if recordings is None or arrived is None:
            reason = "this engine has no folder for recordings"
            self._happens(lambda at: RecordingFailed(at, command.recording, reason))
            return
        recording = recordings.begin(arrived, self.line, command, self._happens)
        self._recording = command.recording, recording

    def silence_recording(self, command: SilenceRecording) -> None:
        if self._recording is not None:
            recording = self._recording[1]
            recording.silence(command.since - recording.started_at_ms)

    def resume_recording(self) -> None:
        if self._recording is not None:
            self._recording[1].resume()

    def stop_recording(self) -> None:
        recording, self._recording = self._recording, None
        recordings, arrived = self._world.recordings, self._arrived
        if recording is not None and recordings is not None and arrived is not None:
            recordings.end(arrived.call, recording[0], self.line, recording[1])

    def keep_sound(self, command: KeepSound) -> None:
        """Of what was heard last, where the engine still has it."""
        recordings, arrived = self._world.recordings, self._arrived
        held = (self._ear.sound if self._ear is not None else None) or self._left_sound
        if recordings is None or arrived is None or held is None or held.sha256 != command.sha256:
            reason = "this engine has no folder for recordings" if recordings is None else "its sound is gone"
            self._happens(lambda at: RecordingFailed(at, command.recording, reason))
            return
        recordings.keep(arrived, command.recording, held.sound, self._happens)

    def hush(self) -> None:
        """Pass nothing on that the caller says."""
        if self._line is not None:
            self._line.relay_to(None)

    # A talk that the carrier joins

    def leaves(self) -> None:
        """The carrier is asked to join it with another leg: its stream may end over that."""
        self.elsewhere = "asked"

    def stays(self) -> None:
        """The carrier has not joined it. Where its stream is over all the same, the caller is waited for."""
        if self.elsewhere == "asked":
            self.elsewhere = ""
            if not self.is_lost and not self.line.is_open:
                self.lose("disconnected")

    def has_left(self, *, streams_stay: bool) -> None:
        """The carrier has joined it with another leg. Nothing is heard of the caller until `comes_back`."""
        self.elsewhere, self.is_lost, self._streams_stay = "joined", True, streams_stay
        if not streams_stay:
            self._drop_line()

    def comes_back(self) -> None:
        """Its talk elsewhere is over. A caller who doesn't come has hung up."""
        if self.elsewhere != "joined":
            return
        self.elsewhere = ""
        if self._line is not None and self._line.is_open and self._line.listener is self:
            self.take_back(self._line)
        else:
            self._wait("disconnected")

    # A stream that breaks

    def miss(self, give_up_ms: int) -> None:
        """Nothing comes by the line, though it is open: hold the talk from the last sound on. It goes on at
        the first frame; where none comes for so long, the line is lost."""
        if self.is_lost or self._arrived is None:
            return
        line = self.line
        line.on_sound = lambda: self._heard_again(line)
        self._giving_up = self._world.clock.after(give_up_ms, lambda: self.lose("disconnected"))
        self._hold("disconnected")

    def lose(self, why: Why) -> None:
        """The stream is over, and the phone call may go on: wait for it."""
        is_missed = self._giving_up is not None
        if self._arrived is None or (self.is_lost and not is_missed):
            return
        self._stop_waiting()
        if not self._world.return_wait_ms or not self.line.capabilities.comes_back:
            self.gone(why)
            return
        self._drop_line()
        self._wait(why)
        if not is_missed:
            self._hold(why)

    def _hold(self, why: Why) -> None:
        silent_ms = self._world.clock.passed_ms(self.line.silent_s)
        self.is_lost = True
        self.on_lost()
        self._happens(lambda at: StreamLost(at, CALLER, max(0, at - silent_ms), why))

    def _heard_again(self, line: Line) -> None:
        if line is self.line and self._giving_up is not None:
            self.take_back(line)

    def invite(self, stream: int, issue: Callable[[], str]) -> str:
        """The carrier says that this stream is over and asks what comes next: the token of the next one.

        Asked again, it gets the same.
        """
        if self.elsewhere == "joined" and not self._streams_stay:
            self.on_return()
        self.stays()
        if stream >= self.stream:
            self.lose("disconnected")
            self.stream = stream + 1
            self._token = issue()
            if self.is_lost and not self.elsewhere:
                self._wait("disconnected")
        return self._token

    def take_back(self, line: Line) -> bool:
        """The phone call goes on over this line. False where nobody waits for it."""
        if not self.is_lost:
            return False
        self._stop_waiting()
        if self._voice is not None:
            self._voice.close()
        self._line = line
        line.listener = self
        if self.elsewhere:  # it is here again, and idle
            return True
        self.is_lost = False
        self._voice = Voice(line, self._world.library, self._language, self._prompt_failed)
        if self._recording is not None:
            line.record_with(self._recording[1])
        self._happens(lambda at: StreamBack(at, CALLER))
        return True

    def gone(self, detail: str = "") -> None:
        """The phone call is over, however the stream ended."""
        self._stop_waiting()
        self._happens(lambda at: CallerHungUp(at, detail))

    def _wait(self, why: Why) -> None:
        self._stop_waiting()
        self._due = self._world.clock.after(self._world.return_wait_ms, lambda: self.gone(why))

    def _stop_waiting(self) -> None:
        for timer in (self._due, self._giving_up):
            if timer is not None:
                timer.cancel()
        self._due = self._giving_up = None

    def _drop_line(self) -> None:
        """Have no more to do with the line; it may still be open, if the carrier knew first that it broke."""
        if (line := self._line) is None:
            return
        line.listener = None
        line.relay_to(None)
        line.record_with(None)
        if self._voice is not None:
            self._voice.close()
        self.stop_hearing()
        if line.is_open:
            self._dropping = asyncio.get_running_loop().create_task(line.close())

    async def hang_up(self) -> None:
        try:
            await self._world.telephone.end(self.carrier, self.carrier_call, tries=1)
        except RingFailed as failed:
            # Closing the stream makes the carrier ask what comes next, and the answer is to hang up.
            log.warning("the carrier was not told to hang up: %s", failed)
        finally:
            if self._line is not None:
                await self._line.close()

    async def close(self) -> None:
        """Let go of what renders and hears; the line is another's business."""
        self._stop_waiting()
        if self._voice is not None:
            self._voice.close()
        self.stop_hearing()
        self.stop_recording()
        if self._closing is not None:
            await self._closing

    # What the line tells

    def key_pressed(self, line: Line, digit: str) -> None:
        self.on_key(digit)

    def prompt_began(self, line: Line, prompt: str, length_ms: int | None) -> None:
        if prompt != SORRY:
            self._happens(lambda at: PromptBegan(at, CALLER, prompt, length_ms))

    def prompt_played(self, line: Line, prompt: str) -> None:
        if prompt == SORRY:
            self._sorry_is_over()
        self._playing.pop(prompt, None)
        self._happens(lambda at: PromptPlayed(at, CALLER, prompt))

    def prompt_cleared(self, line: Line, prompt: str, heard_ms: int) -> None:
        self._cleared(prompt, heard_ms)

    def _cleared(self, prompt: str, heard_ms: int) -> None:
        self._playing.pop(prompt, None)
        self._happens(lambda at: PromptCleared(at, CALLER, prompt, heard_ms))

    def line_closed(self, line: Line, why: Why) -> None:
        self._sorry_is_over()
        if self.elsewhere:
            return
        if why in CALLER_GONE:
            self.lose(why)
        else:
            self.gone(why)

    def _sorry_is_over(self) -> None:
        if self._said_sorry is not None and not self._said_sorry.done():
            self._said_sorry.set_result(None)

    def _prompt_failed(self, failed: Failed) -> None:
        if not failed.is_heard:
            self._playing.pop(failed.prompt, None)
        if failed.is_heard:
            self._happens(lambda at: VoiceReplaced(at, CALLER, failed.prompt, failed.reason))
        elif failed.reason:
            self._happens(lambda at: PromptFailed(at, CALLER, failed.prompt, failed.reason))
        else:
            self._happens(lambda at: PromptCleared(at, CALLER, failed.prompt, 0))
