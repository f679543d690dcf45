"""A world without sockets: carries out a machine's commands on a clock that jumps from event to event.

Rules
1. Nothing sleeps and nothing is drawn: the same people and the same revision give the same journal.
2. What is due at the same millisecond happens in the order in which it was arranged.
3. Prompts of one leg play one after another; a prompt takes as long as a voice would (an estimate), a
   packaged sound as long as it is.
4. What was arranged for a timer, prompt, ear or leg that is gone meanwhile does not happen.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol, assert_never

from engine.core.call import Call
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
    CallerHungUp,
    CallInterrupted,
    Event,
    KeyPressed,
    LegAnswered,
    LegBridged,
    LegEnded,
    LegRinging,
    PromptCleared,
    PromptPlayed,
    ReservationGranted,
    ReservationRefused,
    SpeechHeard,
    SpeechStarted,
    Standing,
    Surveyed,
    TimerFired,
)
from engine.core.facts import Step
from engine.core.flow import Revision
from engine.core.journal import Entry, to_json
from engine.core.leg_events import AnswererTold, JoinFailed, LegsJoined
from engine.core.machine import CallMachine
from engine.core.prompt_events import PromptBegan
from engine.core.recording_events import RecordingStarted
from engine.exchange.market import NetworkMarket
from engine.language.stories.outside import NOBODY_OUTSIDE
from engine.language.stories.story import KEY_GAP_MS, BuyerPlan
from engine.nodes.node_type import NodeType, Ringing
from engine.rehearsal.bookings import Booked, Places
from engine.rehearsal.callees import Callees
from engine.rehearsal.lengths import PromptPlaying
from engine.rehearsal.outside import Outsiders, answer
from engine.rehearsal.spoken import Spoken

PAUSE_MS = 500  # between two answers by keys
SPEAKS_AFTER_MS = 300  # a caller's way from hearing to answering
INTERRUPTION = "the story interrupts it"
LONGEST_CALL_MS = 24 * 60 * 60 * 1000
MOST_EVENTS = 20_000


class VirtualCaller(Protocol):
    """The one on the caller's leg."""

    def notices(self, world: VirtualWorld) -> None:
        """Called after everything that happens; acts by `presses`, `says` and `hangs_up`."""
        ...


