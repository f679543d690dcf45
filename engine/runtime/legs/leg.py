"""One dialled leg in the world: rung, answered, joined, ended; each step told once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Literal, Protocol

from engine.carriers.contract import LegNews
from engine.core.commands import Play
from engine.core.endings import CALLER_GONE
from engine.core.events import EndedBy, LegOutcome
from engine.core.leg_events import Answerer
from engine.core.prompts import PromptItem
from engine.media.line import Line, Why
from engine.media.prompts import PromptLibrary
from engine.runtime.legs.telephone import Ring, RingFailed, RingUnanswered, Telephone
from engine.runtime.legs.voices import Failed, Voice

log = logging.getLogger("cordboard.calls")

State = Literal["dialling", "ringing", "answered", "lost", "asked", "joined", "ended"]
"""asked, joined: the carrier is to join it with the caller's leg, or has done so."""


FAREWELL = "farewell"  # names the prompt of a leg that is over for its machine
FAREWELL_WITHIN_S = 8.0

UNHEARD_MS = 5_000
"""How long a carrier may tell nothing of a leg whose request it did not answer, until it is given up."""

Waiting = Callable[[int | None, Callable[[], None]], asyncio.TimerHandle]
"""Sets a timer for so many milliseconds; None: as long as a leg whose stream broke is waited for."""


class LegListener(Protocol):
    """The call that a leg belongs to."""

    def leg_named(self, leg: str, carrier_call: str) -> None: ...
    def leg_ringing(self, leg: str) -> None: ...
    def leg_answered(self, leg: str) -> None: ...
    def leg_ended(
        self, leg: str, outcome: LegOutcome, ended_by: EndedBy, detail: str, *, is_ours: bool = False
    ) -> None: ...
    def leg_answerer(self, leg: str, answerer: Answerer, said: str) -> None: ...
    def leg_lost(self, leg: str, silent_s: float, why: Why) -> None: ...
    def leg_back(self, leg: str) -> None: ...
    def leg_pressed(self, leg: str, key: str) -> None: ...
    def leg_prompt_played(self, leg: str, prompt: str) -> None: ...
    def leg_prompt_failed(self, leg: str, failed: Failed) -> None: ...
    def leg_prompt_cleared(self, leg: str, prompt: str, heard_ms: int) -> None: ...


