"""One dialled leg in the world: rung, answered, joined, ended; each step told once."""

from __future__ import annotations

import asyncio
import logging
from typing import Literal, Protocol

from engine.core.commands import Play
from engine.core.events import EndedBy, LegOutcome
from engine.media.line import Line, Why
from engine.media.prompts import PromptLibrary
from engine.runtime.legs.telephone import OUTCOME_OF_STATUS, Ring, RingFailed, Telephone
from engine.runtime.legs.voices import Failed, Voice

log = logging.getLogger("cordboard.calls")

State = Literal["dialling", "ringing", "answered", "ended"]


class LegListener(Protocol):
    """The call that a leg belongs to."""

    def leg_named(self, leg: str, carrier_call: str) -> None: ...
    def leg_ringing(self, leg: str) -> None: ...
    def leg_answered(self, leg: str) -> None: ...
    def leg_ended(self, leg: str, outcome: LegOutcome, ended_by: EndedBy, detail: str) -> None: ...
    def leg_pressed(self, leg: str, key: str) -> None: ...
    def leg_prompt_played(self, leg: str, prompt: str) -> None: ...
    def leg_prompt_failed(self, leg: str, failed: Failed) -> None: ...
    def leg_prompt_cleared(self, leg: str, prompt: str, heard_ms: int) -> None: ...


class DialledLeg:
    """A leg from `dial` to its end. Whatever order the carrier's news comes in, the call hears it once."""

    def __init__(
        self, name: str, call: LegListener, telephone: Telephone, library: PromptLibrary, language: str
    ) -> None:
        self.name = name
        self.line: Line | None = None
        self._call = call
        self._telephone = telephone
        self._library = library
        self._language = language
        self._voice: Voice | None = None
        self._state: State = "dialling"
        self._carrier_call = ""
        self._named = ""

    @property
    def is_over(self) -> bool:
        return self._state == "ended"

    async def dial(self, ring: Ring) -> None:
        try:
            self._name(await self._telephone.ring(ring))
        except RingFailed as failed:
            self._end("failed", "network", str(failed))
            return
        except Exception as error:
            log.exception("leg %s could not be rung", self.name)
            self._end("failed", "network", type(error).__name__)
            return
        if self.is_over:  # given up while the carrier was being asked
            await self._hang_up()

    def attach(self, line: Line) -> bool:
        """The leg's audio is here: somebody answered. False where nobody waits for it any more."""
        if self._state not in ("dialling", "ringing"):
            return False
        self._state = "answered"
        self._name(self._carrier_call or line.started.carrier_call)
        self.line = line
        line.listener = self
        self._voice = Voice(line, self._library, self._language, self._prompt_failed)
        self._call.leg_answered(self.name)
        return True

    def status(self, status: str) -> None:
        """A status callback. Answered is told by the stream, for only then can anybody be heard."""
        if status == "ringing" and self._state == "dialling":
            self._state = "ringing"
            self._call.leg_ringing(self.name)
        elif status in OUTCOME_OF_STATUS:
            outcome = OUTCOME_OF_STATUS[status]
            if self._state in ("dialling", "ringing") and outcome == "completed":
                self._end("failed", "network", "answered, but its audio never came")
            else:
                self._end(outcome, "buyer", f"the carrier reports {status}")

    def play(self, command: Play) -> None:
        if self._voice is None:
            self._prompt_failed(Failed(command.prompt, "the leg has no audio"))
        else:
            self._voice.play(command)

    def stop_playing(self) -> None:
        if self._voice is not None:
            self._voice.stop()

    async def end(self) -> None:
        """End it from our side; nothing more is told of it."""
        self._state = "ended"
        await self._hang_up()

    def _name(self, carrier_call: str) -> None:
        """The carrier's name for it, by which it is asked of it if we die before its end."""
        if carrier_call and self._named != carrier_call:
            self._named = carrier_call
            self._call.leg_named(self.name, carrier_call)
        self._carrier_call = carrier_call

    async def _hang_up(self) -> None:
        if self._voice is not None:
            self._voice.close()
        if self._carrier_call:
            carrier_call, self._carrier_call = self._carrier_call, ""
            try:
                await self._telephone.end(carrier_call)
            except RingFailed as failed:
                log.warning("leg %s: the carrier was not told of its end: %s", self.name, failed)
            finally:
                await self._close_line()
        else:
            await self._close_line()

    async def _close_line(self) -> None:
        if self.line is not None:
            await self.line.close()

    def _end(self, outcome: LegOutcome, ended_by: EndedBy, detail: str) -> None:
        if self._state == "ended":
            return
        self._state = "ended"
        if self._voice is not None:
            self._voice.close()
        self._call.leg_ended(self.name, outcome, ended_by, detail)
        if self.line is not None and self.line.is_open:
            self._closing = asyncio.ensure_future(self.line.close())

    def _prompt_failed(self, failed: Failed) -> None:
        self._call.leg_prompt_failed(self.name, failed)

    # What the line tells

    def key_pressed(self, line: Line, digit: str) -> None:
        self._call.leg_pressed(self.name, digit)

    def prompt_played(self, line: Line, prompt: str) -> None:
        self._call.leg_prompt_played(self.name, prompt)

    def prompt_cleared(self, line: Line, prompt: str, heard_ms: int) -> None:
        self._call.leg_prompt_cleared(self.name, prompt, heard_ms)

    def line_closed(self, line: Line, why: Why) -> None:
        self._end("completed", "network" if why == "malformed" else "buyer", f"its stream ended: {why}")
