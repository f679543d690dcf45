"""The caller's leg in the world: what it hears, keys and says, and how it is hung up."""

from __future__ import annotations

import asyncio
import logging

from engine.core.commands import Listen, Play, SilenceRecording, Sound, StartRecording
from engine.core.events import (
    CALLER,
    CallArrived,
    CallerHungUp,
    KeyPressed,
    PromptCleared,
    PromptFailed,
    PromptPlayed,
    RecordingFailed,
    VoiceReplaced,
)
from engine.media.line import Line, Why
from engine.media.recording import CallRecording
from engine.runtime.legs.ears import Ear, Happens
from engine.runtime.legs.telephone import RingFailed
from engine.runtime.legs.voices import Failed, Voice
from engine.runtime.world import World

log = logging.getLogger("cordboard.calls")

SORRY = "sorry"  # names the one prompt that no machine commanded
SORRY_WITHIN_S = 8.0


class CallerLeg:
    """The line that the call came in on: its listener, its voice and its ear."""

    def __init__(self, line: Line, world: World, happens: Happens) -> None:
        self.line = line
        line.listener = self
        self._world = world
        self._happens = happens
        self._arrived: CallArrived | None = None
        self._voice: Voice | None = None
        self._ear: Ear | None = None
        self._closing: asyncio.Task[None] | None = None
        self._recording: tuple[str, CallRecording] | None = None
        self._said_sorry: asyncio.Future[None] | None = None

    def begin(self, arrived: CallArrived, language: str) -> None:
        self._arrived = arrived
        self._voice = Voice(self.line, self._world.library, language, self._prompt_failed)

    def play(self, command: Play) -> None:
        assert self._voice is not None, "nothing is played before the call begins"
        self._voice.play(command)

    async def apologise(self) -> None:
        """Say sorry past the machine, to a caller whose call can't be led any more; wait until it is said."""
        if self._voice is None or not self.line.is_open:
            return
        self._voice.stop()
        self.line.relay_to(None)
        said = self._said_sorry = asyncio.get_running_loop().create_future()
        self._voice.play(Play(CALLER, SORRY, (Sound("sorry"),)))
        await asyncio.wait([said], timeout=SORRY_WITHIN_S)

    def stop_playing(self) -> None:
        assert self._voice is not None, "nothing is played before the call begins"
        self._voice.stop()

    def listen(self, command: Listen) -> None:
        """Hear what is said, where the engine has ears."""
        hearing, arrived, clock = self._world.hearing, self._arrived, self._world.clock
        if self._ear is None and hearing is not None and arrived is not None:
            self._ear = hearing.ear(self.line, lambda: clock.now_ms() - arrived.started_at, self._happens)
        if self._ear is not None:
            self._ear.listen(command)

    def stop_listening(self, listening: str) -> None:
        if self._ear is not None:
            self._ear.stop(listening)

    def stop_hearing(self) -> None:
        """Let the ear go: at the bridge, and at the call's end."""
        ear, self._ear = self._ear, None
        if ear is not None:
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

    async def hang_up(self) -> None:
        try:
            await self._world.telephone.end(self.line.started.carrier_call)
        except RingFailed as failed:
            # Closing the stream makes the carrier ask what comes next, and the answer is to hang up.
            log.warning("the carrier was not told to hang up: %s", failed)
        finally:
            await self.line.close()

    async def close(self) -> None:
        """Let go of what renders and hears; the line is another's business."""
        if self._voice is not None:
            self._voice.close()
        self.stop_hearing()
        self.stop_recording()
        if self._closing is not None:
            await self._closing

    # What the line tells

    def key_pressed(self, line: Line, digit: str) -> None:
        self._happens(lambda at: KeyPressed(at, CALLER, digit))

    def prompt_played(self, line: Line, prompt: str) -> None:
        if prompt == SORRY:
            self._sorry_is_over()
        self._happens(lambda at: PromptPlayed(at, CALLER, prompt))

    def prompt_cleared(self, line: Line, prompt: str, heard_ms: int) -> None:
        self._happens(lambda at: PromptCleared(at, CALLER, prompt, heard_ms))

    def line_closed(self, line: Line, why: Why) -> None:
        self._sorry_is_over()
        self._happens(lambda at: CallerHungUp(at, why))

    def _sorry_is_over(self) -> None:
        if self._said_sorry is not None and not self._said_sorry.done():
            self._said_sorry.set_result(None)

    def _prompt_failed(self, failed: Failed) -> None:
        if failed.is_heard:
            self._happens(lambda at: VoiceReplaced(at, CALLER, failed.prompt, failed.reason))
        elif failed.reason:
            self._happens(lambda at: PromptFailed(at, CALLER, failed.prompt, failed.reason))
        else:
            self._happens(lambda at: PromptCleared(at, CALLER, failed.prompt, 0))
