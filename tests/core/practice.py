"""A stage for calls: a small market, flows made by hand, and a clock that the test moves."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from engine.core.answers import AnswerType, Keypad, Understood
from engine.core.commands import (
    Bidder,
    BillClaim,
    Bridge,
    CancelTimer,
    Command,
    Dial,
    EndLeg,
    HangUp,
    Listen,
    Play,
    Record,
    Release,
    Reserve,
    SetTimer,
    Sound,
    StartRecording,
    StopPlaying,
    Tones,
)
from engine.core.conditions import Details, Value
from engine.core.events import (
    CALLER,
    CallArrived,
    CallerHungUp,
    Event,
    KeyPressed,
    LegAnswered,
    LegBridged,
    LegEnded,
    PromptCleared,
    PromptPlayed,
    ReservationGranted,
    ReservationRefused,
    Said,
    SpeechHeard,
    SpeechStarted,
    TimerFired,
)
from engine.core.facts import Answer, Candidate, Decision, Ending, Fault, Leg, Step, Timer, Verdict
from engine.core.flow import Flow, Node, Placed, Revision
from engine.core.journal import Entry as JournalEntry
from engine.core.journal import to_json
from engine.core.limits import PlaceTerms
from engine.core.machine import CallMachine
from engine.core.market import AnySchedule, Market, NumberEntry, RecordingTerms
from engine.core.moments import CallMoment
from engine.core.places import Place
from engine.core.prompt_events import PromptBegan
from engine.core.prompts import Prompt, PromptItem
from engine.core.recording_events import RecordingStarted
from engine.core.records import changed
from engine.core.spoken_commands import CommandKey
from engine.language.templates import parse
from engine.wording.sentences import fault_sentence

HERE = Place("flow.yaml", 1, 1)


@dataclass(frozen=True, slots=True)
class FiveDigits(AnswerType):
    """A kind of answer for these tests: any five digits but 00000."""

    HAS_LEADING_ZEROS: ClassVar[bool] = True

    kind: str = "zip"
    sensitive: bool = False
    keypad: Keypad = Keypad(5, 5, frozenset("0123456789"))
    value_types: Mapping[str, str] = None  # type: ignore[assignment]

    def understand_keys(self, keys: str) -> Understood | None:
        good = len(keys) == 5 and keys.isdigit() and keys != "00000"
        return Understood(keys, {"": keys, "first": keys[0]}, " ".join(keys)) if good else None

    def understand_value(self, value: Value) -> Understood | None:
        return self.understand_keys(str(value))

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        understood = self.understand_keys(words.replace(" ", ""))
        return () if understood is None else (understood,)


@dataclass(frozen=True, slots=True)
class OneOf(AnswerType):
    """A choice by one key."""

    options: Mapping[str, str]
    kind: str = "choice"
    sensitive: bool = False
    value_types: Mapping[str, str] = None  # type: ignore[assignment]

    @property
    def keypad(self) -> Keypad:
        return Keypad(1, 1, frozenset(self.options))

    def understand_keys(self, keys: str) -> Understood | None:
        name = self.options.get(keys)
        return None if name is None else Understood(name, {"": name}, name)

    def understand_value(self, value: Value) -> Understood | None:
        return Understood(value, {"": value}, str(value)) if value in self.options.values() else None

    def understand_words(self, words: str) -> tuple[Understood, ...]:
        understood = self.understand_value(words)
        return () if understood is None else (understood,)


class SmallMarket:
    """Two buyers who take everything, in order of name, at $45; billed after 90 s of bridge."""

    buyers: Mapping[str, str] = {"lonestar": "+15550111", "redriver": "+15550112"}

    def __init__(self, recording: RecordingTerms | None = None) -> None:
        self.recording = recording

    def entry(self, called_number: str) -> NumberEntry | None:
        entry = NumberEntry("roofing", "radio", "main", self.recording)
        return entry if called_number == "+15550100" else None

    def values(self, call: CallMoment) -> Mapping[str, Value]:
        return {"call.to": call.arrived.called_number}

    def choose(self, call: CallMoment, campaign: str) -> Decision:
        untried = [buyer for buyer in self.buyers if buyer not in call.tried]
        candidates = tuple(
            Candidate(buyer, True, "eligible", "takes every call", (), rank, 45_000_000)
            for rank, buyer in enumerate(untried, 1)
        )
        return Decision(call.at, call.node, campaign, None, candidates)

    def wants_survey(self, campaign: str) -> bool:
        return False

    def choose_more(self, call: CallMoment, decision: Decision) -> Decision:
        return decision

    def in_full(self) -> SmallMarket:
        return self

    def needed(self, call: CallMoment, campaign: str) -> tuple[str, ...]:
        return ()

    def claims(self, call: CallMoment) -> tuple[BillClaim, ...]:
        return ()

    def place_terms(self, call: CallMoment, buyer: str, campaign: str) -> PlaceTerms:
        return PlaceTerms()

    def schedule(self, name: str) -> AnySchedule:
        raise KeyError(name)

    def refuse(self, candidate: Candidate, code: str, details: Details) -> Candidate:
        return changed(candidate, eligible=False, code=code, details=details, rank=None)

    def bidders(self, call: CallMoment, campaign: str) -> tuple[Bidder, ...]:
        return ()

    def bid_deadline_ms(self, campaign: str) -> int:
        return 800

    def releaser(self, call: CallMoment, buyer: str) -> Bidder | None:
        return None

    def confirmer(self, call: CallMoment, buyer: str) -> Bidder | None:
        return None

    def number_of(self, buyer: str) -> str:
        return self.buyers[buyer]

    def detects_machines(self, buyer: str | None) -> bool:
        return False

    def carrier_of(self, call: CallMoment, buyer: str) -> tuple[str, str]:
        return "", ""

    def language_of(self, buyer: str) -> str:
        return ""

    def telling(self, call: CallMoment, buyer: str) -> None:
        return None

    def is_too_short(self, call: CallMoment, leg: Leg) -> bool:
        return leg.bridged_at is None or (leg.ended_at or 0) - leg.bridged_at < 90_000

    def judge(self, call: CallMoment) -> Sequence[Verdict]:
        verdicts = []
        for leg in call.legs.values():
            if leg.buyer and leg.answered_at is not None:
                ran = 0 if leg.bridged_at is None else (leg.ended_at or 0) - leg.bridged_at
                verdicts.append(
                    Verdict(
                        at=call.at,
                        leg=leg.leg,
                        buyer=leg.buyer,
                        billable=ran >= 90_000,
                        reason="billable" if ran >= 90_000 else "below_duration",
                        timer=Timer("bridged", ran, 90_000),
                        clauses=(),
                        revenue_micros=45_000_000 if ran >= 90_000 else 0,
                        payable=False,
                        payout_reason="",
                        payout_clauses=(),
                        payout_micros=0,
                        currency="USD",
                    )
                )
        return verdicts


def flow_of(
    nodes: Mapping[str, tuple[Node, Mapping[str, str]]],
    commands: Sequence[CommandKey] = (),
    **answers: object,
) -> Flow:
    placed = {name: Placed(name, node, exits, HERE) for name, (node, exits) in nodes.items()}
    return Flow(
        name="main",
        language="en-US",
        start=next(iter(nodes)),
        nodes=placed,
        answers=answers or {"zip": FiveDigits(), "need": OneOf({"1": "repair", "2": "replace"})},  # type: ignore[arg-type]
        commands={command.key: command for command in commands},
    )


def say(text: str) -> Prompt:
    prompt = parse(text, HERE, ())
    assert isinstance(prompt, Prompt), prompt
    return prompt


def _heard(item: PromptItem | Sound | Tones) -> str:
    match item:
        case Sound(name):
            return name
        case Tones(keys):
            return f"({keys})"
    return item.text


class Stage:
    """One call. Commands are carried out as a perfect world would; time moves only when told."""

    def __init__(
        self,
        flow: Flow,
        *,
        step_limit: int = 500,
        called: str = "+15550100",
        recording: RecordingTerms | None = None,
        market: Market | None = None,
        full: Collection[str] = (),
        hears: bool = True,
    ) -> None:
        market = market or SmallMarket(recording)
        self.revision = Revision("sha256:test", {"main": flow}, market, step_limit)
        self.machine = CallMachine(self.revision)
        self.now = 0
        self.timers: dict[str, int] = {}
        self.playing: dict[str, list[Play]] = {}
        self.pressed_at = -1_000
        self.prompt_ms = 2_000  # how long each one lasts; it ends when the test says so
        self.heard: list[str] = []
        self.commands: list[Command] = []
        self.journal: list[JournalEntry] = []
        self.reservations_full: set[str] = set(full)
        self.happens(
            CallArrived(
                *(0, "c1", "practice", "CA1", "+15125550123", called, 1_795_000_000_000), seed=7, hears=hears
            )
        )

    def happens(self, event: Event) -> list[Command]:
        commands = self.machine.receive(event)
        self.journal.append(JournalEntry(event, tuple(to_json(command) for command in commands)))
        self.commands += commands
        follow: list[Event] = []
        for command in commands:
            follow += self._carry_out(command)
        for event_ in follow:
            self.happens(event_)
        return commands

    def _carry_out(self, command: Command) -> list[Event]:
        match command:
            case SetTimer(timer, after_ms):
                self.timers[timer] = self.now + after_ms
            case CancelTimer(timer):
                self.timers.pop(timer, None)
            case Play(leg, prompt, items):
                self.playing.setdefault(leg, []).append(command)
                self.heard.append(f"{leg}: " + " ".join(_heard(item) for item in items))
                return [PromptBegan(self.now, leg, prompt, self.prompt_ms)] if leg == CALLER else []
            case StopPlaying(leg):
                cut = self.playing.pop(leg, [])
                return [PromptCleared(self.now, leg, play.prompt, 0) for play in cut]
            case Reserve(reservation, buyer):
                if buyer in self.reservations_full:
                    return [ReservationRefused(self.now, reservation, "cap_concurrent")]
                return [ReservationGranted(self.now, reservation)]
            case Bridge(leg):
                return [LegBridged(self.now, leg)]
            case StartRecording(recording, _, format_):
                return [RecordingStarted(self.now, recording, "c1.wav", format_)]
        return []

    # What the people do

    def prompt_ends(self, leg: str = CALLER) -> None:
        if leg == CALLER:
            self._pauses()
        play = self.playing[leg].pop(0)
        assert not play.loop, "a loop does not end by itself"
        self.happens(PromptPlayed(self.now, leg, play.prompt))

    def _pauses(self) -> None:
        """Who has pressed keys does the next thing half a second later, or it belongs to the same."""
        self.passes(max(0, self.pressed_at + 500 - self.now))

    def presses(self, keys: str, leg: str = CALLER, gap_ms: int = 100) -> None:
        self._pauses()
        for key in keys:
            self.passes(gap_ms)
            self.pressed_at = self.now
            self.happens(KeyPressed(self.now, leg, key))

    def passes(self, duration_ms: int) -> None:
        end = self.now + duration_ms
        while self.timers and min(self.timers.values()) <= end:
            timer = min(self.timers, key=lambda name: self.timers[name])
            self.now = max(self.now, self.timers.pop(timer))
            self.happens(TimerFired(self.now, timer))
        self.now = end

    def answers(self, leg: str) -> None:
        self.happens(LegAnswered(self.now, leg))

    def leg_ends(self, leg: str, outcome: str = "completed") -> None:
        self.happens(LegEnded(self.now, leg, outcome, "buyer"))  # type: ignore[arg-type]

    def leg_ends_with(self, leg: str, outcome: str = "completed") -> list[Command]:
        return self.happens(LegEnded(self.now, leg, outcome, "buyer"))  # type: ignore[arg-type]

    def hangs_up(self) -> None:
        self.happens(CallerHungUp(self.now))

    # What one sees

    @property
    def hears(self) -> str:
        return self.heard[-1].removeprefix("caller: ")

    @property
    def path(self) -> list[str]:
        return [f"{fact.node}.{fact.exit}" for fact in self.facts(Step)]

    def facts(self, kind: type) -> list:  # type: ignore[type-arg]
        return [c.fact for c in self.commands if isinstance(c, Record) and isinstance(c.fact, kind)]

    @property
    def answer(self) -> dict[str, Value]:
        return {fact.name: fact.value for fact in self.facts(Answer)}

    @property
    def ending(self) -> Ending:
        (ending,) = self.facts(Ending)
        return ending

    @property
    def faults(self) -> list[str]:
        return [f"{fact.where}: {fault_sentence(fact)}" for fact in self.facts(Fault)]

    def last_leg(self, name: str) -> Leg:
        return [fact for fact in self.facts(Leg) if fact.leg == name][-1]

    def did(self, kind: type) -> list:  # type: ignore[type-arg]
        return [command for command in self.commands if isinstance(command, kind)]


class Speaking(Stage):
    """A stage with a caller who has a voice."""

    @property
    def ear(self) -> str:
        return self.did(Listen)[-1].listening

    def begins_to_speak(self) -> None:
        self.happens(SpeechStarted(self.now, self.ear))

    def says(self, text: str, confidence: float = 0.95, *others: tuple[str, float]) -> None:
        ear, started_at = self.ear, self.now
        self.begins_to_speak()
        self.passes(1_000)
        said = tuple(Said(*one) for one in ((text, confidence), *others)) if text else ()
        self.happens(SpeechHeard(self.now, ear, text, confidence, said, started_at, self.now - 800, "test"))


__all__ = ["Dial", "EndLeg", "HangUp", "Release", "Speaking", "Stage", "flow_of", "say"]