class VirtualWorld:
    """One call from its arrival to its end."""

    def __init__(
        self,
        revision: Revision,
        caller: VirtualCaller,
        buyers: Callable[[Dial], BuyerPlan],
        bookings: Places,
        watch: Callable[[int, Sequence[Command]], None] | None = None,
        *,
        outside: Outsiders = NOBODY_OUTSIDE,
        standings: Sequence[Standing] = (),
    ) -> None:
        """`watch` is told the time and the commands of each event, before they are carried out."""
        self.machine = CallMachine(revision)
        self.now = 0
        self.journal: list[Entry] = []
        self.commands: list[Command] = []
        self.path: list[str] = []  # every node that the call came to
        self.entered: dict[str, int] = {}  # node → when the call last came to it
        self.pressed_at = -PAUSE_MS  # when the caller last pressed a key
        self.keys_coming = 0  # the caller's keys that are still being pressed
        self.listening: Listen | None = None  # what the question now listens for
        self.is_spoken_to = False  # the caller has something to say that is not heard out yet
        self._caller = caller
        self._callees = Callees(buyers, self._arrange, self._ringing)
        self._bookings = bookings
        self._outside = outside
        self._standings = standings
        self._watch = watch
        self._due: list[tuple[int, int, Event]] = []
        self._arranged = 0
        self._timers: set[str] = set()
        self._playing: dict[str, deque[PromptPlaying]] = {CALLER: deque()}
        self._is_apologising = False

    @property
    def call(self) -> Call:
        assert self.machine.call is not None, "the call has not arrived yet"
        return self.machine.call

    def run(self, arrived: CallArrived) -> str | None:
        """Let the call happen. None when it ended by itself, else why it was left."""
        self.now = arrived.at
        self._happens(arrived)
        while not self.machine.is_closed:
            if not self._due:
                return "it waits for something that never happens"
            at, _, event = heapq.heappop(self._due)
            if at > LONGEST_CALL_MS:
                return "it had not ended after 24 hours"
            if len(self.journal) >= MOST_EVENTS:
                return f"it had not ended after {MOST_EVENTS} events"
            if self._still_holds(event):
                self.now = at
                self._happens(event)
            elif type(event) is KeyPressed and event.leg == CALLER:
                self.keys_coming -= 1  # pressed where we don't hear it
        return None

    # What the caller may do

    def presses(self, keys: str, gap_ms: int = KEY_GAP_MS, after_ms: int = KEY_GAP_MS) -> None:
        """Press the keys one after another, the first `after_ms` from now."""
        for number, key in enumerate(keys):
            self.keys_coming += 1
            self._arrange(after_ms + number * gap_ms, KeyPressed, CALLER, key)

    @property
    def prompt_ms(self) -> int:
        """How long the caller's prompt lasts, 0 where none is playing."""
        queue = self._playing.get(CALLER)
        return queue[0].length_ms if queue else 0

    def says(self, spoken: Spoken) -> None:
        """Say it to the question that listens; the turn is over after as much silence as it asks for."""
        assert self.listening is not None, "nobody listens"
        if not spoken.is_voice:
            return
        self.is_spoken_to = True
        ear = self.listening.listening
        started_at = self.now + SPEAKS_AFTER_MS
        ended_at = started_at + spoken.length_ms
        self._arrange(SPEAKS_AFTER_MS, SpeechStarted, ear)
        self._arrange(
            ended_at + self.listening.complete_timeout_ms - self.now,
            SpeechHeard,
            *spoken.heard(self.listening, started_at),
        )

    def hangs_up(self, after_ms: int = 0, *, is_interruption: bool = False) -> None:
        """The caller's leg ends: by hang-up, or because the engine cannot go on."""
        if is_interruption:
            self._arrange(after_ms, CallInterrupted, INTERRUPTION)
        else:
            self._arrange(after_ms, CallerHungUp)

    # The clock

    def _arrange(self, after_ms: int, kind: Callable[..., Event], *fields: object) -> None:
        """Let an event happen by and by; its fields are those that follow `at`."""
        self._await(kind(self.now + after_ms, *fields))

    def _await(self, event: Event) -> None:
        """Let it happen at its time."""
        self._arranged += 1
        heapq.heappush(self._due, (event.at, self._arranged, event))

    def _still_holds(self, event: Event) -> bool:
        match event:
            case TimerFired(_, timer):
                return timer in self._timers
            case PromptBegan(_, leg, prompt) | PromptPlayed(_, leg, prompt):
                queue = self._playing.get(leg)
                return bool(queue) and queue is not None and queue[0].play.prompt == prompt
            case LegRinging() | LegAnswered() | AnswererTold() | LegBridged() | LegEnded():
                return event.leg in self._callees.plans
            case LegsJoined(_, leg) | JoinFailed(_, leg):
                return leg in self._callees.plans
            case KeyPressed(_, leg):
                is_heard = not self._callees.elsewhere
                return is_heard and (leg == CALLER or leg in self._callees.plans)
            case SpeechStarted(_, ear) | SpeechHeard(_, ear):
                return self.listening is not None and self.listening.listening == ear
        return True

    def _happens(self, event: Event) -> None:
        self._goes_by(event)
        event = self._callees.in_talk(event)
        commands = self.machine.receive(event)
        self.journal.append(Entry(event, tuple([to_json(command) for command in commands])))
        self.commands += commands
        if self._watch is not None:
            self._watch(self.now, commands)
        for command in commands:
            self._carry_out(command)
        self._follow(commands)
        self._callees.react(event, still_hears=lambda leg: bool(self._playing.get(leg)))
        self._caller.notices(self)

    def _goes_by(self, event: Event) -> None:
        """What the event means for the world itself."""
        match event:
            case TimerFired(_, timer):
                self._timers.discard(timer)
            case PromptPlayed(_, leg, _):
                self._playing[leg].popleft()
                self._start_next(leg)
            case KeyPressed(_, leg) if leg == CALLER:
                self.keys_coming -= 1
                self.pressed_at = self.now
            case SpeechHeard():
                self.is_spoken_to = False
            case LegsJoined(_, leg):
                self._callees.elsewhere = leg
            case LegEnded(_, leg):
                self._forget_leg(leg)

    def _follow(self, commands: Sequence[Command]) -> None:
        """Keep the path: each step's node, and the one that the call waits in now."""
        if self._is_apologising:
            return
        passed = [c.fact.node for c in commands if type(c) is Record and type(c.fact) is Step]
        self._is_apologising = self.machine.phase == "apologising"
        if not self.machine.is_over and not self._is_apologising and self.call.node:
            passed.append(self.call.node)
        if self.path and passed and passed[0] == self.path[-1]:
            del passed[0]
        self.path += passed
        self.entered.update(dict.fromkeys(passed, self.now))

    # Commands

    def _carry_out(self, command: Command) -> None:  # noqa: PLR0912  one arm for each command
        match command:
            case SetTimer(timer, after_ms):
                self._timers.add(timer)
                self._arrange(after_ms, TimerFired, timer)
            case CancelTimer(timer):
                self._timers.discard(timer)
            case Play():
                self._play(command)
            case StopPlaying(leg):
                self._stop_playing(leg)
            case Listen():
                self.listening = command
            case StopListening():
                self.listening = None
                self.is_spoken_to = False
            case Reserve():
                self._reserve(command)
            case Release():
                self._bookings.release(command)
            case ClaimBilling(claim, claims):
                refused = self._bookings.claim(claims, self.call.arrived.started_at)
                self._await(BillingClaimed(self.now, claim, refused))
            case Survey(campaign):
                self._await(Surveyed(self.now, campaign, tuple(self._standings)))
            case Ping() | Confirm() | LookUp() | AskModel() | TellBuyer():
                self._await(self._dialled(answer(command, self._outside, self.now)))
            case Dial():
                self._callees.dial(command)
            case Bridge():
                self._callees.join(command)
            case Join():
                self._callees.have_joined(command, self.call.arrived.carrier)
            case EndLeg(leg):
                self._forget_leg(leg)
            case StartRecording(recording, _, format_):
                path = f"{self.call.arrived.call}.{format_}"
                self._arrange(0, RecordingStarted, recording, path, format_)
            case KeepSound(recording):
                self._arrange(0, RecordingStarted, recording, f"{recording}.wav", "wav")
            case HangUp() | ReleaseBid() | SilenceRecording() | ResumeRecording() | StopRecording():
                pass  # nothing comes of it here
            case Record() | Post():
                pass  # kept by a store, where there is one
            case _:
                assert_never(command)

    def _reserve(self, reserve: Reserve) -> None:
        instant_ms = self.call.arrived.started_at + self.now
        answer = self._bookings.reserve(reserve, self.call.publisher, instant_ms)
        if isinstance(answer, Booked):
            self._arrange(0, ReservationGranted, reserve.reservation, answer.unpaid)
        else:
            self._arrange(0, ReservationRefused, reserve.reservation, answer.code, answer.details)

    def _play(self, play: Play) -> None:
        queue = self._playing.setdefault(play.leg, deque())
        queue.append(PromptPlaying(play, self.now))
        if len(queue) == 1:
            self._start_next(play.leg)

    def _start_next(self, leg: str) -> None:
        queue = self._playing[leg]
        if not queue:
            return
        first = queue[0]
        first.started_at = self.now
        if not first.play.loop:
            if leg == CALLER:
                self._arrange(0, PromptBegan, leg, first.play.prompt, first.length_ms)
            self._arrange(first.length_ms, PromptPlayed, leg, first.play.prompt)

    def _stop_playing(self, leg: str) -> None:
        queue = self._playing.get(leg, deque())
        for number, playing in enumerate(queue):
            heard_ms = self.now - playing.started_at if number == 0 else 0
            self._arrange(0, PromptCleared, leg, playing.play.prompt, heard_ms)
        queue.clear()

    def _forget_leg(self, leg: str) -> None:
        self._callees.forget(leg)
        self._playing.pop(leg, None)

    # Buyers

    def _dialled(self, event: Event) -> Event:
        """What the network doesn't dial is as in a live call."""
        market = self.call.revision.market
        return market.network.dialling.answered(event) if isinstance(market, NetworkMarket) else event

    def _ringing(self) -> Ringing | None:
        placed = self.call.flow.nodes.get(self.call.node)
        return placed.node.ringing if placed is not None and isinstance(placed.node, NodeType) else None
