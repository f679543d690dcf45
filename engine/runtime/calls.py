"""A live call: its machine joined to its lines, its timers, the store and the telephone network.

One way only: something happens → the event is journalled → the machine is asked → its commands are kept →
they are carried out, in order. A command that costs money waits until all of that is on disk. Whatever
breaks on the way ends this call with an apology: as a fault in its journal, or in the world alone where the
journal can't be kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import assert_never

from engine.core.answering import Free, Paid
from engine.core.commands import (
    AskModel,
    Bridge,
    CancelTimer,
    ClaimBilling,
    Command,
    Confirm,
    Dial,
    EndLeg,
    HangUp,
    Join,
    KeepSound,
    Listen,
    LookUp,
    Ping,
    Play,
    Post,
    Record,
    Release,
    ReleaseBid,
    Reserve,
    ResumeRecording,
    SetTimer,
    SilenceRecording,
    StartRecording,
    StopListening,
    StopPlaying,
    StopRecording,
    Survey,
    TellBuyer,
)
from engine.core.events import (
    CALLER,
    BillingClaimed,
    CallArrived,
    CallInterrupted,
    CommandFailed,
    Event,
    LegEnded,
    ReservationGranted,
    ReservationRefused,
    TimerFired,
)
from engine.core.facts import Answer
from engine.core.machine import CallMachine
from engine.core.outside_text import keepable
from engine.media.line import Line
from engine.media.synthesiser import VoiceFailed
from engine.runtime.legs.caller import CallerLeg
from engine.runtime.legs.dialled import CallLegs
from engine.runtime.outward.errands import Errands
from engine.runtime.places import take_place
from engine.runtime.publishing import InService
from engine.runtime.world import World
from engine.store.tables.reservations import Refused

log = logging.getLogger("cordboard.calls")


class LiveCall:
    """One call from its arrival until `finished`."""

    def __init__(
        self, world: World, published: InService, line: Line | None, call_token: str = "", stream: int = 0
    ) -> None:
        """No line: the caller is elsewhere. `stream` numbers the line's among those of the phone call."""
        self.caller = CallerLeg(line, world, self._happens, stream)
        self._errands = Errands(world, published.market.network, self._happens)
        self.machine = CallMachine(published.revision)
        self.finished: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.legs = CallLegs(world, self.caller, self._happens, self._start)
        self._world = world
        self._published = published
        self._call_token = call_token
        self._arrived: CallArrived | None = None
        self._seq = 0
        self._last_at = 0
        self._sealed = False
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._commands: deque[Command] = deque()
        self._is_carrying_out = False
        self._is_finishing = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def lines(self) -> list[Line]:
        """Of all legs that have one."""
        return [*self.caller.lines, *self.legs.lines]

    # What happens

    def begin(self, arrived: CallArrived) -> None:
        """Start the flow. The line must be open."""
        self._arrived = arrived
        self._sealed = self._published.is_sealed(arrived.called_number)
        self.caller.begin(arrived, self._published.flow_of(arrived.called_number).language)
        self._errands.begin(arrived)
        self._happens(lambda _: arrived)

    def shut_down(self) -> None:
        """The engine ends: a talk that the carrier has joined goes on, and is taken over; any other ends."""
        if self.legs.joined.is_on and not self._is_finishing:
            self._is_finishing = True
            self._start(self._finish())
        else:
            self.interrupt("the engine was shut down")

    def interrupt(self, reason: str) -> None:
        """Close the call from our side: a shutdown, or a fault of ours."""
        if not self.machine.is_over and self._arrived is not None:
            self._happens(lambda at: CallInterrupted(at, reason))

    def _failed(self, command: Command, error: Exception) -> None:
        """A command raised: apologise. A call that is over, but can't claim its bill, is left to recovery."""
        name, reason = type(command).__name__, self.machine.told_of(error)
        if self.machine.claim is not None:
            self._abandon(f"{name} failed: {reason}")
        elif not self.machine.is_over:
            self._happens(lambda at: CommandFailed(at, name, reason))

    def _happens(self, event_at: Callable[[int], Event]) -> None:
        arrived = self._arrived
        if arrived is None or self.machine.is_closed or self._is_finishing:
            return
        self._last_at = max(self._last_at, self._world.clock.now_ms() - arrived.started_at)
        event = keepable(event_at(self._last_at))
        store, seq = self._world.store, self._seq
        self._seq += 1
        try:
            store.append(arrived.call, seq, event, sealed=self._sealed)
            commands = self.machine.receive(event)
            store.append_commands(arrived.call, seq, commands)
        except Exception as error:
            log.exception("call %s: event %s could not be handled", arrived.call, type(event).__name__)
            self._abandon(f"{type(error).__name__}: {error}")
            return
        self._tell_watchers(event, commands)
        self._commands.extend(commands)
        if not self._is_carrying_out:
            self._continue()

    def _tell_watchers(self, event: Event, commands: Sequence[Command]) -> None:
        assert self._arrived is not None
        for watcher in self._world.watchers:
            try:
                watcher(self._arrived.call, event, commands)
            except Exception:  # whoever looks on must not cost the call its commands
                log.exception("call %s: a watcher failed at %s", self._arrived.call, type(event).__name__)

    # Carrying out, in order

    def _continue(self) -> None:
        self._is_carrying_out = True
        while self._commands:
            command = self._commands.popleft()
            if isinstance(command, Paid):
                self._start(self._pay(command))
                return
            try:
                self._carry_out(command)
            except Exception as error:
                log.exception("a command of a call was not carried out: %s", type(command).__name__)
                self._failed(command, error)
        self._is_carrying_out = False
        if self.machine.is_closed and not self._is_finishing:
            self._is_finishing = True
            self._start(self._finish())

    async def _pay(self, command: Paid) -> None:
        """Carry out a command that costs money, once the journal up to it is on disk."""
        assert self._arrived is not None
        call = self._arrived.call
        try:
            await self._world.store.flush(call)
            match command:
                case Reserve():
                    await self._reserve(command)
                case ClaimBilling():
                    await self._claim(command)
                case Confirm():
                    await self._errands.confirm(command)
                case Dial():
                    self._dial(command)
                case Join():
                    self.legs.join(command, self._arrived)
                case Post():
                    pass  # in the ledger with the flush: the store enters it with the verdict it came with
                case _:
                    assert_never(command)
        except Exception as error:
            log.exception("call %s: %s was not carried out", call, type(command).__name__)
            self._failed(command, error)
        self._continue()

    async def _claim(self, command: ClaimBilling) -> None:
        assert self._arrived is not None
        refused = await self._world.store.claim(self._arrived.call, command.claims)
        self._happens(lambda at: BillingClaimed(at, command.claim, refused))

    async def _reserve(self, command: Reserve) -> None:
        assert self._arrived is not None
        publisher = self.machine.call.publisher if self.machine.call else ""
        result = await take_place(
            self._world, self._arrived, publisher, self.machine.revision.market, command
        )
        name = command.reservation
        if isinstance(result, Refused):
            refused = result
            self._happens(lambda at: ReservationRefused(at, name, refused.code, refused.details))
        elif self.machine.is_over:
            await self._world.store.release(self._arrived.call, name, False)
        else:
            granted = result
            self._happens(lambda at: ReservationGranted(at, name, granted.unpaid))

    def _dial(self, command: Dial) -> None:
        assert self._arrived is not None
        if self.machine.is_over:
            return
        if why := self._published.market.network.dialling.refusal(command.to):
            log.error("call %s: leg %s was not dialled: %s", self._arrived.call, command.leg, why)
            self._happens(lambda at: LegEnded(at, command.leg, "failed", "network", why))
            return
        language = self._published.flow_of(self._arrived.called_number).language
        self.legs.dial(command, self._arrived, language, self._call_token)
        if command.buyer is not None and self.machine.call is not None and not self._arrived.practice:
            self._world.surveys.offered(self.machine.call.campaign, command.buyer)

    def _carry_out(self, command: Free) -> None:  # noqa: PLR0912  one arm for each command
        """What costs nothing, at once. The store settles a Release with the journal, and keeps a fact."""
        match command:
            case Play():
                self._play(command)
            case StopPlaying():
                self._stop_playing(command)
            case Listen():
                self.caller.listen(command)
            case StopListening(listening):
                self.caller.stop_listening(listening)
            case SetTimer():
                self._set_timer(command)
            case CancelTimer():
                self._cancel_timer(command)
            case Ping():
                self._start(self._errands.ping(command), command)
            case LookUp():
                self._start(self._errands.look_up(command), command)
            case AskModel():
                self._start(self._errands.ask_model(command), command)
            case TellBuyer():
                self._start(self._errands.tell(command), command)
            case Survey():
                self._start(self._errands.survey(command), command)
            case ReleaseBid():
                self._errands.release_bid(command)
            case Bridge():
                self.legs.bridge(command)
            case EndLeg():
                self.legs.end(command)
            case HangUp():
                self._start(self.caller.hang_up(), command)
            case StartRecording():
                self.caller.start_recording(command)
            case SilenceRecording():
                self.caller.silence_recording(command)
            case ResumeRecording():
                self.caller.resume_recording()
            case StopRecording():
                self.caller.stop_recording()
            case KeepSound():
                if not self.machine.is_over:  # else nobody would know of the file
                    self.caller.keep_sound(command)
            case Record():
                self._recorded(command)
            case Release():
                pass
            case _:
                assert_never(command)

    def _play(self, command: Play) -> None:
        if command.leg == CALLER:
            self.caller.play(command)
        else:
            self.legs.play(command)

    def _stop_playing(self, command: StopPlaying) -> None:
        if command.leg == CALLER:
            self.caller.stop_playing()
        else:
            self.legs.stop_playing(command)

    def _set_timer(self, command: SetTimer) -> None:
        timer = command.timer
        self._timers[timer] = self._world.clock.after(command.after_ms, lambda: self._timer_fired(timer))

    def _timer_fired(self, timer: str) -> None:
        self._timers.pop(timer, None)
        self._happens(lambda at: TimerFired(at, timer))

    def _cancel_timer(self, command: CancelTimer) -> None:
        handle = self._timers.pop(command.timer, None)
        if handle is not None:
            handle.cancel()

    def _recorded(self, command: Record) -> None:
        """The store keeps the fact with the journal. What will say an answer is rendered ahead."""
        answer, call = command.fact, self.machine.call
        if not isinstance(answer, Answer) or answer.sensitive or call is None:
            return
        language = call.flow.language
        for prompt in self._published.about[call.flow.name, language].get(answer.name, ()):
            for item in prompt.render(answer.values, {answer.name: {str(answer.value): answer.label}}):
                if self._world.library.ready(item.text, language) is None:
                    self._start(self._render_ahead(item.text, language))

    async def _render_ahead(self, text: str, language: str) -> None:
        with contextlib.suppress(VoiceFailed, OSError):  # whoever plays it meets the failure and reports it
            await self._world.library.clip(text, language)

    # Ending

    def _start(self, work: Coroutine[object, object, None], command: Command | None = None) -> None:
        """Begin what takes time. Where it raises, the `command` that it carries out has failed."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._done(done, command))

    def _done(self, task: asyncio.Task[None], command: Command | None) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is None:
            return
        log.error("a task of a call failed", exc_info=error)
        if command is not None and isinstance(error, Exception):
            self._failed(command, error)

    def _abandon(self, reason: str) -> None:
        """The journal cannot be kept: end the call in the world. Its record is closed by a recovery."""
        if not self.machine.is_over and self.machine.call is not None:
            try:
                self.machine.receive(CallInterrupted(self._last_at, reason))
            except Exception:
                log.exception("the machine could not be closed either")
        if not self._is_finishing:
            self._is_finishing = True
            self._start(self._finish_badly())

    def fail(self, error: Exception) -> None:
        """What should have led the call raised: end it in the world."""
        self._abandon(f"{type(error).__name__}: {error}")

    async def _finish_badly(self) -> None:
        self._commands.clear()
        try:
            await self.legs.end_all()
            await self.caller.apologise()
            await self.caller.hang_up()
        except Exception:
            log.exception("a call that failed could not be ended in good order")
        finally:
            await self._finish()

    async def _finish(self) -> None:
        """All commands are carried out: wait for what they started, then let go."""
        for handle in self._timers.values():
            handle.cancel()
        self.legs.joined.close()
        try:
            await self.caller.close()
        except Exception:
            log.exception("what renders and hears for a call could not be closed")
        me = asyncio.current_task()
        others = [task for task in self._tasks if task is not me]
        if others:
            await asyncio.wait(others, timeout=30)
        try:
            if self._arrived is not None:
                await self._world.store.flush(self._arrived.call)
        except Exception:
            log.exception("the end of a call was not written yet; it will be tried again")
        finally:
            self.finished.set_result(None)
