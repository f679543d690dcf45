"""A call is a function of its journal: events in, commands out.

    machine = CallMachine(revision)
    commands = machine.receive(CallArrived(at=0, …))

Rules
1. Every event carries its time; the machine reads no clock and draws nothing but from the call's seed.
2. A node runs until it waits for an event; its exit leads to the next node in the same `receive`.
3. The caller's hang-up is thrown into the waiting node as CallEnded. What must still happen (ending
   legs, releasing reservations, verdicts, the ledger) is the closing below, never a node's work.
4. What may be owed once for a caller within some time is claimed first: the call is over (`is_over`), but
   closed only by the claim's answer, on which its verdicts rest.
5. A bug of ours ends the call as a Fault: the caller hears the `sorry` sound, the bill is right.
6. A practice call is judged as any other, and posts nothing.
7. After the closing the machine answers every event with no command.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import CoroutineType, MappingProxyType
from typing import Literal

from engine.core.behaviour import ONE_BILL_A_PHONE_CALL, RECORDS_ZIP_READS
from engine.core.bridging import farewell, note_answerer, note_telling
from engine.core.broken_streams import lose, regain
from engine.core.call import WAITING, Call, Waiting
from engine.core.commands import BillClaim, ClaimBilling, Command, EndLeg, HangUp, Post, Record
from engine.core.conditions import Details
from engine.core.endings import CALLER_GONE, GONE
from engine.core.events import (
    CALLER,
    BillingClaimed,
    BuyerTold,
    CallArrived,
    CallerHungUp,
    CallInterrupted,
    CommandFailed,
    EndedBy,
    Event,
    KeyPressed,
    PromptCleared,
    PromptFailed,
    PromptPlayed,
    SpeechFailed,
    VoiceReplaced,
)
from engine.core.facts import CallOpened, Ending, Fault, Step, ZipRead, entries_of
from engine.core.flow import Placed, Revision
from engine.core.given import keep_parameters
from engine.core.languages import begin, begin_in_language_of
from engine.core.leaving import CallEnded, JumpTo
from engine.core.leg_events import AnswererTold
from engine.core.prompt_events import PromptBegan
from engine.core.recording import Recorder
from engine.core.sorry import Sorry
from engine.core.stream_events import StreamBack, StreamLost
from engine.core.zip_reads import Row, ZipReads

NOTHING_RECORDED: Mapping[str, Row | None] = MappingProxyType({})

Phase = Literal["waiting", "running", "apologising", "claiming", "closed"]


class CallMachine:
    """One call. Not reusable; `call` is None until CallArrived."""

    def __init__(self, revision: Revision, recorded: Mapping[str, Row | None] = NOTHING_RECORDED) -> None:
        """`recorded` is what a replay's journal has of the ZIP data (`recorded_reads`)."""
        self.revision = revision
        self._recorded = recorded
        self.call: Call | None = None
        self.phase: Phase = "waiting"
        self._node: Placed | None = None
        self._running: CoroutineType[Waiting, Event, str] | None = None
        self._steps = 0
        self._reason = ""
        self._ending: Ending | None = None  # of a call that is over
        self._claim: ClaimBilling | None = None

    @property
    def claim(self) -> ClaimBilling | None:
        """What was claimed and not answered yet: all that an ended call still waits for."""
        return self._claim if self.phase == "claiming" else None

    @property
    def is_over(self) -> bool:
        """Whether the call has ended; its bill may still have to be claimed."""
        return self.phase in ("claiming", "closed")

    @property
    def is_closed(self) -> bool:
        return self.phase == "closed"

    def receive(self, event: Event) -> list[Command]:
        """What to do now that this has happened. Raises ValueError for a journal out of order."""
        call = self.call
        if call is None:
            return self._open(event)
        if self.phase == "closed":
            return []
        if event.at < call.at:
            raise ValueError(f"{event} came after something that happened at {call.at} ms")
        commands: list[Command] = []
        call.commands = commands
        if self.phase == "claiming":
            self._claimed(event)
            return commands
        call.at = event.at
        try:
            self._take(event)
        except Exception as error:  # noqa: BLE001  a bug of ours is a fault of this call alone
            self._broke(error)
        return commands

    def _take(self, event: Event) -> None:
        call, kind = self._call(), type(event)
        if kind is CallerHungUp:
            self._close("caller", CALLER_GONE.get(event.detail, "caller_hung_up"), caller_is_there=False)  # type: ignore[union-attr]
        elif kind is CallInterrupted:
            self._fault("engine", "interrupted", {"reason": event.reason})  # type: ignore[union-attr]
            call.is_broken = call.is_broken or call.arrived.behaviour >= ONE_BILL_A_PHONE_CALL
            self._close("error", "interrupted")
        elif kind is CommandFailed:
            told = {"command": event.command, "reason": event.reason}  # type: ignore[union-attr]
            self._fault("engine", "command_failed", told)
            self._drop_node()
            self._apologise("engine_fault")
        elif self._notice(event):
            self._advance(event)

    def _notice(self, event: Event) -> bool:
        """What the event means whichever node runs, and whether the node hears of it."""
        call, kind = self._call(), type(event)
        if kind is PromptPlayed or kind is PromptCleared or kind is PromptFailed:
            call.sounding.get(event.leg, {}).pop(event.prompt, None)  # type: ignore[union-attr]
        if kind is KeyPressed and event.leg == CALLER:  # type: ignore[union-attr]
            return call.keys.press(event.key, event.at)  # type: ignore[union-attr]
        if kind is PromptBegan:
            return call.asking is not None and call.asking.prompt_begins(event)  # type: ignore[arg-type]
        if kind is PromptPlayed and event.leg == CALLER:  # type: ignore[union-attr]
            call.keys.prompt_heard()
        elif kind is PromptFailed:
            self._fault("prompt", "prompt_failed", {"reason": event.reason})  # type: ignore[union-attr]
        elif kind is StreamLost:
            lose(call, event.leg)  # type: ignore[union-attr]
        elif kind is StreamBack:
            regain(call, event.leg)  # type: ignore[union-attr]
        elif kind is BuyerTold:
            note_telling(call, event)  # type: ignore[arg-type]
        elif kind is AnswererTold:
            note_answerer(call, event)  # type: ignore[arg-type]
        elif kind is SpeechFailed:
            self._fault("recogniser", "recogniser_failed", {"reason": event.reason})  # type: ignore[union-attr]
        elif kind is VoiceReplaced:
            self._fault("voice", "voice_replaced", {"reason": event.reason})  # type: ignore[union-attr]
        if call.recorder is not None:
            call.recorder.notice(event)
        call.kept_sounds.notice(call, event)
        return True

    # Opening

    def _open(self, event: Event) -> list[Command]:
        if type(event) is not CallArrived:
            raise ValueError(f"a journal begins with CallArrived, not {type(event).__name__}")
        entry = self.revision.market.entry(event.called_number)
        flow = self.revision.flows[entry.flow] if entry else next(iter(self.revision.flows.values()))
        call = self.call = Call(self.revision, flow, event)
        begin(call, flow, self._reads(is_recording=event.behaviour >= RECORDS_ZIP_READS))
        opened = CallOpened(
            at=event.at,
            flow=flow.name if entry and not event.gone else "",
            revision=self.revision.id,
            campaign=entry.campaign if entry else "",
            publisher=entry.publisher if entry else "",
        )
        call.do(Record(opened))
        if event.gone:
            self._close(*GONE[event.gone], caller_is_there=False)
            return call.commands
        if entry is None:
            self._apologise("unknown_number")
            return call.commands
        call.campaign, call.publisher = entry.campaign, entry.publisher
        call.know(self.revision.market.values(call.moment))
        begin_in_language_of(call, entry)
        if event.parameters or event.parameters_ignored:
            keep_parameters(call, entry)
        self.phase = "running"
        if entry.recording is not None:
            call.recorder = Recorder(call, entry.recording)
            self._running = call.recorder.announce()  # type: ignore[assignment]
            self._advance(None)
        elif self._enter(flow.start):
            self._advance(None)
        return call.commands

    def _reads(self, *, is_recording: bool) -> ZipReads:
        """What the flow's answers read of the ZIP data, kept for this call."""

        def note(code: str, row: Row | None) -> None:
            call = self._call()
            call.do(Record(ZipRead(call.at, code, row)))

        return ZipReads(self._recorded, note if is_recording else None)

    # Walking the graph

    def _enter(self, name: str) -> bool:
        """Make `name` the running node; False where the step limit forbids it."""
        call = self._call()
        self._steps += 1
        if self._steps > self.revision.step_limit:
            self._fault(call.node, "step_limit", {"steps": self.revision.step_limit})
            self._apologise("step_limit")
            return False
        self._node = placed = call.flow.nodes[name]
        call.node = name
        if call.recorder is not None:
            call.recorder.entered(placed.node)
        self._running = placed.node.run(call)  # type: ignore[assignment]
        return True

    def _advance(self, event: Event | None) -> None:
        """Run nodes until one waits, the flow ends or a fault stops it."""
        call = self._call()
        while self._running is not None:
            try:
                waited_for = self._running.send(event)  # type: ignore[arg-type]
            except StopIteration as stop:
                self._running = None
                target = self._leave(stop.value)
            except JumpTo as jump:
                self._running = None
                call.do(Record(Step(call.at, call.node, f"command:{jump.command}")))
                if (target := jump.node) is None:
                    self._close("flow", "flow_hung_up")
            except Exception as error:  # noqa: BLE001  a node's bug is a fault of this call alone
                self._running = None
                self._fault(call.node, "node_raised", {"error": self.told_of(error)})
                self._apologise("engine_fault")
                return
            else:
                if waited_for is not WAITING:
                    self._running = None
                    self._fault(call.node, "node_awaited", {"what": repr(waited_for)})
                    self._apologise("engine_fault")
                return
            if target is None or not self._enter(target):
                return
            event = None

    def _leave(self, exit_name: str) -> str | None:
        """Record the exit; where it leads, or None when the flow ends here."""
        call = self._call()
        if self._node is None:  # what came before the flow is over
            return call.flow.start
        call.do(Record(Step(call.at, call.node, exit_name)))
        target = self._node.exits.get(exit_name)
        if target is not None:
            return target
        if exit_name == "hangup":
            self._close("flow", "flow_hung_up")
        elif self.phase == "apologising":
            self._close("error", self._reason)
        else:
            self._close("flow", "exit_unwired")
        return None

    # Faults

    def _fault(self, where: str, code: str, details: Details = MappingProxyType({})) -> None:
        call = self._call()
        call.do(Record(Fault(call.at, where or "engine", code, details)))

    def told_of(self, error: Exception) -> str:
        """What a bug says of itself; in a call with something sensitive its words may hold that."""
        kind = type(error).__name__
        return kind if self._call().secrecy.is_at_stake else f"{kind}: {error}"

    def _apologise(self, reason: str) -> None:
        """Never silence: the caller hears `sorry`, then the call is closed as an error."""
        call = self._call()
        if self.phase == "apologising":
            self._close("error", reason)
            return
        self.phase = "apologising"
        self._reason = reason
        self._running = None
        self._end_legs("error", reason)
        call.node = "sorry"
        self._node = Placed("sorry", Sorry(), {}, next(iter(call.flow.nodes.values())).place)
        self._running = Sorry().run(call)  # type: ignore[assignment]
        self._advance(None)

    def _broke(self, error: Exception) -> None:
        """What is no node's bug: apologise while the call is led, else let go of everybody."""
        call, self._running = self._call(), None
        self._fault("engine", "engine_raised", {"error": self.told_of(error)})
        if self.phase == "running":
            self._apologise("engine_fault")
            return
        self.phase = "closed"
        self._end_legs("error", "engine_fault")
        for buyer in dict.fromkeys(call.reservations.values()):
            call.release(buyer, used=False, reason="call_ended")
        call.do(HangUp())
        call.do(Record(Ending(call.at, "error", "engine_fault")))

    # Closing

    def _close(self, ended_by: EndedBy, reason: str, *, caller_is_there: bool = True) -> None:
        """What must happen however the call ends. Order: legs, reservations, verdicts, caller, record."""
        call = self._call()
        self._drop_node()
        self._ending = Ending(call.at, ended_by, reason)
        self.phase = "closed"
        if call.message is not None:
            call.message.end("hangup" if ended_by == "caller" else "cut")
        if call.recorder is not None:
            call.recorder.stop()
        self._end_legs("network" if ended_by == "flow" else ended_by, reason)
        for buyer in dict.fromkeys(call.reservations.values()):
            used = any(leg.buyer == buyer and leg.bridged_at is not None for leg in call.legs.values())
            call.release(buyer, used=used, reason="caller_hung_up" if ended_by == "caller" else "call_ended")
        claims = self.revision.market.claims(call.moment)
        if not claims:
            self._judge()
        if caller_is_there:
            call.do(HangUp())
        if claims:
            self._ask_for(claims)
        else:
            call.do(Record(self._ending))

    def _ask_for(self, claims: tuple[BillClaim, ...]) -> None:
        call = self._call()
        self.phase = "claiming"
        self._claim = ClaimBilling(call.number("m"), claims)
        call.do(self._claim)

    def _claimed(self, event: Event) -> None:
        """The claim's answer; what else happens to a call that is over means nothing any more."""
        call, asked = self._call(), self._claim
        if type(event) is not BillingClaimed or asked is None or event.claim != asked.claim:
            return
        call.at = event.at
        refused = {(each.kind, each.whose): each for each in event.refused}
        for each in asked.claims:
            call.claimed[each.kind, each.whose] = refused.get((each.kind, each.whose))
        if more := self.revision.market.claims(call.moment):
            self._ask_for(more)
            return
        self.phase = "closed"
        self._judge()
        assert self._ending is not None
        call.do(Record(self._ending))

    def _judge(self) -> None:
        call = self._call()
        for verdict in self.revision.market.judge(call.moment):
            call.do(Record(verdict))
            if not call.arrived.practice and (entries := entries_of(verdict, call.publisher)):
                call.do(Post(entries))

    def _end_legs(self, ended_by: EndedBy, reason: str) -> None:
        call = self._call()
        for leg in list(call.legs.values()):
            if leg.ended_at is None:
                said = farewell(call, leg.leg) if ended_by == "caller" else ()
                call.do(EndLeg(leg.leg, said))
                outcome = "completed" if leg.bridged_at is not None else "noanswer"
                because = "caller_left_whisper" if said else reason
                call.update_leg(
                    leg.leg,
                    ended_at=call.at,
                    outcome=outcome,
                    ended_by=ended_by,
                    details={"because": because},
                )

    def _drop_node(self) -> None:
        """Tell the waiting node that the call is over. It cannot object: closing is not its business."""
        running, self._running = self._running, None
        if running is None:
            return
        try:
            running.throw(CallEnded())
        except (CallEnded, StopIteration):
            return
        except Exception as error:  # noqa: BLE001  a node's bug is a fault of this call alone
            self._fault(self._call().node, "node_raised_late", {"error": self.told_of(error)})
        else:
            self._fault(self._call().node, "node_waited_late")
            running.close()

    def _call(self) -> Call:
        assert self.call is not None
        return self.call