class DialledLeg:
    """A leg from `dial` to its end. Whatever order the carrier's news comes in, the call hears it once."""

    def __init__(  # noqa: PLR0917
        self,
        name: str,
        call: LegListener,
        telephone: Telephone,
        library: PromptLibrary,
        language: str,
        waiting: Waiting,
    ) -> None:
        """`waiting` sets a timer for what is waited for."""
        self.name = name
        self.stream = 0  # which of its streams, from 0
        self._waiting = waiting
        self._due: asyncio.TimerHandle | None = None
        self._giving_up: asyncio.TimerHandle | None = None  # on a line that is silent
        self._token = ""  # of the stream that the carrier was last asked for
        self.line: Line | None = None
        self._call = call
        self._telephone = telephone
        self._library = library
        self._language = language
        self._voice: Voice | None = None
        self._state: State = "dialling"
        self._carrier = self._carrier_call = ""
        self._named = ""
        self._was_hung_up = False
        self._streams_stay = False  # in a talk that the carrier has joined
        self._farewell: asyncio.Future[None] | None = None
        self.is_bridged = False  # or was, whatever became of it

    @property
    def is_over(self) -> bool:
        return self._state == "ended"

    @property
    def is_lost(self) -> bool:
        return self._state == "lost"

    @property
    def carrier_call(self) -> str:
        """The carrier's name for it, "" while it isn't known."""
        return self._named

    def adopt(self, carrier: str, carrier_call: str, *, streams_stay: bool) -> None:
        """Go on with a leg that the carrier has joined with the caller's."""
        self._state, self._streams_stay, self.is_bridged = "joined", streams_stay, True
        self._carrier = carrier
        self._carrier_call = self._named = carrier_call

    async def dial(self, ring: Ring) -> None:
        """Ring it. Where the answer to that is lost, the carrier's news of the leg tell whether it rings."""
        self._carrier = ring.carrier
        try:
            carrier_call = await self._telephone.ring(ring, lambda: not self.is_over)
        except RingUnanswered as failed:
            why = str(failed)
            if not self._carrier_call and not self.is_over:
                self._wait(UNHEARD_MS, lambda: self._unheard(why))
            return
        except RingFailed as failed:
            self._end("failed", "network", str(failed), is_ours=failed.is_ours)
            return
        except Exception as error:
            log.exception("leg %s could not be rung", self.name)
            self._end("failed", "network", type(error).__name__, is_ours=True)
            return
        self._name(self._carrier_call or carrier_call)
        if self.is_over:  # given up while the carrier was being asked
            await self._hang_up()

    def _unheard(self, why: str) -> None:
        """The carrier has told nothing of the leg. Should it ring after all, its first news end it."""
        if self._state == "dialling" and not self._carrier_call:
            self._end("failed", "network", why, is_ours=True)

    def attach(self, line: Line) -> bool:
        """The leg's audio is here: somebody answered, or it is back. False where nobody waits for it."""
        if self._state == "joined" and self._streams_stay:
            self.line = line  # it is here again, and idle
            line.listener = self
            return True
        if self._state not in ("dialling", "ringing", "lost"):
            return False
        is_back = self._state == "lost"
        self._stop_waiting()
        self._state = "answered"
        self._name(self._carrier_call or line.started.carrier_call)
        if self._voice is not None:
            self._voice.close()
        self.line = line
        line.listener = self
        self._voice = Voice(line, self._library, self._language, self._prompt_failed)
        if is_back:
            self._call.leg_back(self.name)
        else:
            self._call.leg_answered(self.name)
        return True

    def news(self, news: LegNews) -> None:
        """The carrier's. Answered is told by the stream, for only then can anybody be heard."""
        carrier_call = news.carrier_call
        if not self._carrier_call and not self._was_hung_up and news.state != "ended":
            self._name(carrier_call)  # the answer to our request may be late, or never come
            if self.is_over and carrier_call:
                self._closing = asyncio.ensure_future(self._hang_up())  # nobody waits for it any more
        if news.state == "ringing" and self._state == "dialling":
            self._state = "ringing"
            self._call.leg_ringing(self.name)
        elif news.state == "ended":
            outcome = news.outcome or "failed"
            if self._state in ("dialling", "ringing") and outcome == "completed":
                self._end("failed", "network", "answered, but its audio never came", is_ours=True)
            else:
                self._end(outcome, news.ended_by or "buyer", f"the carrier reports {news.said or outcome}")

    def play(self, command: Play) -> None:
        if self._voice is None:
            self._prompt_failed(Failed(command.prompt, "the leg has no audio"))
        elif not self.is_lost:  # else it is commanded again once the leg is back
            self._voice.play(command)

    def stop_playing(self) -> None:
        if self._voice is not None and not self.is_lost:
            self._voice.stop()

    # A talk that the carrier joins

    def leaves(self) -> None:
        """The carrier is asked to join it with the caller's leg: its stream may end over that."""
        self._state = "asked"

    def stays(self) -> None:
        """The carrier has not joined it. Where its stream is over all the same, it is waited for."""
        if self._state == "asked":
            self._state = "answered"
            if self.line is not None and not self.line.is_open:
                self.lose("disconnected")

    def has_left(self, *, streams_stay: bool) -> None:
        """The carrier has joined it with the caller's leg."""
        self._state, self._streams_stay = "joined", streams_stay
        line = self.line
        if line is not None and not streams_stay:
            line.listener = None
            if line.is_open:
                self._closing = asyncio.ensure_future(line.close())

    def left_by_carrier(self) -> None:
        """The carrier says that the caller is alone: whoever was called has hung up."""
        self._end("completed", "buyer", "the carrier parted it from the caller's leg")
        self._closing = asyncio.ensure_future(self._hang_up())

    def ended_at_carrier(self, by: EndedBy) -> None:
        """The carrier was asked, and it is over."""
        self._end("completed", by, "the carrier was asked: it is over")

    # A stream that breaks

    def miss(self, give_up_ms: int) -> None:
        """Nothing comes by the line, though it is open: hold the talk from the last sound on. It goes on at
        the first frame; where none comes for so long, the line is lost."""
        line = self.line
        if self._state != "answered" or line is None:
            return
        self._state = "lost"
        line.on_sound = lambda: self._heard_again(line)
        self._giving_up = self._waiting(give_up_ms, lambda: self.lose("disconnected"))
        self._call.leg_lost(self.name, line.silent_s, "disconnected")

    def lose(self, why: Why) -> None:
        """The stream is over, and the phone call may go on: wait for it."""
        line, is_missed = self.line, self._giving_up is not None
        if line is None or not (is_missed or self._state == "answered"):
            return
        if not line.capabilities.comes_back:
            self._end("completed", "buyer", f"its stream ended: {why}")
            return
        self._state = "lost"
        line.listener = None
        line.relay_to(None)
        if self._voice is not None:
            self._voice.close()
        if line.is_open:
            self._closing = asyncio.ensure_future(line.close())
        self._wait_for_return(why)
        if not is_missed:
            self._call.leg_lost(self.name, line.silent_s, why)

    def _heard_again(self, line: Line) -> None:
        if line is self.line and self._giving_up is not None:
            self.attach(line)

    def first_stream(self, issue: Callable[[], str]) -> str:
        """It was answered, at a carrier that asks only then where its audio goes: the token of its first
        stream, asked again the same; "" where nobody waits for it."""
        if self.stream or self._state not in ("dialling", "ringing"):
            return ""
        self._token = self._token or issue()
        return self._token

    def invite(self, stream: int, issue: Callable[[], str]) -> str:
        """The carrier says that this stream is over: the token of the next; "" where the leg is over.

        Asked again, it gets the same. Where the carrier took its stream to join it with the caller's leg, it
        asks once they are parted: the caller has left.
        """
        if self._state == "joined" and not self._streams_stay:
            self._end("completed", "caller", "the carrier parted it from the caller's leg")
            return ""
        self.stays()
        if stream >= self.stream:
            self.lose("disconnected")
            if not self.is_lost and self._state != "joined":
                return ""
            self.stream = stream + 1
            self._token = issue()
            if self.is_lost:
                self._wait_for_return("disconnected")
        return self._token

    def _wait_for_return(self, why: Why) -> None:
        ended_by: EndedBy = "network" if why == "malformed" else "buyer"
        said = f"its stream ended: {why}"
        # Who hung up in the whisper is told of by the carrier; what only broke there is no refusal.
        self._wait(None, lambda: self._end("completed", ended_by, said, is_ours=not self.is_bridged))

    def _wait(self, span_ms: int | None, done: Callable[[], None]) -> None:
        self._stop_waiting()
        self._due = self._waiting(span_ms, done)

    def _stop_waiting(self) -> None:
        for timer in (self._due, self._giving_up):
            if timer is not None:
                timer.cancel()
        self._due = self._giving_up = None

    async def end(self, said: tuple[PromptItem, ...] = ()) -> None:
        """End it from our side, once it has heard what is `said`; nothing more is told of it."""
        can_hear = self._state == "answered"
        self._state = "ended"
        self._stop_waiting()
        if said and can_hear:
            await self._say(said)
        await self._hang_up()

    async def _say(self, said: tuple[PromptItem, ...]) -> None:
        if self._voice is None or self.line is None or not self.line.is_open:
            return
        self._voice.stop()
        heard = self._farewell = asyncio.get_running_loop().create_future()
        self._voice.play(Play(self.name, FAREWELL, said))
        await asyncio.wait([heard], timeout=FAREWELL_WITHIN_S)

    def _is_past(self, prompt: str) -> bool:
        """Whether nobody cares any more that the prompt is over."""
        if prompt == FAREWELL:
            self._farewell_is_over()
        return self.is_over

    def _farewell_is_over(self) -> None:
        if self._farewell is not None and not self._farewell.done():
            self._farewell.set_result(None)

    def answerer(self, answerer: Answerer, said: str) -> None:
        """The carrier says what picked up."""
        if not self.is_over:
            self._call.leg_answerer(self.name, answerer, said)

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
            self._was_hung_up = True
            try:
                await self._telephone.end(self._carrier, carrier_call)
            except RingFailed as failed:
                self._was_hung_up = False  # its next news try again
                log.warning("leg %s: the carrier was not told of its end: %s", self.name, failed)
            finally:
                await self._close_line()
        else:
            await self._close_line()

    async def _close_line(self) -> None:
        if self.line is not None:
            await self.line.close()

    def _end(self, outcome: LegOutcome, ended_by: EndedBy, detail: str, *, is_ours: bool = False) -> None:
        if self._state == "ended":
            return
        self._state = "ended"
        self._stop_waiting()
        if self._voice is not None:
            self._voice.close()
        self._call.leg_ended(self.name, outcome, ended_by, detail, is_ours=is_ours)
        if self.line is not None and self.line.is_open:
            self._closing = asyncio.ensure_future(self.line.close())

    def _prompt_failed(self, failed: Failed) -> None:
        if failed.prompt == FAREWELL:
            if not failed.is_heard:
                self._farewell_is_over()
            return
        self._call.leg_prompt_failed(self.name, failed)

    # What the line tells

    def key_pressed(self, line: Line, digit: str) -> None:
        if not self.is_over:
            self._call.leg_pressed(self.name, digit)

    def prompt_began(self, line: Line, prompt: str, length_ms: int | None) -> None:
        """What a callee had heard of a prompt, nobody asks."""

    def prompt_played(self, line: Line, prompt: str) -> None:
        if not self._is_past(prompt):
            self._call.leg_prompt_played(self.name, prompt)

    def prompt_cleared(self, line: Line, prompt: str, heard_ms: int) -> None:
        if not self._is_past(prompt):
            self._call.leg_prompt_cleared(self.name, prompt, heard_ms)

    def line_closed(self, line: Line, why: Why) -> None:
        self._farewell_is_over()
        if self._state in ("asked", "joined"):
            return
        if why in CALLER_GONE:
            self.lose(why)
        else:
            self._end("completed", "buyer", f"its stream ended: {why}")
